#include "fhir/bundle.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "fhir/hash.h"

namespace tsunagi::fhir {
namespace {

constexpr std::string_view kHistory = "/_history/";

bool is_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '.';
    });
}

bool is_type_name(std::string_view text) noexcept {
    return !text.empty() && text.front() >= 'A' && text.front() <= 'Z' &&
           std::ranges::all_of(
               text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

void collect_references(json::Value value, std::vector<json::Value>& found) {
    if (value.is_object()) {
        const json::Value reference = value["reference"];
        if (reference.is_string()) found.push_back(reference);
    }
    for (const json::Value child : value) collect_references(child, found);
}

}  // namespace

ReferenceParts split_reference(std::string_view reference) noexcept {
    using Form = ReferenceParts::Form;
    ReferenceParts parts;
    parts.unversioned = reference.substr(0, reference.find(kHistory));
    if (reference.starts_with('#')) {
        parts.form = Form::Fragment;
        parts.id = reference.substr(1);
        return parts;
    }
    if (reference.starts_with("urn:")) {
        parts.form = Form::Urn;
        return parts;
    }
    const std::string_view text = parts.unversioned;
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || !is_id(text.substr(slash + 1)))
        return parts;
    const std::size_t before = text.rfind('/', slash - 1);
    const std::size_t type_at = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view type = text.substr(type_at, slash - type_at);
    if (!is_type_name(type)) return parts;
    const bool absolute = text.find("://") != std::string_view::npos;
    if (absolute != (type_at > 0)) return parts;
    parts.form = absolute ? Form::Rest : Form::Relative;
    if (absolute) parts.base = text.substr(0, before);
    parts.type = type;
    parts.id = text.substr(slash + 1);
    return parts;
}

/// Two keys lead to an entry: its fullUrl, split into base and rest so that a relative reference
/// needs no concatenation, and "Type" + id of its resource. The seed is the address of the object:
/// who sends a Bundle cannot choose texts that collide.
BundleIndex::BundleIndex(json::Value bundle) {
    const json::Value list = bundle["entry"];
    entries_.reserve(list.size());
    slots_.resize(std::bit_ceil(std::max<std::size_t>(list.size() * 4, 8)));
    seed_ = reinterpret_cast<std::uintptr_t>(slots_.data()) * 0xD6E8FEB86659FD93U;
    for (const json::Value each : list)
        entries_.push_back({each, each["resource"], each["fullUrl"].text()});

    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        const Entry& entry = entries_[i];
        if (!entry.full_url.empty()) {
            const ReferenceParts parts = split_reference(entry.full_url);
            const std::string_view rest = rest_of(parts);
            const Entry* earlier = find_full_url(parts.base, rest);
            // bdl-7: the same fullUrl may come again with another version.
            if (earlier && !duplicate_ &&
                earlier->resource["meta"]["versionId"].text() ==
                    entry.resource["meta"]["versionId"].text()) {
                duplicate_ = &entry;
            }
            insert(hash_of(parts.base, rest), i, true);
        }
        const std::string_view id = entry.resource["id"].text();
        const std::string_view type = entry.resource["resourceType"].text();
        if (!id.empty() && !find_type_id(type, id)) insert(hash_of(type, id), i, false);
    }
}

std::string_view BundleIndex::rest_of(const ReferenceParts& parts) noexcept {
    return parts.base.empty() ? parts.unversioned : parts.unversioned.substr(parts.base.size() + 1);
}

std::uint64_t BundleIndex::hash_of(std::string_view first, std::string_view second) const noexcept {
    return hash_text(second, hash_text(first, seed_));
}

void BundleIndex::insert(std::uint64_t hash, std::uint32_t entry, bool by_full_url) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].entry != 0) at = (at + 1) & mask;
    slots_[at] = {hash, entry + 1, by_full_url};
}

const Entry* BundleIndex::find_full_url(std::string_view base,
                                        std::string_view rest) const noexcept {
    const std::uint64_t hash = hash_of(base, rest);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].entry != 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash || !slots_[at].by_full_url) continue;
        const Entry& entry = entries_[slots_[at].entry - 1];
        const ReferenceParts parts = split_reference(entry.full_url);
        if (parts.base == base && rest_of(parts) == rest) return &entry;
    }
    return nullptr;
}

const Entry* BundleIndex::find_type_id(std::string_view type, std::string_view id) const noexcept {
    const std::uint64_t hash = hash_of(type, id);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].entry != 0; at = (at + 1) & mask) {
        if (slots_[at].hash != hash || slots_[at].by_full_url) continue;
        const Entry& entry = entries_[slots_[at].entry - 1];
        if (entry.resource["id"].text() == id && entry.resource["resourceType"].text() == type)
            return &entry;
    }
    return nullptr;
}

const Entry* BundleIndex::resolve(std::string_view reference, const Entry* from) const {
    const ReferenceParts parts = split_reference(reference);
    switch (parts.form) {
        case ReferenceParts::Form::Fragment:
            return nullptr;
        case ReferenceParts::Form::Relative: {
            if (from) {
                const ReferenceParts home = split_reference(from->full_url);
                if (home.form == ReferenceParts::Form::Rest)
                    return find_full_url(home.base, parts.unversioned);
            }
            return find_type_id(parts.type, parts.id);
        }
        case ReferenceParts::Form::Rest:
        case ReferenceParts::Form::Urn:
        case ReferenceParts::Form::Other:
            break;
    }
    return find_full_url(parts.base, rest_of(parts));
}

std::vector<std::uint32_t> entries_apart(const BundleIndex& bundle) {
    const std::vector<Entry>& entries = bundle.entries();
    std::vector<std::vector<std::uint32_t>> joined(entries.size());
    for (std::uint32_t from = 0; from < entries.size(); ++from) {
        for (const json::Value reference : references_of(entries[from].resource)) {
            const Entry* found = bundle.resolve(reference.text(), &entries[from]);
            if (!found) continue;
            const auto to = static_cast<std::uint32_t>(found - entries.data());
            joined[from].push_back(to);
            joined[to].push_back(from);
        }
    }
    std::vector<bool> is_met(entries.size());
    std::vector<std::uint32_t> next;
    if (!entries.empty()) next.push_back(0);
    while (!next.empty()) {
        const std::uint32_t at = next.back();
        next.pop_back();
        if (is_met[at]) continue;
        is_met[at] = true;
        next.insert(next.end(), joined[at].begin(), joined[at].end());
    }
    std::vector<std::uint32_t> apart;
    for (std::uint32_t at = 0; at < entries.size(); ++at) {
        const json::Value resource = entries[at].resource;
        if (!is_met[at] && resource && resource["resourceType"].text() != "Binary")
            apart.push_back(at);
    }
    return apart;
}

json::Value contained(json::Value container, std::string_view id) {
    for (const json::Value each : container["contained"]) {
        if (each["id"].text() == id) return each;
    }
    return {};
}

std::vector<json::Value> references_of(json::Value value) {
    std::vector<json::Value> found;
    collect_references(value, found);
    return found;
}

}  // namespace tsunagi::fhir
