#include "translate/intake.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "json/builder.h"
#include "text/csv.h"
#include "text/encoding.h"
#include "text/width.h"
#include "translate/form_cells.h"

namespace tsunagi::translate {
namespace {

using json::Builder;
using json::Value;

/// The receipt of an intake while it grows.
class Rows {
public:
    explicit Rows(std::string_view form) : builder_(document_) {
        builder_.set(builder_.object(), "form", form);
    }
    void say(std::string_view key, std::string_view text) {
        builder_.set(builder_.root(), key, text);
    }
    void mapped(std::string_view cell, std::string_view target) {
        json::Node* row = add(cell, Outcome::Mapped);
        builder_.add(builder_.set_array(row, "targets"), "Packet." + std::string{target});
    }
    void dropped(std::string_view cell, std::string_view reason) {
        builder_.set(add(cell, Outcome::Dropped), "reason", reason);
    }
    void copy(Value row) { builder_.add(rows(), row); }
    json::Document take() {
        rows();
        return std::move(document_);
    }

private:
    json::Node* rows() { return builder_.require(builder_.root(), "rows", json::Kind::Array); }
    json::Node* add(std::string_view cell, Outcome outcome) {
        json::Node* row = builder_.add_object(rows());
        builder_.set(row, "cell", cell);
        builder_.set(row, "outcome", name(outcome));
        return row;
    }
    json::Document document_;
    Builder builder_;
};

fhir::Issue issue_of(std::string_view code, std::string expression, std::string ja,
                     std::string en) {
    fhir::Issue issue;
    issue.type = "value";
    issue.code = code;
    issue.expression = std::move(expression);
    issue.ja = std::move(ja);
    issue.en = std::move(en);
    return issue;
}

fhir::Issue warning(fhir::Issue issue) {
    issue.severity = fhir::IssueSeverity::Warning;
    issue.type = "not-supported";
    return issue;
}

std::string packet_path(const FormCell& cell) { return "Packet." + cell.path; }

// ---- tables ------------------------------------------------------------------------------------

class TableIntake {
public:
    TableIntake(const fhir::Definitions& definitions, const fhir::TypeDef& model,
                std::chrono::minutes zone)
        : cells_(definitions, model),
          values_(definitions, zone),
          filler_(model, values_),
          rows_("table") {}

    Intake run(std::string_view bytes, std::string_view charset) {
        if (auto table = read(bytes, charset); !table.empty()) {
            name_columns(table.front());
            const bool usable = !fhir::has_error(issues_);
            for (std::size_t row = 1; usable && row < table.size(); ++row) fill(table[row], row);
            if (usable) finish();
        }
        return {filler_.take(), std::move(issues_), rows_.take()};
    }

private:
    struct Column {
        const FormCell* cell = nullptr;
        const FormCell* statement = nullptr;
        std::size_t item = 0;
        bool is_group = false;
    };

    std::vector<text::CsvRow> read(std::string_view bytes, std::string_view charset) {
        const auto declared = text::encoding_named(charset);
        Result<text::Decoded> decoded = Error{Code::Unsupported, "unknown-encoding", "byte 0"};
        if (charset.empty()) {
            decoded = text::decode(bytes);
        } else if (declared) {
            const std::size_t mark =
                *declared == text::Encoding::Utf8 && bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
            auto text = text::decode(bytes.substr(mark), *declared);
            decoded = text ? Result<text::Decoded>{text::Decoded{std::move(*text), *declared}}
                           : Result<text::Decoded>{text.error()};
        }
        if (!decoded) {
            issues_.push_back(
                issue_of(decoded.error().message, {},
                         "文字として読めないバイトがあります（" + decoded.error().where +
                             "、先頭は0）。UTF-8かCP932（Shift_JIS）で保存し直してください。",
                         "There is a byte that is no character (" + decoded.error().where +
                             ", counted from 0). Save the file as UTF-8 or CP932 (Shift_JIS)."));
            return {};
        }
        rows_.say("encoding", text::name(decoded->encoding));
        auto table = text::read_csv(decoded->text);
        if (!table) {
            issues_.push_back(issue_of(table.error().message, {},
                                       "表の形（CSV）として読めません（" + table.error().where +
                                           "）。引用符と行数を確認してください。",
                                       "Not readable as CSV (" + table.error().where +
                                           "). Check the quotes and the number of rows."));
            return {};
        }
        if (table->size() < 2) {
            issues_.push_back(issue_of("no-rows", {}, "見出しの行と内容の行が必要です。",
                                       "A row of names and a row of cells are needed."));
            return {};
        }
        return std::move(*table);
    }

