#include "translate/form_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/care.h"
#include "text/date.h"
#include "text/width.h"
#include "translate/reading.h"

namespace tsunagi::translate {
namespace {

/// Says which Japanese words stand for codes of lists that are not ours.
constexpr std::string_view kWords = "https://tsunagi.example/fhir/ConceptMap/form-words";

bool is_cell(const fhir::Member& member) {
    return member.name != "id" && member.name != "extension" && member.name != "modifierExtension";
}

std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find_first_of("./", at), name.size());
        words.push_back(text::match_key(name.substr(at, end - at)));
        at = end + 1;
    }
    return words;
}

/// The last word is the last of `chain`, the others stand before it in their order.
bool fits(std::span<const std::string> words, std::span<const std::string> chain) {
    if (words.empty() || chain.empty() || words.back() != chain.back()) return false;
    std::size_t next = words.size() - 1;
    for (std::size_t at = chain.size() - 1; at > 0 && next > 0; --at) {
        if (chain[at - 1] == words[next - 1]) --next;
    }
    return next == 0;
}

bool is_number(std::string_view text, bool fraction) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const auto digits = [](std::string_view part) {
        return !part.empty() && part.size() <= 18 &&
               part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (!digits(whole) || (whole.size() > 1 && whole[0] == '0')) return false;
    if (point == std::string_view::npos) return true;
    return fraction && digits(text.substr(point + 1));
}

/// 84歳, 10日間, 月2回: the number without its counter.
std::string_view without_counter(std::string_view text) {
    for (const std::string_view before : {"満", "月"}) {
        if (text.starts_with(before)) text.remove_prefix(before.size());
    }
    for (const std::string_view after : {"日間", "歳", "才", "日", "回", "錠", "番"}) {
        if (!text.ends_with(after)) continue;
        text.remove_suffix(after.size());
        break;
    }
    return text;
}

std::optional<bool> truth_of(std::string_view text) {
    static constexpr std::array<std::string_view, 17> kYes{
        "true", "1", "yes", "y",  "はい", "有", "有り", "あり", "○",
        "〇",   "◯", "✓",   "レ", "可",   "済", "要",   "同居"};
    static constexpr std::array<std::string_view, 14> kNo{"false", "0",    "no",   "n",   "いいえ",
                                                          "無",    "無し", "なし", "×",   "✕",
                                                          "不可",  "未",   "不要", "別居"};
    const std::string key = text::match_key(text);
    const auto is = [&](std::string_view word) { return text::match_key(word) == key; };
    if (std::any_of(kYes.begin(), kYes.end(), is)) return true;
    if (std::any_of(kNo.begin(), kNo.end(), is)) return false;
    return std::nullopt;
}

}  // namespace

// ---- names -------------------------------------------------------------------------------------

FormCells::FormCells(const fhir::Definitions&, const fhir::TypeDef& model) {
    FormCell at;
    walk(model, at);
    for (const auto& cell : cells_) {
        auto& labels = labels_.emplace_back();
        auto& names = names_.emplace_back();
        for (const auto* step : cell.steps) {
            labels.push_back(text::match_key(step->element->label));
            names.push_back(text::match_key(step->name));
        }
    }
}

void FormCells::walk(const fhir::TypeDef& type, FormCell& at) {
    for (const auto& member : type.members) {
        if (!is_cell(member)) continue;
        const FormCell before = at;
        at.steps.push_back(&member);
        at.path += (at.path.empty() ? "" : ".") + std::string{member.name};
        at.label += (at.label.empty() ? "" : "/") + std::string{member.element->label};
        if (at.list < 0 && member.element->is_array)
            at.list = static_cast<int>(before.steps.size());
        if (member.type->type->kind == fhir::TypeKind::Primitive)
            cells_.push_back(at);
        else
            walk(*member.type->type, at);
        at = before;
    }
}

const FormCell* FormCells::by_path(std::string_view path) const {
    const auto found = std::find_if(cells_.begin(), cells_.end(),
                                    [&](const FormCell& each) { return each.path == path; });
    return found == cells_.end() ? nullptr : &*found;
}

