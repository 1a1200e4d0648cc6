#include "exchange/intake.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "translate/intake.h"

namespace tsunagi::exchange {
namespace {

using fhir::Issue;
using json::Value;

constexpr std::string_view kQuestionnaires = "https://tsunagi.example/fhir/Questionnaire/";
constexpr std::string_view kReferralMap =
    "https://tsunagi.example/fhir/StructureMap/ereferral-to-packet";

/// "text/csv" of `Text/CSV; charset="Shift_JIS"`, and the charset.
struct Media {
    std::string type, charset;
};

Media media_of(std::string_view content_type) {
    std::string lower{content_type};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    std::erase_if(lower, [](char c) { return c == ' ' || c == '"'; });
    const std::size_t end = std::min(lower.find(';'), lower.size());
    Media media{lower.substr(0, end), {}};
    constexpr std::string_view kCharset = ";charset=";
    if (const std::size_t at = lower.find(kCharset); at != std::string::npos) {
        media.charset = lower.substr(at + kCharset.size());
        media.charset.resize(std::min(media.charset.find(';'), media.charset.size()));
    }
    return media;
}

/// Civil time of a document that does not say which: that of the programmes.
std::chrono::minutes zone_of(const Artifacts& artifacts) {
    return artifacts.programmes.empty() ? std::chrono::minutes{0}
                                        : artifacts.programmes.front().zone();
}

/// A document Bundle whose Composition is a 診療情報提供書 (LOINC 57133-1, as JP-CLINS has it).
bool is_referral(Value resource) {
    if (resource["resourceType"].text() != "Bundle" || resource["type"].text() != "document")
        return false;
    const Value first = resource["entry"].at(0)["resource"];
    return first["resourceType"].text() == "Composition" &&
           first["type"]["coding"].at(0)["code"].text() == "57133-1";
}

bool is_answers(Value resource) {
    return resource["resourceType"].text() == "QuestionnaireResponse";
}

class Taking {
public:
    Taking(const Artifacts& artifacts, Instant now, Random& random)
        : artifacts_(artifacts), environment_{now, zone_of(artifacts), random} {}

    Act<TakenIn> table(std::string_view body, std::string_view charset) {
        return finish(translate::read_table(body, charset, *artifacts_.definitions, kPacketModel,
                                            environment_.zone));
    }

    /// One resource, or the resources of a collection: each fills parts that no other fills.
    Act<TakenIn> resources(const std::vector<Value>& all) {
        std::vector<translate::Intake> taken;
        for (const Value each : all) {
            auto intake = resource(each);
            if (!done(intake)) return std::move(std::get<Refusal>(intake));
            taken.push_back(std::move(std::get<translate::Intake>(intake)));
        }
        translate::Intake whole = std::move(taken.front());
        json::Builder packet(whole.packet);
        json::Builder receipt(whole.receipt);
        for (std::size_t at = 1; at < taken.size(); ++at) {
            for (const Value part : taken[at].packet.root()) {
                if (part.key() == "resourceType") continue;
                if (whole.packet.root()[part.key()]) {
                    return refuse(Refused::Content, "form-twice",
                                  "Packet." + std::string{part.key()},
                                  "同じ様式が二つの文書にあります。どちらか一つにしてください。",
                                  "Two documents fill the same form. Hand in one of them.");
                }
                packet.set(packet.root(), part.key(), part);
            }
            json::Node* rows = receipt.require(receipt.root(), "rows", json::Kind::Array);
            for (const Value row : taken[at].receipt.root()["rows"]) receipt.add(rows, row);
            std::move(taken[at].issues.begin(), taken[at].issues.end(),
                      std::back_inserter(whole.issues));
        }
        if (taken.size() > 1) receipt.set(receipt.root(), "form", "collection");
        return finish(std::move(whole));
    }

private:
    Act<translate::Intake> resource(Value each) {
        if (is_answers(each)) {
            if (!each["questionnaire"].text().starts_with(kQuestionnaires)) {
                return refuse(Refused::Content, "other-questionnaire",
                              "QuestionnaireResponse.questionnaire",
                              "つなぎの質問票への回答ではありません。",
                              "These are not answers to a Questionnaire of Tsunagi.");
            }
            return translate::read_answers(each, *artifacts_.definitions, kPacketModel,
                                           environment_.zone);
        }
        auto made =
            translate::read_by_map(*artifacts_.maps, kReferralMap, each, "ereferral", environment_);
        if (made) return std::move(*made);
        if (made.error().code != Code::Invalid) return refuse(made.error());
        // Where in the map is in the error; of the sender's document it names the path alone.
        return refuse(Refused::Content, "ereferral-not-understood", "Bundle",
                      "診療情報提供書の文書として読み取れません。",
                      "Not readable as an eReferral document.");
    }

