#include "translate/reading.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "json/builder.h"
#include "text/check_digit.h"
#include "text/date.h"
#include "text/initials.h"
#include "text/phone.h"
#include "text/width.h"

namespace tsunagi::translate {
namespace {

using json::Builder;
using json::Node;
using json::Value;

/// "042-461-7225" of ０４２－４６１－７２２５（直通）: what a person dials; the source text keeps
/// the rest.
Result<std::string> read_phone_number(std::string_view text) {
    const auto phone = text::read_phone(text);
    if (!phone) return phone.error();
    std::string narrow = text::to_narrow(text::trim(text));
    if (!phone->kind.empty()) {
        const std::size_t bracket = narrow.rfind('(');
        if (bracket != std::string::npos && bracket > 0) narrow.resize(bracket);
    }
    std::string number;
    for (const char c : narrow) {
        if (c >= '0' && c <= '9') {
            number.push_back(c);
        } else if ((c == '-' || c == '(' || c == ')') && !number.empty() && number.back() != '-') {
            number.push_back('-');
        }
    }
    while (number.ends_with('-')) number.pop_back();
    return number;
}

std::string read_person_name(std::string_view text) {
    constexpr std::string_view kWideSpace = "\u3000";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const bool wide = text.substr(at, kWideSpace.size()) == kWideSpace;
        if (wide || text[at] == ' ' || text[at] == '\t') {
            if (!out.empty() && out.back() != ' ') out.push_back(' ');
            at += wide ? kWideSpace.size() : 1;
        } else {
            out.push_back(text[at++]);
        }
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

Result<std::string> read_cell(std::string_view reading, std::string_view text,
                              std::chrono::minutes zone) {
    if (reading == "japanese-date") return text::read_date(text);
    if (reading == "japanese-datetime") return text::read_datetime(text, zone);
    if (reading == "initials") return text::read_initials(text);
    if (reading == "kana") return text::to_katakana(text::trim(text));
    if (reading == "person-name") return read_person_name(text);
    if (reading == "phone") return read_phone_number(text);
    if (reading == "postal-code") return text::read_postal_code(text);
    if (reading == "width") return text::to_narrow(text::trim(text));
    // Codes here: words for them are read where a table is taken in (form_cells.h).
    if (reading == "care-level" || reading == "disability-grade" || reading == "dementia-grade")
        return std::string{text};
    return Error{Code::Unsupported, "unknown-reading", std::string{reading}};
}

/// What to write instead, by the kind of cell: {Japanese, English}.
std::pair<std::string_view, std::string_view> advice(std::string_view reading) {
    if (reading == "japanese-date")
        return {"「令和8年11月20日」や「2026-11-20」のように書いてください。",
                "Write it like 令和8年11月20日 or 2026-11-20."};
    if (reading == "initials")
        return {"「T.Y.」のようにローマ字の頭文字だけを書いてください。",
                "Write the initials only, like T.Y."};
    if (reading == "phone")
        return {"市外局番から電話番号を書いてください。", "Write the number with its area code."};
    if (reading == "postal-code")
        return {"7桁の郵便番号を書いてください。", "Write the seven digits of the postal code."};
    return {"書き方を確認してください。", "Check how it is written."};
}

/// Why there is no value; empty: there is one. Whether somebody *has* something is a statement
/// with a cell of its own, so that なし here says only that there is no such day or number.
std::string_view absence(std::string_view reading, std::string_view text) {
    if (text == "不明") return "asked-unknown";
    if (text == "未記入") return "unknown";
    const bool of_value = reading == "japanese-date" || reading == "japanese-datetime" ||
                          reading == "phone" || reading == "postal-code";
    if (of_value && (text == "該当なし" || text == "なし")) return "not-applicable";
    return {};
}

/// Where the next character of U+E000 to U+FFFF begins, from `at` on; npos: there is none. A word
/// at a time: the first byte of each is EE or EF, and no other byte of a text is.
std::size_t find_upper(std::string_view text, std::size_t at) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xFE) == 0xEE; };
    std::uint64_t eight = 0;
    for (; at + sizeof eight <= text.size(); at += sizeof eight) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        const std::uint64_t zero_where = (eight & (kOnes * 0xFE)) ^ (kOnes * 0xEE);
        if (((zero_where - kOnes) & ~zero_where & (kOnes * 0x80)) != 0) break;
    }
    while (at < text.size() && !starts(text[at])) ++at;
    return at < text.size() ? at : std::string_view::npos;
}

bool has_attachment(Value value) {
    for (const Value child : value) {
        if (child.key() == "attachments" && !child.empty()) return true;
        if ((child.is_object() || child.is_array()) && has_attachment(child)) return true;
    }
    return false;
}

constexpr std::string_view kSensitivity =
    "https://tsunagi.example/fhir/StructureDefinition/sensitivity";

