#include "exchange/document_kind.h"

#include <algorithm>
#include <utility>

namespace tsunagi::exchange {
namespace {

/// An expression over the Bundle of a case or a release.
Result<fhirpath::Expression> expression(json::Value text, const fhir::Definitions& definitions,
                                        const std::string& where) {
    auto parsed = fhirpath::Expression::parse(text.text());
    if (!parsed) return Error{Code::Invalid, parsed.error().message, where};
    const Status fits = fhirpath::check(*parsed, definitions, definitions.type("Bundle"));
    if (!fits) return Error{Code::Invalid, fits.error().message, where};
    return parsed;
}

std::optional<fhir::Fault> fault_of(std::string_view word) {
    if (word == "sender") return fhir::Fault::Sender;
    if (word == "gateway") return fhir::Fault::Gateway;
    if (word == "receiver") return fhir::Fault::Receiver;
    return {};
}

Result<DocumentKind::Need> need_of(json::Value row, const fhir::Definitions& definitions,
                                   const std::string& id) {
    const std::string key{row["key"].text()};
    const std::string where = id + ": " + key;
    const auto fault = fault_of(row["fault"].text());
    if (key.empty() || !row["expression"] || !row["message"]["ja"] || !row["message"]["en"] ||
        !fault)
        return Error{Code::Invalid, "key, expression, fault and message are needed", where};
    auto holds = expression(row["holds"], definitions, where);
    if (!holds) return holds.error();
    std::optional<fhirpath::Expression> when;
    if (row["when"]) {
        auto parsed = expression(row["when"], definitions, where);
        if (!parsed) return parsed.error();
        when = std::move(*parsed);
    }
    return DocumentKind::Need{key,
                              std::string{row["expression"].text()},
                              std::string{row["message"]["ja"].text()},
                              std::string{row["message"]["en"].text()},
                              *fault,
                              std::move(when),
                              std::move(*holds)};
}

}  // namespace

Result<DocumentKind> DocumentKind::load(json::Value file, const fhir::Definitions& definitions,
                                        const translate::MapLibrary& maps) {
    const std::string id{file["id"].text()};
    const std::int64_t number = file["number"].integer();
    if (id.empty() || number < 1 || number > 9 || !file["title"]["ja"] || !file["type"]["code"])
        return Error{Code::Invalid, "id, number from 1 to 9, title and type are needed", id};
    const auto known = maps.urls();
    const auto is_loaded = [&](std::string_view url) {
        return std::find(known.begin(), known.end(), url) != known.end();
    };
    const std::string map{file["map"].text()}, otherwise{file["otherwise"].text()};
    if (!is_loaded(map) || (!otherwise.empty() && !is_loaded(otherwise)))
        return Error{Code::Invalid, "a map that is not loaded", id + ": map"};
    auto of = expression(file["of"], definitions, id + ": of");
    if (!of) return of.error();
    std::vector<Need> needs;
    for (const json::Value row : file["needs"]) {
        auto need = need_of(row, definitions, id);
        if (!need) return need.error();
        needs.push_back(std::move(*need));
    }
    const json::Value type = file["type"];
    return DocumentKind{id,
                        static_cast<std::size_t>(number),
                        std::string{file["title"]["ja"].text()},
                        std::string{file["title"]["en"].text()},
                        std::string{type["system"].text()},
                        std::string{type["code"].text()},
                        std::string{type["display"].text()},
                        std::move(*of),
                        map,
                        otherwise,
                        std::move(needs)};
}

}  // namespace tsunagi::exchange
