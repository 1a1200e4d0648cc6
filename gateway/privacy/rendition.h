#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "privacy/channel_rules.h"
#include "privacy/consent.h"
#include "privacy/disclosure.h"

/// What one hospital sees of a case. The case's Bundle (a collection, made by the maps) never
/// leaves; a rendition of it is built element by element from the allow-list of its stage. The n-th
/// entry of the Bundle is `<alias>-<n>` at that hospital (1-based), in the offer as in the release:
/// identity never changes ids.
namespace tsunagi::privacy {

/// This hospital accepted: the proof that Release asks for. Made by `accepted_by` alone.
class Acceptance {
public:
    const std::string& hospital() const noexcept { return hospital_; }

private:
    friend Result<Acceptance> accepted_by(std::string_view hospital, json::Value accepted_task);
    explicit Acceptance(std::string hospital) : hospital_(std::move(hospital)) {}
    std::string hospital_;
};

/// Reads the acceptance from the case's Task as it stands: status accepted, in-progress or
/// completed, the outputs planned-admission, planned-discharge and decided-by present (R19, R21),
/// owner = `hospital`. Error Denied otherwise.
Result<Acceptance> accepted_by(std::string_view hospital, json::Value accepted_task);

/// The proof of consent for a release, or for a notice when `request.stage` says so, to
/// `request.recipient`; Error Denied with the decision's code in `message`.
class ConsentGate {
public:
    static Result<LiveConsent> open(std::span<const ConsentRecord> consents,
                                    const ConsentRequest& request);
};

/// The resources of one rendition, ready for a hospital.
class Rendition {
public:
    /// FHIR transaction Bundle of `PUT Type/<alias>-<n>` entries: sending it twice is the same as
    /// once.
    /// With `types` only the resources of these types: a status message needs no clinical data.
    json::Document transaction(std::span<const std::string_view> types = {}) const;
    /// One resource as the hospital reads it (GET /fhir/{type}/{id}); NotFound when it did not
    /// leave.
    Result<json::Document> resource(std::string_view type, std::string_view id) const;
    /// "Type/id" of everything in it.
    std::vector<std::string> references() const;

    Rendition(Rendition&&) noexcept = default;
    Rendition& operator=(Rendition&&) noexcept = default;

protected:
    struct Entry {
        std::string type, id;
        json::Value resource;  ///< in `resources_`
    };
    Rendition(json::Document resources, std::vector<Entry> entries)
        : resources_(std::move(resources)), entries_(std::move(entries)) {}
    friend class Renderer;
    json::Document resources_;
    std::vector<Entry> entries_;
    std::string claim_;  ///< profile of the whole; empty: none
};

/// Before acceptance: initials, no direct identifier. There is no way from a record with a name to
/// this type but through the allow-list.
class Offer final : public Rendition {
public:
    /// `bundle`: the case's Bundle with the statuses of its state. `withheld`: data classes the
    /// person excluded.
    static Result<Offer> build(json::Value bundle, std::string_view alias,
                               const DisclosureRules& offer_rules,
                               const std::vector<std::string>& withheld,
                               const Channel& channel = {});

private:
    using Rendition::Rendition;
    explicit Offer(Rendition rendition) : Rendition(std::move(rendition)) {}
};

/// After acceptance, with identity. Needs this hospital's acceptance and a live consent that names
/// it: there is no other constructor (tests/compile_fail/release_*.cpp). Error
/// Denied when the two name different hospitals.
class Release final : public Rendition {
public:
    static Result<Release> build(json::Value bundle, std::string_view alias,
                                 const DisclosureRules& release_rules, const Acceptance& acceptance,
                                 const LiveConsent& consent, const Channel& channel = {});

private:
    explicit Release(Rendition rendition) : Rendition(std::move(rendition)) {}
};

/// What somebody other than a hospital is told: care manager, family, service providers, the
/// coordination centre, each by a list of its own. Error Denied when the consent is for another
/// kind of recipient than the list.
class Notice final : public Rendition {
public:
    static Result<Notice> build(json::Value bundle, std::string_view alias,
                                const DisclosureRules& notice_rules, const LiveConsent& consent,
                                const Channel& channel = {});

private:
    explicit Notice(Rendition rendition) : Rendition(std::move(rendition)) {}
};

/// What the person must not learn from anybody told: names of the illnesses labelled as untold
/// (JP-CLINS UNINFORMED, UNDELIVERED), word by word and folded as the door compares them.
std::vector<std::u32string> untold_names(json::Value bundle);

}  // namespace tsunagi::privacy