const FormCell* FormCells::statement_of(const FormCell& item) const {
    const std::size_t at = item.path.find(".items.");
    return at == std::string::npos ? nullptr : by_path(item.path.substr(0, at) + ".statement");
}

FormCells::Named FormCells::find_exactly(std::span<const std::string> words) const {
    Named named;
    // The whole chain from the packet down is one cell, also where its end names others.
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
        if (std::ranges::equal(words, labels_[cell]) || std::ranges::equal(words, names_[cell]))
            named.cells.push_back(&cells_[cell]);
    }
    if (named.cells.size() == 1) return named;
    named.cells.clear();
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
        if (fits(words, labels_[cell]) || fits(words, names_[cell]))
            named.cells.push_back(&cells_[cell]);
    }
    if (!named.cells.empty()) return named;
    // The name of a group: its first cell; of a list with a statement, the first cell of an item.
    std::vector<std::string> seen;
    for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
        const FormCell& each = cells_[cell];
        if (each.path.ends_with(".statement")) continue;
        for (std::size_t depth = each.steps.size() - 1; depth > 0; --depth) {
            const std::span labels{labels_[cell].data(), depth}, names{names_[cell].data(), depth};
            if (!fits(words, labels) && !fits(words, names)) continue;
            std::string group;
            for (std::size_t step = 0; step < depth; ++step)
                group += std::string{each.steps[step]->name} + ".";
            if (std::find(seen.begin(), seen.end(), group) == seen.end()) {
                seen.push_back(std::move(group));
                named.cells.push_back(&each);
                named.statements.push_back(statement_of(each));
            }
            break;
        }
    }
    named.is_group = !named.cells.empty();
    return named;
}

FormCells::Named FormCells::find(std::string_view name) const {
    // "diagnoses[1].text": counted from 0 as in the paths of errors.
    std::string plain;
    std::size_t item = 0;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] != '[') {
            plain += name[at];
            continue;
        }
        const std::size_t end = name.find(']', at);
        const std::string_view digits =
            name.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        if (digits.empty() || digits.size() > 3 ||
            digits.find_first_not_of("0123456789") != std::string_view::npos)
            return {};
        item = static_cast<std::size_t>(std::stoi(std::string{digits}));
        at = end == std::string_view::npos ? name.size() : end;
    }
    if (plain.starts_with("Packet.")) plain.erase(0, 7);
    std::vector<std::string> words = words_of(text::to_narrow(plain));
    Named named = find_exactly(words);
    if (named.cells.empty()) {
        // "病名2": counted from 1 as on paper; the number may stand on any word.
        for (auto& word : words) {
            const std::size_t last = word.find_last_not_of("0123456789");
            if (last == std::string::npos || last + 1 == word.size() || word.size() - last > 4)
                continue;
            const int number = std::stoi(word.substr(last + 1));
            const std::string numbered = std::exchange(word, word.substr(0, last + 1));
            named = number > 0 ? find_exactly(words) : Named{};
            std::erase_if(named.cells, [](const FormCell* each) { return each->list < 0; });
            if (!named.cells.empty()) {
                item = static_cast<std::size_t>(number) - 1;
                break;
            }
            word = numbered;
        }
    }
    named.item = item;
    return named;
}

// ---- values ------------------------------------------------------------------------------------

std::string CellValues::code_of(const fhir::ElementDef& element, std::string_view text) const {
    const auto* set = element.binding ? element.binding->set : nullptr;
    if (!set) return {};
    const std::string_view reading = element.facet(kReading);
    const auto read = [&](auto function) {
        auto code = function(text);
        return code && set->contains({}, *code) == fhir::Membership::Yes ? *code : std::string{};
    };
    if (set->contains({}, text) == fhir::Membership::Yes) return std::string{text};
    if (reading == "care-level") return read(text::read_care_level);
    if (reading == "disability-grade") return read(text::read_disability_grade);
    if (reading == "dementia-grade") return read(text::read_dementia_grade);
    const std::string key = text::match_key(text);
    const auto* words = definitions_.concept_map(kWords);
    for (std::size_t at = 0; at < set->size(); ++at) {
        const auto [system, code] = set->at(at);
        if (text::match_key(code) == key) return std::string{code};
        const auto* known = definitions_.code_system(system);
        const auto found = known ? known->find(code) : std::nullopt;
        if (found && (text::match_key(found->display) == key ||
                      (!found->english.empty() && text::match_key(found->english) == key)))
            return std::string{code};
    }
    if (!words) return {};
    for (const auto& mapping : words->translate({}, text::to_narrow(text))) {
        if (set->contains(mapping.target_system, mapping.target_code) == fhir::Membership::Yes)
            return std::string{mapping.target_code};
    }
    return {};
}

