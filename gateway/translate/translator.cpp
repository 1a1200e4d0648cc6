#include "translate/translator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "translate/run.h"

namespace tsunagi::translate {
namespace {

/// The label of a cell ("入院が必要な期限") by its path below `type`.
std::string label_of(const fhir::TypeDef* type, std::string_view path) {
    std::string_view label;
    for (std::size_t at = path.find('.'); type && at != std::string_view::npos;) {
        const std::size_t end = std::min(path.find('.', at + 1), path.size());
        std::string_view step = path.substr(at + 1, end - at - 1);
        step = step.substr(0, step.find('['));
        const fhir::Member* member = type->find(step);
        if (!member) break;
        label = member->element->label;
        type = member->type->type;
        at = end == path.size() ? std::string_view::npos : end;
    }
    return std::string{label};
}

const Entry* find_entry(const Program& program, std::string_view url) {
    for (const Entry& entry : program.entries) {
        if (entry.url == url) return &entry;
    }
    return nullptr;
}

}  // namespace

Result<Translation> transform(const MapLibrary& library, std::string_view map_url,
                              json::Value source, const Environment& environment,
                              const RunLimits& limits) {
    const Entry* entry = find_entry(*library.program(), map_url);
    if (!entry) return Error{Code::NotFound, "no such map", std::string{map_url}};
    if (!source.is_object()) return Error{Code::Invalid, "the source is not an object", {}};
    return Run(library.program(), environment, limits, source, entry->source).run(*entry);
}

Result<Translation> translate(const MapLibrary& library, std::string_view map_url,
                              json::Value source, const Environment& environment) {
    const Entry* entry = find_entry(*library.program(), map_url);
    if (!entry) return Error{Code::NotFound, "no such map", std::string{map_url}};
    if (!source.is_object()) return Error{Code::Invalid, "the source is not an object", {}};
    const RunLimits limits;
    Run run(library.program(), environment, limits, source, entry->source);
    auto made = run.run(*entry);
    if (!made) {
        auto refusal = run.take_refusal();
        if (!refusal) return made;
        const std::string label = label_of(entry->source, refusal->expression);
        if (!label.empty()) refusal->ja.insert(0, "「" + label + "」：");
        refusal->en = "This cell cannot be translated: " + refusal->en + ".";
        Translation refused;
        refused.issues.push_back(std::move(*refusal));
        return refused;
    }
    for (const ReceiptRow& row : made->receipt.rows()) {
        if (row.outcome != Outcome::Unaccounted) continue;
        fhir::Issue issue;
        issue.type = "not-supported";
        issue.code = "cell-not-carried";
        issue.fault = fhir::Fault::Gateway;
        issue.expression = std::string{row.cell};
        const std::string label = label_of(entry->source, row.cell);
        issue.ja =
            "「" + label +
            "」のセルを運ぶ変換規則がありません。つなぎの管理者が mappings/ に規則を加える必要"
            "があります。";
        issue.en =
            "No rule of the maps carries this cell. The operator of the gateway has to add one in "
            "mappings/.";
        made->issues.push_back(std::move(issue));
    }
    return made;
}

}  // namespace tsunagi::translate