    /// The form of a cell: the first step of its path.
    static std::string_view form_of(const FormCell& cell) {
        return std::string_view{cell.path}.substr(0, cell.path.find('.'));
    }

    void name_columns(const text::CsvRow& header) {
        std::vector<FormCells::Named> found;
        std::set<std::string_view> forms;
        for (const auto& name : header.fields) {
            found.push_back(text::trim(name).empty() ? FormCells::Named{} : cells_.find(name));
            if (found.back().cells.size() == 1) forms.insert(form_of(*found.back().cells[0]));
        }
        if (std::all_of(found.begin(), found.end(),
                        [](const auto& each) { return each.cells.empty(); })) {
            issues_.push_back(issue_of("no-header", {}, "1行目に欄の名前（見出し）がありません。",
                                       "The first row does not name any cell of the forms."));
            return;
        }
        for (std::size_t at = 0; at < found.size(); ++at)
            columns_.push_back(chosen(found[at], forms, at));
    }

    Column chosen(FormCells::Named& named, const std::set<std::string_view>& forms,
                  std::size_t at) {
        std::vector<std::size_t> fitting;
        for (std::size_t each = 0; each < named.cells.size(); ++each) {
            if (named.cells.size() == 1 || forms.count(form_of(*named.cells[each])) > 0)
                fitting.push_back(each);
        }
        if (named.cells.empty()) return {};
        if (fitting.size() != 1) {
            std::string choices;
            for (const auto* each : named.cells) {
                if (choices.size() > 300) break;
                choices += (choices.empty() ? "" : ", ") + each->label;
            }
            issues_.push_back(
                issue_of("ambiguous-column", packet_path(*named.cells[0]),
                         std::to_string(at + 1) +
                             "列目の見出しに当てはまる欄が二つ以上あります。様式の名"
                             "前から書いてください: " +
                             choices,
                         "The name of column " + std::to_string(at + 1) +
                             " fits more than one cell. Begin with the form: " + choices));
            return {};
        }
        const std::size_t one = fitting[0];
        return {named.cells[one], named.statements.empty() ? nullptr : named.statements[one],
                named.item, named.is_group};
    }

    static std::string place(std::size_t row, std::string_view label) {
        return "row " + std::to_string(row) + ": " + std::string{label};
    }

    void fault(const FormCell& cell, std::size_t row, std::string_view code) {
        const auto [ja, en] = advice_for(code, cell.element());
        issues_.push_back(issue_of(
            code, packet_path(cell),
            std::to_string(row) + "行目の「" + cell.label + "」を読み取れません。" + ja,
            "Row " + std::to_string(row) + ", column " + cell.label + ": cannot be read. " + en));
    }

    void fill(const text::CsvRow& fields, std::size_t index) {
        const std::size_t row = index + 1;
        for (std::size_t at = 0; at < fields.fields.size(); ++at) {
            const std::string& field = fields.fields[at];
            if (text::trim(field).empty()) continue;
            if (at >= columns_.size() || !columns_[at].cell) {
                rows_.dropped(place(row, "column " + std::to_string(at + 1)),
                              "no cell of the forms has this name");
                unknown_.insert(at + 1);
                continue;
            }
            put(columns_[at], row, field);
        }
    }

    void put(const Column& column, std::size_t row, const std::string& field) {
        const FormCell& cell = *column.cell;
        if (column.statement) {
            const std::string code =
                values_.code_of(column.statement->element(), text::trim(field));
            if (!code.empty()) return write(*column.statement, row, 0, field);
        }
        if (cell.list < 0) {
            // One file is one patient: what does not repeat may be repeated, never changed.
            const auto [first, is_new] = said_.try_emplace(&cell, field);
            if (is_new) return write(cell, row, 0, field);
            if (first->second != field) return differs(cell, row);
            rows_.mapped(place(row, cell.label), cell.path);
            return;
        }
        const bool splits = cell.element().is_array || column.is_group;
        if (!splits) return write(cell, row, item_of(cell, row, column.item, 0), field);
        std::size_t part = 0;
        for (const auto& value : parts_of(field, cell.element().binding != nullptr)) {
            const bool own_item = !cell.element().is_array;
            write(cell, row, item_of(cell, row, column.item, own_item ? part : 0), value);
            ++part;
        }
    }