class Reader {
public:
    Reader(Value source, std::string_view root_name, std::chrono::minutes zone,
           std::vector<fhir::Issue>& issues)
        : source_(source),
          root_name_(root_name),
          zone_(zone),
          issues_(issues),
          copy_(json::clone(source)),
          builder_(copy_) {}

    json::Document run(const fhir::TypeDef& model) {
        group(source_, builder_.root(), {}, model);
        return std::move(copy_);
    }

private:
    /// `above`: the same group in the item before this one, as it reads now.
    void group(Value written, Node* node, Value above, const fhir::TypeDef& type) {
        Node* target = node->first;
        for (const Value member : written) {
            Node* const here = target;
            target = target->next;
            const fhir::Member* known = type.find(member.key());
            if (!known) continue;
            const std::string_view reading = known->element->facet(kReading);
            const std::string_view key = member.key();
            if (member.is_string()) {
                cell(member, node, here, above[key], *known->element, reading);
            } else if (member.is_object() && known->type->type) {
                group(member, here, above[key], *known->type->type);
            } else if (member.is_array() && known->type->type) {
                list(member, here, *known);
            }
        }
    }

    void list(Value written, Node* node, const fhir::Member& known) {
        Node* target = node->first;
        Value above;
        for (const Value item : written) {
            if (item.is_object()) group(item, target, above, *known.type->type);
            above = Value{target};
            target = target->next;
        }
    }

    void cell(Value written, Node* object, Node* node, Value above, const fhir::ElementDef& element,
              std::string_view reading) {
        // The words that stand for a value are short; a text of more bytes is none of them.
        constexpr std::size_t kLongestWord = 32;
        const std::string text =
            written.text().size() <= kLongestWord ? text::trim(written.text()) : std::string{};
        if (text == "同上" || text == "〃")
            return same_as_above(written, object, node, above, element);
        if (text == "別紙参照" && !has_attachment(source_)) {
            report(written, element, "attachment-missing",
                   "別紙が添付されていません。別紙を添付するか、セルに直接書いてください。",
                   "Nothing is attached. Attach the sheet or fill the cell.");
            return;
        }
        private_use(written, object, node, element);
        if (reading.empty()) return;
        if (reading == "insurer-number" || reading == "institution-number")
            return check_number(written, element, reading);
        if (const std::string_view reason = absence(reading, text); !reason.empty())
            return absent(written, object, reason);
        auto read = read_cell(reading, written.text(), zone_);
        if (!read) {
            const auto [ja, en] = advice(reading);
            report(written, element, read.error().message, std::string{ja}, std::string{en});
            return;
        }
        if (*read == written.text()) return;
        builder_.assign(node, *read);
        keep_source_text(object, written);
    }

    void same_as_above(Value written, Node* object, Node* node, Value above,
                       const fhir::ElementDef& element) {
        if (!above.is_string()) {
            report(written, element, "nothing-above",
                   "「同上」とありますが、上のセルがありません。内容を書いてください。",
                   "It says \"same as above\" and there is nothing above. Fill the cell.");
            return;
        }
        builder_.assign(node, above.text());
        keep_source_text(object, written);
        report(written, element, "same-as-above",
               "「同上」を上のセルの内容で補いました。確認してください。",
               "\"Same as above\" was filled from the cell above. Please check it.");
        issues_.back().severity = fhir::IssueSeverity::Warning;
    }

    /// 外字: characters whose shape only the sender's machine knows. In a name or an address a
    /// person has to say which character is meant; in running text the bullets of symbol fonts
    /// (U+F0xx) are common and become a middle dot, others stay.
    void private_use(Value written, Node* object, Node* node, const fhir::ElementDef& element) {
        const std::string_view text = written.text();
        std::string out;
        std::size_t plain_from = 0;
        bool found = false;
        for (std::size_t at = find_upper(text, 0); at != std::string_view::npos;
             at = find_upper(text, at + 3)) {
            const auto second = static_cast<unsigned char>(text[at + 1]);
            if (text[at] == '\xEF' && second > 0xA3) continue;  // from U+F900 on
            found = true;
            const bool bullet = text[at] == '\xEF' && second <= 0x83;
            if (!bullet) continue;
            out += text.substr(plain_from, at - plain_from);
            out += "・";
            plain_from = at + 3;
        }
        if (!found) return;
        if (element.facet(kSensitivity) == "direct-identifier") {
            report(written, element, "private-use-character",
                   "外字（私用領域の文字）があり、相手には別の字に見えます。標準の字か、読みで書い"
                   "て送り"
                   "直してください。",
                   "It has a character of a private font, which others see as another one. Write a "
                   "standard character or the reading and send again.");
            return;
        }
        if (plain_from > 0) {
            builder_.assign(node, out.append(text.substr(plain_from)));
            keep_source_text(object, written);
        }
        report(written, element, "private-use-character",
               "外字（私用領域の文字）があります。箇条書きの記号は「・」に置き換えました。確認して"
               "ください。",
               "It has characters of a private font. Bullets were turned into a middle dot. Please "
               "check it.");
        issues_.back().severity = fhir::IssueSeverity::Warning;
    }