std::string_view CellValues::write(json::Builder& builder, json::Node* box,
                                   const fhir::ElementDef& element, std::string_view text) const {
    const fhir::TypeDef& type = *element.types[0].type;
    const std::string trimmed = text::trim(text);
    if (element.binding && element.binding->set) {
        const std::string code = code_of(element, trimmed);
        if (code.empty()) return "not-in-list";
        builder.set(box, "v", code);
        return {};
    }
    if (type.primitive == fhir::Primitive::Boolean) {
        const auto truth = truth_of(trimmed);
        if (!truth) return "not-yes-or-no";
        builder.set(box, "v", *truth);
        return {};
    }
    if (type.name == "integer" || type.name == "positiveInt" || type.name == "decimal") {
        const std::string narrow = text::to_narrow(trimmed);
        const std::string_view number = without_counter(narrow);
        if (!is_number(number, type.name == "decimal")) return "not-a-number";
        builder.set_number(box, "v", number);
        return {};
    }
    if (type.name == "dateTime") {
        const auto when = text::read_datetime(trimmed, zone_);
        if (!when) return "not-a-time";
        builder.set(box, "v", *when);
        return {};
    }
    builder.set(box, "v", type.name == "code" ? std::string_view{trimmed} : text);
    return {};
}

FormFiller::FormFiller(const fhir::TypeDef& model, const CellValues& values)
    : values_(values), builder_(document_) {
    builder_.set(builder_.object(), "resourceType", model.name);
}

std::string_view FormFiller::put(const FormCell& cell, std::span<const std::size_t> items,
                                 std::string_view text) {
    json::Document made;
    json::Builder maker(made);
    json::Node* const box = maker.object();
    if (const auto why = values_.write(maker, box, cell.element(), text); !why.empty()) return why;
    const json::Value value = made.root()["v"];

    json::Node* node = builder_.root();
    std::size_t next = 0;
    for (std::size_t step = 0; step < cell.steps.size(); ++step) {
        const fhir::Member& member = *cell.steps[step];
        const bool is_leaf = step + 1 == cell.steps.size();
        if (!member.element->is_array) {
            if (!is_leaf) {
                node = builder_.require(node, member.name, json::Kind::Object);
                continue;
            }
            if (json::Builder::find(node, member.name)) return "cell-filled-twice";
            builder_.set(node, member.name, value);
            return {};
        }
        json::Node* const list = builder_.require(node, member.name, json::Kind::Array);
        const std::size_t index = next < items.size() ? items[next] : 0;
        ++next;
        if (is_leaf) {
            builder_.add(list, value);
            return {};
        }
        while (list->size <= index) builder_.add_object(list);
        node = builder_.edit(json::Value{list}.at(index));
    }
    return {};
}

std::pair<std::string, std::string> advice_for(std::string_view code,
                                               const fhir::ElementDef& element) {
    if (code == "not-in-list")
        return {"一覧にある言葉かコードで書いてください。", "Write a word or a code of its list."};
    if (code == "not-yes-or-no")
        return {"「はい」か「いいえ」で書いてください。", "Write yes or no."};
    if (code == "not-a-number") return {"数字で書いてください。", "Write a number."};
    if (code == "not-a-time")
        return {"「令和8年11月20日 午前9時30分」のように日付と時刻を書いてください。",
                "Write date and time, like 2026-11-20 09:30."};
    if (code == "cell-filled-twice")
        return {"この欄は一度だけ書いてください。", "Fill this cell only once."};
    return {"「" + std::string{element.label} + "」の書き方を確認してください。",
            "Check how it is written."};
}

}  // namespace tsunagi::translate