    void differs(const FormCell& cell, std::size_t row) {
        issues_.push_back(
            issue_of("one-patient-a-file", packet_path(cell),
                     std::to_string(row) + "行目の「" + cell.label +
                         "」が上の行と違います。1つのファイルには1人分だけを書いてください。",
                     "Row " + std::to_string(row) + ", column " + cell.label +
                         ": differs from the row above. A file holds one patient."));
    }

    void write(const FormCell& cell, std::size_t row, std::size_t item, std::string_view value) {
        const std::size_t items[] = {item};
        if (const auto why = filler_.put(cell, items, value); !why.empty())
            return fault(cell, row, why);
        rows_.mapped(place(row, cell.label), cell.path);
        if (cell.path.ends_with(".statement"))
            stated_.insert(cell.path.substr(0, cell.path.size() - 10));
        if (const std::size_t at = cell.path.find(".items."); at != std::string::npos)
            listed_.emplace(cell.path.substr(0, at), row);
    }

    /// Several values in one field: lists of codes by any comma, words only by line or semicolon.
    static std::vector<std::string> parts_of(std::string_view field, bool coded) {
        std::vector<std::string> parts{""};
        for (std::size_t at = 0; at < field.size();) {
            const std::string_view rest = field.substr(at);
            std::size_t width = rest[0] == ';' || rest[0] == '\n' || rest[0] == '\r' ? 1 : 0;
            for (const std::string_view mark : {"；", "、", "，", ","}) {
                if (rest.starts_with(mark) && (coded || mark == "；")) width = mark.size();
            }
            if (width > 0)
                parts.emplace_back();
            else
                parts.back() += field[at];
            at += width > 0 ? width : 1;
        }
        std::erase_if(parts, [](const std::string& part) { return text::trim(part).empty(); });
        return parts;
    }

    /// The items of a list in the order in which rows, and numbers within a row, first speak of
    /// them.
    std::size_t item_of(const FormCell& cell, std::size_t row, std::size_t number,
                        std::size_t part) {
        std::string list;
        for (int step = 0; step <= cell.list; ++step)
            list += std::string{cell.steps[static_cast<std::size_t>(step)]->name} + ".";
        auto& items = items_[list];
        return items.try_emplace({row, number, part}, items.size()).first->second;
    }

    /// Items are there exactly when the statement is "present" (profiles/models/README.md).
    void finish() {
        for (const auto& [group, row] : listed_) {
            if (stated_.count(group) > 0) continue;
            if (const FormCell* cell = cells_.by_path(group + ".statement")) {
                const std::size_t items[] = {0};
                (void)filler_.put(*cell, items, "present");
            }
        }
        if (unknown_.empty()) return;
        std::string columns;
        for (const std::size_t column : unknown_)
            columns += (columns.empty() ? "" : ", ") + std::to_string(column);
        issues_.push_back(warning(
            issue_of("column-not-understood", {},
                     "次の列は様式のどの欄にも当てはまらないため取り込みませんでした: " + columns,
                     "These columns fit no cell of the forms and were not taken: " + columns)));
    }

    FormCells cells_;
    CellValues values_;
    FormFiller filler_;
    Rows rows_;
    std::vector<fhir::Issue> issues_;
    std::vector<Column> columns_;
    std::set<std::size_t> unknown_;
    std::map<const FormCell*, std::string> said_;
    std::map<std::string, std::map<std::array<std::size_t, 3>, std::size_t>> items_;
    std::set<std::string> stated_;
    std::map<std::string, std::size_t> listed_;
};

// ---- answers -----------------------------------------------------------------------------------

class AnswersIntake {
public:
    AnswersIntake(const fhir::Definitions& definitions, const fhir::TypeDef& model,
                  std::chrono::minutes zone)
        : cells_(definitions, model),
          values_(definitions, zone),
          filler_(model, values_),
          rows_("questionnaire-response") {}

    Intake run(Value response) {
        items(response["item"], "QuestionnaireResponse", {});
        return {filler_.take(), std::move(issues_), rows_.take()};
    }

private:
    void items(Value list, const std::string& above, const std::vector<std::size_t>& indices) {
        std::map<std::string, std::size_t, std::less<>> counts;
        std::size_t at = 0;
        for (const Value item : list) {
            const std::string here = above + ".item[" + std::to_string(at++) + "]";
            const std::string id{item["linkId"].text()};
            const std::size_t turn = counts[id]++;
            if (item["answer"] && cells_.by_path(id)) {
                answers(item, here, *cells_.by_path(id), indices);
            } else if (item["item"] && is_group(id)) {
                auto inner = indices;
                if (repeats(id)) inner.push_back(turn);
                items(item["item"], here, inner);
            } else if (item["answer"] || item["item"]) {
                drop(item, here);
            }
        }
    }

