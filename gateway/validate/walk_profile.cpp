#include <algorithm>
#include <array>
#include <string>

#include "validate/matching.h"
#include "validate/walk.h"

/// What profiles ask for beyond the types (hl7.org/fhir/R4/profiling.html).
namespace tsunagi::validate {
namespace {

using fhir::ElementDef;
using fhir::TypeDef;
using fhir::TypeKind;
using fhir::TypeRef;
using json::Value;

/// How deep profiles may ask for profiles.
constexpr std::size_t kMaxNested = 32;

/// hl7.org/fhir/R4/observation-vitalsigns.html: who sends a vital sign by its LOINC code follows
/// the profile, named or not.
struct VitalSign {
    std::string_view code;
    std::string_view profile;
};

constexpr std::array kVitalSigns = {
    VitalSign{"85353-1", "http://hl7.org/fhir/StructureDefinition/vitalspanel"},
    VitalSign{"9279-1", "http://hl7.org/fhir/StructureDefinition/resprate"},
    VitalSign{"8867-4", "http://hl7.org/fhir/StructureDefinition/heartrate"},
    VitalSign{"2708-6", "http://hl7.org/fhir/StructureDefinition/oxygensat"},
    VitalSign{"8310-5", "http://hl7.org/fhir/StructureDefinition/bodytemp"},
    VitalSign{"8302-2", "http://hl7.org/fhir/StructureDefinition/bodyheight"},
    VitalSign{"9843-4", "http://hl7.org/fhir/StructureDefinition/headcircum"},
    VitalSign{"29463-7", "http://hl7.org/fhir/StructureDefinition/bodyweight"},
    VitalSign{"39156-5", "http://hl7.org/fhir/StructureDefinition/bmi"},
    VitalSign{"85354-9", "http://hl7.org/fhir/StructureDefinition/bp"},
};

/// Empty for any other Observation.
std::string_view vital_sign_profile(Value observation) {
    for (const Value coding : observation["code"]["coding"]) {
        if (coding["system"].text() != "http://loinc.org") continue;
        const auto at = std::ranges::find(kVitalSigns, coding["code"].text(), &VitalSign::code);
        if (at != kVitalSigns.end()) return at->profile;
    }
    return {};
}

std::string codes_of(const ElementDef& element) {
    std::string out;
    for (const TypeRef& each : element.types) {
        if (!out.empty()) out += ", ";
        out += each.code;
    }
    return out;
}

}  // namespace

void Walk::profiles_of_resource(Value value, const TypeDef& type, Place& place) {
    const auto follow_one = [&](std::string_view url, const Place& named, std::uint32_t offset) {
        const TypeDef* definition = definitions_.type(url);
        if (!definition) {
            if (tell_once(url)) report(Finding::ProfileNotKnown, named, offset);
            return;
        }
        const TypeDef* base =
            definition->is_profile ? definitions_.type(definition->name) : definition;
        if (!base || !fhir::Definitions::is_subtype(&type, base))
            return report(Finding::WrongProfileType, named, offset, {definition->name});
        const Profile* found = rules_.profiles.of(*definition);
        if (!found) return;
        const std::size_t own = faults_.own;
        profile({value, {}, &type}, *found, place);
        faults_.own = own;
    };
    if (!place.up) {
        if (!options_.profile.empty()) follow_one(options_.profile, place, value.offset());
        for (const std::string& each : options_.profiles) follow_one(each, place, value.offset());
    }
    if (&type == known_.observation) {
        const std::string_view vital_sign = vital_sign_profile(value);
        if (!vital_sign.empty() && definitions_.type(vital_sign))
            follow_one(vital_sign, place, value.offset());
    }
    const Place meta{&place, "meta"};
    Place named{&meta, "profile"};
    named.index = 0;
    for (const Value each : value["meta"]["profile"]) {
        if (each.is_string()) follow_one(each.text(), named, each.offset());
        ++named.index;
    }
}

void Walk::profile(const Spot& spot, const Profile& profile, Place& place) {
    const std::string_view outer = profile_;
    profile_ = profile.url();
    invariants(spot, profile.root().invariants, place, true);
    profile_members(spot.members(), profile.root(), place);
    profile_ = outer;
}

void Walk::profile_members(Value object, const ProfileNode& node, const Place& place) {
    if (stopped_ || depth_ >= kMaxDepth) return;
    ++depth_;
    for (const ProfileNode* each : node.members()) profile_element(object, *each, place);
    --depth_;
}

Place Walk::step_to(const Spot& spot, const ElementDef& element, std::uint32_t index,
                    const Place& parent) const {
    Place place;
    place.up = &parent;
    place.name = element.name;
    place.element = &element;
    place.type = spot.type;
    if (element.is_choice && spot.type) place.choice = spot.type->name;
    if (element.is_array) place.index = index;
    place.is_cell = parent.is_cell;
    return place;
}

/// Appends the values of a member to spots_.
void Walk::gather(Value object, const ElementDef& element, std::string_view member) {
    if (!object.is_object()) return;
    // One way through the members: most of what a profile names is not there.
    const std::string_view name = element.name;
    Value value, beside;
    bool is_there = false;
    for (const Value each : object) {
        std::string_view key = each.key();
        if (key.size() < name.size()) continue;
        const bool is_beside = key.front() == '_';
        if (is_beside) key.remove_prefix(1);
        if (!element.is_choice && key.size() != name.size()) continue;
        if (key.size() < name.size() || !json::same_bytes(key.data(), name.data(), name.size()))
            continue;
        is_there = true;
        (is_beside ? beside : value) = each;
    }
    if (!is_there) return;
    for (const TypeRef& each : element.types) {
        if (!member.empty() && each.member_name != member) continue;
        const bool is_primitive = each.type->kind == TypeKind::Primitive;
        if (element.is_choice) {
            value = object[each.member_name];
            beside = is_primitive ? companion_of(object, each.member_name) : Value{};
        } else if (!is_primitive) {
            beside = {};
        }
        if (value || beside) gather_values(value, beside, each);
        if (!element.is_choice) break;
    }
}

/// Appends what stands under one member.
void Walk::gather_values(Value value, Value beside, const TypeRef& ref) {
    const auto push = [&](Value one, Value its) {
        const TypeDef* type = ref.type->kind == TypeKind::Resource
                                  ? definitions_.type(one["resourceType"].text())
                                  : ref.type;
        spots_.push_back({one, its, type ? type : ref.type});
    };
    if (!value.is_array() && !beside.is_array()) return push(value, beside);
    const std::size_t count = std::max(value.size(), beside.size());
    auto item = value.begin();
    auto other = beside.begin();
    for (std::size_t i = 0; i < count; ++i) {
        const Value one = item != value.end() ? *item : Value{};
        const Value its = other != beside.end() ? *other : Value{};
        push(one.is_null() ? Value{} : one, its.is_object() ? its : Value{});
        if (item != value.end()) ++item;
        if (other != beside.end()) ++other;
    }
}

void Walk::profile_element(Value object, const ProfileNode& node, const Place& place) {
    const std::size_t first = spots_.size();
    gather(object, *node.base, node.member);
    const std::size_t found = spots_.size() - first;
    const std::uint32_t offset = found > 0 ? spots_[first].offset() : object ? object.offset() : 0;
    if (node.counts) {
        Place here = step_to({}, *node.base, Place::kNoIndex, place);
        here.index = Place::kNoIndex;
        count(found, node, here, offset);
    }
    for (std::size_t i = 0; i < found && !stopped_; ++i) {
        const Spot spot = spots_[first + i];
        Place here = step_to(spot, *node.base, static_cast<std::uint32_t>(i), place);
        apply(spot, node, here);
    }
    if (node.slicing && found == 0) {
        no_slices(node, place, offset);
    } else if (node.slicing) {
        Group group(found);
        for (std::size_t i = 0; i < found; ++i) group[i] = first + i;
        slice(node, group, first, place, offset);
    }
    spots_.resize(first);
}

void Walk::count(std::size_t found, const ProfileNode& node, const Place& place,
                 std::uint32_t offset) {
    const bool is_slice = !node.slice_name.empty();
    if (found < node.element->min) {
        const std::string limit = std::to_string(node.element->min);
        if (is_slice) {
            report(Finding::SliceTooFew, place, offset, {node.slice_name});
        } else if (found == 0) {
            report(Finding::MissingElement, place, offset);
        } else {
            report(Finding::TooFew, place, offset, {limit});
        }
    } else if (found > node.element->max) {
        const std::string limit = std::to_string(node.element->max);
        if (is_slice) {
            report(Finding::SliceTooMany, place, offset, {node.slice_name});
        } else {
            report(Finding::TooMany, place, offset, {limit});
        }
    }
}

void Walk::apply(const Spot& spot, const ProfileNode& node, Place& place) {
    const ElementDef& element = *node.element;
    if (node.narrows_types && spot.value && type_fits(spot, node, false) == Fit::No) {
        const std::string codes = codes_of(element);
        return report(Finding::TypeNotAllowed, place, spot.offset(), {codes});
    }
    if (node.wanted.value && spot.value) {
        const bool is_right = node.wanted.is_exact ? json::equal(spot.value, node.wanted.value)
                                                   : matches_pattern(spot.value, node.wanted.value);
        if (!is_right) {
            const std::string wanted = silent_ > 0 ? std::string{} : shown(node.wanted.value);
            report(node.wanted.is_exact ? Finding::NotFixedValue : Finding::NotPatternValue, place,
                   spot.offset(), {wanted});
        }
    }
    limits(spot, node, place);
    if (node.binding && spot.value && spot.type) binding(spot, *node.binding, place);
    if (node.max_binding) max_value_set(spot, *node.max_binding, place);
    if (!node.invariants.empty()) invariants(spot, node.invariants, place, true);
    if (node.has_profiles && spot.value) value_profiles(spot, element.types, place);
    if (node.narrows_targets && spot.type == known_.reference)
        narrowed_targets(spot.value, element, place);
    if (node.limits_references && spot.type == known_.reference)
        way_of_reference(spot.value, element, place);
    if (!node.members().empty()) profile_members(spot.members(), node, place);
}

void Walk::limits(const Spot& spot, const ProfileNode& node, const Place& place) {
    const ValueLimits& all = node.limits;
    if (!spot.value) return;
    if (all.least) {
        const auto order = spot.value.is_string() && all.least.is_object()
                               ? order_by_clock(spot.value, all.least, -1, options_.now)
                               : order_of(spot.value, all.least, all.least_type);
        if (order && *order < 0) {
            const std::string wanted = shown(all.least);
            report(Finding::BelowMinimum, place, spot.offset(), {wanted});
        }
    }
    if (all.most) {
        const auto order = spot.value.is_string() && all.most.is_object()
                               ? order_by_clock(spot.value, all.most, 1, options_.now)
                               : order_of(spot.value, all.most, all.most_type);
        if (order && *order > 0) {
            const std::string wanted = shown(all.most);
            report(Finding::AboveMaximum, place, spot.offset(), {wanted});
        }
    }
    if (all.max_length >= 0 && spot.value.is_string() &&
        count_characters(spot.value.text()) > static_cast<std::size_t>(all.max_length)) {
        const std::string limit = std::to_string(all.max_length);
        report(Finding::LongerThanAllowed, place, spot.offset(), {limit});
    }
}

/// The value must conform to one of the profiles that `refs` name for its type.
void Walk::value_profiles(const Spot& spot, std::span<const TypeRef> refs, Place& place) {
    std::vector<std::string_view> urls;
    for (const TypeRef& each : refs) {
        const TypeDef* type = named_type(definitions_, each);
        if (!type || !spot.type || !fhir::Definitions::is_subtype(spot.type, type)) continue;
        if (each.profiles.empty()) return;  // of this type anything goes
        urls.insert(urls.end(), each.profiles.begin(), each.profiles.end());
    }
    if (urls.empty()) return;
    const Surroundings outside = around_;
    if (spot.type->kind == TypeKind::Resource) {
        around_.resource = spot.value;
        if (place.name != "contained") around_.container = spot.value;
        if (place.name == "resource" && around_.bundle && place.up &&
            place.up->index < around_.bundle->entries().size()) {
            around_.entry = &around_.bundle->entries()[place.up->index];
        }
    }
    const TypeDef* only = urls.size() == 1 ? definitions_.type(urls.front()) : nullptr;
    if (only) {
        const Profile* found = rules_.profiles.of(*only);
        const auto key = std::pair{spot.value.node(), found};
        if (found && std::ranges::find(under_way_, key) == under_way_.end() &&
            under_way_.size() < kMaxNested) {
            if (!fhir::Definitions::is_subtype(spot.type, &found->type())) {
                report(Finding::TypeNotAllowed, place, spot.offset(), {found->type().name});
            } else {
                under_way_.push_back(key);
                profile(spot, *found, place);
                under_way_.pop_back();
            }
        }
    } else {
        Fit best = Fit::No;
        std::string names;
        for (const std::string_view url : urls) {
            const Fit one = conforms(spot, url);
            if (one != Fit::No) best = one;
            if (one == Fit::Yes) break;
            if (one == Fit::Unknown && tell_once(url))
                report(Finding::ProfileNotKnown, place, spot.offset());
            if (!names.empty()) names += ", ";
            names += url;
        }
        if (best == Fit::No) report(Finding::NotInAnyProfile, place, spot.offset(), {names});
    }
    around_ = outside;
}

Fit Walk::conforms(const Spot& spot, std::string_view profile_url) {
    const TypeDef* definition = definitions_.type(profile_url);
    if (!definition || !spot.type) return Fit::Unknown;
    const TypeDef* base = definition->is_profile ? definitions_.type(definition->name) : definition;
    if (!base) return Fit::Unknown;
    if (!fhir::Definitions::is_subtype(spot.type, base)) return Fit::No;
    const Profile* found = rules_.profiles.of(*definition);
    if (!found) return definition->is_profile ? Fit::Unknown : Fit::Yes;
    const auto key = std::pair{spot.value.node(), found};
    if (const auto at = judged_.find(key); at != judged_.end()) return at->second;
    // What is being judged already is taken as conforming: a circle of references adds nothing.
    if (std::ranges::find(under_way_, key) != under_way_.end()) return Fit::Yes;
    if (under_way_.size() >= kMaxNested) return Fit::Unknown;

    under_way_.push_back(key);
    const bool outer_failed = failed_;
    failed_ = false;
    ++silent_;
    Place place;
    place.name = spot.type->name;
    place.type = spot.type;
    profile(spot, *found, place);
    --silent_;
    const Fit fit = failed_ ? Fit::No : Fit::Yes;
    failed_ = outer_failed;
    under_way_.pop_back();
    judged_.emplace(key, fit);
    return fit;
}

}  // namespace tsunagi::validate