    static Act<TakenIn> finish(translate::Intake intake) {
        if (fhir::has_error(intake.issues)) {
            const bool unreadable =
                std::all_of(intake.issues.begin(), intake.issues.end(),
                            [](const Issue& each) { return each.expression.empty(); });
            return Refusal{unreadable ? Refused::Malformed : Refused::Content,
                           std::move(intake.issues)};
        }
        return TakenIn{json::write(intake.packet.root()), std::move(intake.receipt),
                       std::move(intake.issues)};
    }

    const Artifacts& artifacts_;
    translate::Environment environment_;
};

/// The path without "[0]".
std::string without_indices(std::string_view path) {
    std::string out;
    bool inside = false;
    for (const char c : path) {
        inside = c == '[' || (inside && c != ']');
        if (!inside && c != ']') out += c;
    }
    return out;
}

}  // namespace

bool is_table(std::string_view content_type) {
    const std::string type = media_of(content_type).type;
    return type == "text/csv" || type == "text/tab-separated-values";
}

Act<TakenIn> take_in(const Artifacts& artifacts, Instant now, Random& random,
                     std::string_view content_type, std::string_view body) {
    Taking taking(artifacts, now, random);
    if (is_table(content_type)) return taking.table(body, media_of(content_type).charset);
    const auto document = json::read(body);
    // What is no JSON is refused where packets are read.
    if (!document) return TakenIn{std::string{body}, {}, {}};
    const Value root = document->root();
    if (is_answers(root) || is_referral(root)) return taking.resources({root});
    if (root["resourceType"].text() != "Bundle") return TakenIn{std::string{body}, {}, {}};
    std::vector<Value> resources;
    bool strange = root["type"].text() != "collection";
    for (const Value entry : root["entry"]) {
        resources.push_back(entry["resource"]);
        strange = strange || !(is_answers(resources.back()) || is_referral(resources.back()));
    }
    if (strange || resources.empty()) {
        return refuse(
            Refused::Malformed, "other-bundle", "Bundle",
            "Bundleは、診療情報提供書（JP-CLINS）の文書か、それとつなぎの質問票への回答を集め"
            "たもの（collection）だけを受け取ります。",
            "Of Bundles only an eReferral document (JP-CLINS), or a collection of one and "
            "answers to our Questionnaires, is taken.");
    }
    return taking.resources(resources);
}

void name_places(std::vector<Issue>& issues, Value receipt) {
    for (auto& issue : issues) {
        const std::string path = without_indices(issue.expression);
        if (path.empty()) continue;
        std::string_view place;
        std::size_t found = 0;
        for (const Value row : receipt["rows"]) {
            for (const Value target : row["targets"]) {
                if (target.text() != path) continue;
                place = row["cell"].text();
                ++found;
            }
        }
        if (found != 1) continue;
        issue.ja += "（" + std::string{place} + "）";
        issue.en += " (" + std::string{place} + ")";
    }
}

}  // namespace tsunagi::exchange