    bool is_group(std::string_view id) const { return member_at(id) != nullptr; }
    bool repeats(std::string_view id) const {
        const auto* member = member_at(id);
        return member && member->element->is_array;
    }
    /// The group of that path.
    const fhir::Member* member_at(std::string_view id) const {
        const std::string inside = std::string{id} + ".";
        for (const auto& cell : cells_.cells()) {
            if (!cell.path.starts_with(inside)) continue;
            return cell.steps[static_cast<std::size_t>(std::count(id.begin(), id.end(), '.'))];
        }
        return nullptr;
    }

    void drop(Value item, const std::string& here) {
        if (item["answer"]) rows_.dropped(here, "no cell of the forms has this linkId");
        std::size_t at = 0;
        for (const Value inner : item["item"])
            drop(inner, here + ".item[" + std::to_string(at++) + "]");
        if (!item["answer"]) return;
        issues_.push_back(warning(
            issue_of("answer-not-understood", here,
                     "この項目のlinkIdは様式のどの欄でもないため取り込みませんでした。",
                     "The linkId of this item is no cell of the forms; it was not taken.")));
    }

    void answers(Value item, const std::string& here, const FormCell& cell,
                 const std::vector<std::size_t>& indices) {
        std::size_t at = 0;
        for (const Value answer : item["answer"]) {
            const std::string place = here + ".answer[" + std::to_string(at++) + "]";
            const auto why = filler_.put(cell, indices, text_of(answer));
            if (why.empty()) {
                rows_.mapped(place, cell.path);
                continue;
            }
            const auto [ja, en] = advice_for(why, cell.element());
            std::string in_japanese = "「";
            in_japanese.append(cell.label).append("」（").append(place);
            in_japanese.append("）を読み取れません。").append(ja);
            std::string in_english = place;
            in_english.append(", ").append(cell.label).append(": cannot be read. ").append(en);
            issues_.push_back(
                issue_of(why, packet_path(cell), std::move(in_japanese), std::move(in_english)));
        }
    }

    static std::string_view text_of(Value answer) {
        if (const Value coding = answer["valueCoding"]) {
            return coding["code"] ? coding["code"].text() : coding["display"].text();
        }
        if (const Value file = answer["valueAttachment"]) return file["data"].text();
        for (const Value member : answer) {
            if (member.key().starts_with("value")) return member.text();
        }
        return {};
    }

    FormCells cells_;
    CellValues values_;
    FormFiller filler_;
    Rows rows_;
    std::vector<fhir::Issue> issues_;
};

}  // namespace

Intake read_table(std::string_view bytes, std::string_view charset,
                  const fhir::Definitions& definitions, std::string_view model,
                  std::chrono::minutes zone) {
    return TableIntake(definitions, *definitions.type(model), zone).run(bytes, charset);
}

Intake read_answers(Value response, const fhir::Definitions& definitions, std::string_view model,
                    std::chrono::minutes zone) {
    return AnswersIntake(definitions, *definitions.type(model), zone).run(response);
}

Result<Intake> read_by_map(const MapLibrary& library, std::string_view map_url, Value source,
                           std::string_view form, const Environment& environment) {
    auto made = transform(library, map_url, source, environment);
    if (!made) return made.error();
    Intake intake;
    intake.packet = std::move(made->output);
    intake.issues = std::move(made->issues);
    Rows rows(form);
    std::size_t dropped = 0;
    const json::Document receipt = to_json(made->receipt);
    for (const Value row : receipt.root()["rows"]) {
        if (row["outcome"].text() != name(Outcome::Unaccounted)) {
            rows.copy(row);
            continue;
        }
        rows.dropped(row["cell"].text(), "no rule of the map reads it");
        ++dropped;
    }
    if (dropped > 0) {
        intake.issues.push_back(
            warning(issue_of("elements-not-understood", {},
                             "取り込まなかった要素が" + std::to_string(dropped) +
                                 "個あります。受領の記録で確認してください。",
                             std::to_string(dropped) +
                                 " elements were not taken. The receipt names each of them.")));
    }
    intake.receipt = rows.take();
    return intake;
}

}  // namespace tsunagi::translate