    void check_number(Value written, const fhir::ElementDef& element, std::string_view reading) {
        const bool holds = reading == "insurer-number"
                               ? text::is_insurer_number(written.text())
                               : text::is_institution_number(written.text());
        if (holds) return;
        report(written, element, "check-digit",
               "検証番号が合いません。書き間違いがないか確認してください。",
               "Its check digit does not hold. Look whether it is written right.");
        issues_.back().severity = fhir::IssueSeverity::Warning;
    }

    void absent(Value written, Node* object, std::string_view reason) {
        Node* list = extensions(object, written.key());
        Node* extension = builder_.add_object(list);
        builder_.set(extension, "url", kDataAbsentReason);
        builder_.set(extension, "valueCode", reason);
        keep_source_text(object, written);
        builder_.remove(object, written.key());
    }

    /// `_key.extension` of `object`.
    Node* extensions(Node* object, std::string_view key) {
        std::string name = "_";
        name += key;
        return builder_.require(builder_.require(object, name, json::Kind::Object), "extension",
                                json::Kind::Array);
    }

    void keep_source_text(Node* object, Value written) {
        Node* extension = builder_.add_object(extensions(object, written.key()));
        builder_.set(extension, "url", kSourceText);
        builder_.set(extension, "valueString", written.text());
    }

    void report(Value written, const fhir::ElementDef& element, std::string code, std::string ja,
                std::string en) {
        fhir::Issue issue;
        issue.type = "value";
        issue.code = std::move(code);
        issue.fault = fhir::Fault::Sender;
        issue.expression = json::path_of(source_, written, root_name_);
        issue.ja = "「" + std::string{element.label} + "」を読み取れません。" + std::move(ja);
        issue.en = "This cell cannot be read. " + std::move(en);
        issue.offset = written.offset();
        issues_.push_back(std::move(issue));
    }

    Value source_;
    std::string_view root_name_;
    std::chrono::minutes zone_;
    std::vector<fhir::Issue>& issues_;
    json::Document copy_;
    Builder builder_;
};

/// The source text among the extensions beside a cell; nothing when none was kept.
Value source_text_of(Value companion) {
    for (const Value extension : companion["extension"]) {
        if (extension["url"].text() == kSourceText) return extension["valueString"];
    }
    return {};
}

/// Extensions beside a cell that the reading did not put there.
void keep_extensions(Value companion, Builder& builder, Node* into) {
    Node* kept = nullptr;
    for (const Value extension : companion["extension"]) {
        const std::string_view url = extension["url"].text();
        if (url == kSourceText || url == kDataAbsentReason) continue;
        if (!kept) kept = builder.set_array(builder.set_object(into, companion.key()), "extension");
        builder.add(kept, extension);
    }
}

/// Copies `from` into `into`, cell by cell.
void write_back(Value from, Builder& builder, Node* into) {
    for (const Value member : from) {
        const std::string_view key = member.key();
        if (key.starts_with('_') && source_text_of(member)) {
            builder.set(into, key.substr(1), source_text_of(member).text());
            keep_extensions(member, builder, into);
        } else if (member.is_object()) {
            write_back(member, builder, builder.set_object(into, key));
        } else if (member.is_array() && member.at(0).is_object()) {
            Node* const items = builder.set_array(into, key);
            for (const Value item : member) write_back(item, builder, builder.add_object(items));
        } else if (!source_text_of(from[std::string{"_"}.append(key)])) {
            builder.set(into, key, member);
        }
    }
}

}  // namespace

json::Document words_as_written(Value packet) {
    json::Document document;
    Builder builder(document);
    write_back(packet, builder, builder.object());
    return document;
}

json::Document read_cells(Value source, const fhir::Definitions& definitions,
                          std::string_view model, std::chrono::minutes zone,
                          std::vector<fhir::Issue>& issues) {
    const fhir::TypeDef* type = definitions.type(model);
    if (!type || !source.is_object()) {
        fhir::Issue issue;
        issue.severity = fhir::IssueSeverity::Fatal;
        issue.type = "structure";
        issue.code = "unknown-model";
        issue.fault = fhir::Fault::Gateway;
        issue.ja = "様式のモデルが登録されていません。";
        issue.en = "The model of the form is not loaded.";
        issues.push_back(std::move(issue));
        return json::clone(source);
    }
    return Reader(source, type->name, zone, issues).run(*type);
}

}  // namespace tsunagi::translate
