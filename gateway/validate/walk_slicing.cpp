#include <algorithm>
#include <string>

#include "validate/matching.h"
#include "validate/walk.h"

/// Slicing: which slice an item belongs to, and what the slices ask for together
/// (hl7.org/fhir/R4/profiling.html#slicing).
namespace tsunagi::validate {
namespace {

using fhir::TypeDef;
using fhir::TypeRef;
using json::Value;

/// How deep fixed values are looked for below an element that discriminates.
constexpr std::uint32_t kMaxLevels = 6;
constexpr std::string_view kDefault = "@default";
constexpr std::size_t kNotYet = static_cast<std::size_t>(-1);

Fit both(Fit left, Fit right) noexcept {
    if (left == Fit::No || right == Fit::No) return Fit::No;
    return left == Fit::Unknown ? left : right;
}

std::string names_of(const std::vector<ProfileNode*>& slices) {
    std::string out;
    for (const ProfileNode* each : slices) {
        if (!out.empty()) out += ", ";
        out += each->slice_name;
    }
    return out;
}

}  // namespace

/// `group` holds the items of the element, or of the slice that is sliced again, by their index in
/// spots_; `first` is the index of the element's first item.
void Walk::slice(const ProfileNode& node, const Group& group, std::size_t first, const Place& place,
                 std::uint32_t offset) {
    const Slicing& rules = *node.slicing;
    std::vector<Group> members(node.slices.size());
    Group rest;
    std::size_t latest = 0;                          // the slice that the last item belonged to
    bool is_past = false;                            // an item of no slice came
    std::vector<bool> doubtful(node.slices.size());  // an item may be of this slice
    Reached reached;
    const auto place_of = [&](std::size_t item) {
        return step_to(spots_[item], *node.base, static_cast<std::uint32_t>(item - first), place);
    };
    for (const std::size_t item : group) {
        if (stopped_) return;
        const Spot spot = spots_[item];
        const std::size_t own = spots_.size();
        reached.assign(rules.discriminators.size(), {own, kNotYet});
        std::size_t chosen = node.slices.size();
        Fit best = Fit::No;
        for (std::size_t i = 0; i < node.slices.size() && best != Fit::Yes; ++i) {
            if (node.slices[i]->slice_name == kDefault) continue;
            const Fit fit = is_slice(spot, node, *node.slices[i], reached);
            if (fit == Fit::Yes) chosen = i;
            if (fit == Fit::Unknown) doubtful[i] = true;
            if (fit != Fit::No) best = fit;
        }
        spots_.resize(own);
        if (best == Fit::Unknown) {
            if (tell_once(node.element->path)) {
                const std::string names = names_of(node.slices);
                report(Finding::SlicingNotJudged, place_of(item), spot.offset(), {names});
            }
            continue;
        }
        if (best == Fit::No) {
            rest.push_back(item);
            is_past = true;
            continue;
        }
        members[chosen].push_back(item);
        const bool is_late = rules.is_ordered && chosen < latest;
        if (is_late || (is_past && rules.rules == Slicing::Rules::OpenAtEnd))
            report(Finding::SliceOutOfOrder, place_of(item), spot.offset(),
                   {node.slices[chosen]->slice_name});
        latest = std::max(latest, chosen);
    }
    const auto other = std::ranges::find(node.slices, kDefault, &ProfileNode::slice_name);
    if (other != node.slices.end()) {
        members[static_cast<std::size_t>(other - node.slices.begin())] = rest;
    } else if (rules.rules == Slicing::Rules::Closed) {
        const std::string names = rest.empty() ? std::string{} : names_of(node.slices);
        for (const std::size_t item : rest)
            report(Finding::NoSliceMatches, place_of(item), spots_[item].offset(), {names});
    }
    for (std::size_t i = 0; i < node.slices.size(); ++i) {
        const ProfileNode& slice_node = *node.slices[i];
        const std::uint32_t at = members[i].empty() ? offset : spots_[members[i].front()].offset();
        Place whole = step_to({}, *node.base, Place::kNoIndex, place);
        whole.index = Place::kNoIndex;
        if (!doubtful[i] || members[i].size() >= slice_node.element->min)
            count(members[i].size(), slice_node, whole, at);
        for (const std::size_t item : members[i]) {
            Place here = place_of(item);
            apply(spots_[item], slice_node, here);
        }
        if (slice_node.slicing) slice(slice_node, members[i], first, place, at);
    }
}

/// The element is not there: what is asked of the number of its slices.
void Walk::no_slices(const ProfileNode& node, const Place& place, std::uint32_t offset) {
    for (const ProfileNode* each : node.slices) {
        if (each->element->min > 0) {
            Place whole = step_to({}, *node.base, Place::kNoIndex, place);
            whole.index = Place::kNoIndex;
            count(0, *each, whole, offset);
        }
        if (each->slicing) no_slices(*each, place, offset);
    }
}

Fit Walk::is_slice(const Spot& spot, const ProfileNode& node, const ProfileNode& slice,
                   Reached& reached) {
    if (!slice.member.empty()) {
        return spot.type == slice.type ? Fit::Yes : Fit::No;
    }
    if (!slice.extension_url.empty())
        return spot.value["url"].text() == slice.extension_url ? Fit::Yes : Fit::No;
    if (node.slicing->discriminators.empty()) return Fit::Unknown;
    Fit fit = Fit::Yes;
    bool is_told_apart = false;
    for (std::size_t i = 0; i < node.slicing->discriminators.size(); ++i) {
        const Discriminator& each = node.slicing->discriminators[i];
        const ProfileNode* named = each.is_understood ? node_at(slice, each) : nullptr;
        // What a slice says nothing of does not keep an item out of it.
        if (!named && each.is_understood) continue;
        is_told_apart = true;
        fit = both(fit, named ? discriminate(spot, each, *named, reached[i]) : Fit::Unknown);
        if (fit == Fit::No) break;
    }
    return is_told_apart ? fit : Fit::Unknown;
}

/// `node` is what the slice says of the element that `by` names.
Fit Walk::discriminate(const Spot& spot, const Discriminator& by, const ProfileNode& node,
                       Reached::value_type& reached) {
    using Kind = Discriminator::Kind;
    const bool is_target = !by.steps.empty() && by.steps.back().kind == PathStep::Kind::Resolve;
    auto& [first, count] = reached;
    if (count == kNotYet) {
        first = spots_.size();
        spots_at(spot, by.steps);
        count = spots_.size() - first;
    }
    Fit best = Fit::No;
    if (by.kind == Kind::Exists) {
        best = node.element->max == 0  ? (count == 0 ? Fit::Yes : Fit::No)
               : node.element->min > 0 ? (count > 0 ? Fit::Yes : Fit::No)
                                       : Fit::Unknown;
    }
    for (std::size_t i = 0; by.kind != Kind::Exists && i < count && best != Fit::Yes; ++i) {
        const Spot item = spots_[first + i];
        const Fit one = by.kind == Kind::Type      ? type_fits(item, node, is_target)
                        : by.kind == Kind::Profile ? profile_fits(item, node, is_target)
                                                   : fits(item, node, 0);
        if (one != Fit::No) best = one;
    }
    return best;
}

/// Whether a value has what `node` fixes; Unknown when it fixes nothing.
Fit Walk::fits(const Spot& spot, const ProfileNode& node, std::uint32_t depth) {
    if (node.wanted.value) {
        const bool is_right = node.wanted.is_exact ? json::equal(spot.value, node.wanted.value)
                                                   : matches_pattern(spot.value, node.wanted.value);
        return is_right ? Fit::Yes : Fit::No;
    }
    Fit all = Fit::Unknown;
    const auto join = [&](Fit one) {
        if (all == Fit::Unknown || one == Fit::No) all = one;
    };
    if (node.binding && node.binding->strength == fhir::BindingStrength::Required) {
        bool has_code = false;
        const Fit found = in_value_set(spot, node.binding->set, has_code);
        if (found == Fit::Unknown) return found;
        join(found);
    }
    if (node.narrows_types) join(type_fits(spot, node, false));
    if (depth >= kMaxLevels || all == Fit::No) return all;
    const auto below = [&](const ProfileNode& owner) {
        for (const ProfileNode* child : owner.members()) {
            const std::size_t first = spots_.size();
            gather(spot.members(), *child->base, child->member);
            const std::size_t count = spots_.size() - first;
            const auto any = [&](const ProfileNode& wanted) {
                Fit best = Fit::No;
                bool decides = false;
                for (std::size_t i = 0; i < count; ++i) {
                    const Fit one = fits(spots_[first + i], wanted, depth + 1);
                    decides |= one != Fit::Unknown;
                    if (one == Fit::Yes) best = one;
                }
                // Without an item it decides only where an item must be.
                if (count == 0 && wanted.element->min > 0) join(Fit::No);
                if (decides) join(best);
            };
            any(*child);
            for (const ProfileNode* each : child->slices) {
                if (each->element->min > 0) any(*each);
            }
            spots_.resize(first);
        }
    };
    below(node);
    return all;
}

Fit Walk::type_fits(const Spot& spot, const ProfileNode& node, bool is_target) {
    if (!spot.type) return Fit::Unknown;
    Fit best = Fit::No;
    for (const TypeRef& each : node.element->types) {
        if (!is_target) {
            // A group in place has the type of its element: it is what it is.
            const TypeDef* type = named_type(definitions_, each);
            if (!type || spot.type->is_group || fhir::Definitions::is_subtype(spot.type, type))
                return Fit::Yes;
            continue;
        }
        if (each.targets.empty()) return Fit::Unknown;
        for (const std::string_view url : each.targets) {
            const TypeDef* type = definitions_.type(url);
            if (!type) {
                best = Fit::Unknown;
            } else if (type->name == spot.type->name || type->name == "Resource") {
                return Fit::Yes;
            }
        }
    }
    return best;
}

Fit Walk::profile_fits(const Spot& spot, const ProfileNode& node, bool is_target) {
    Fit best = Fit::No;
    for (const TypeRef& each : node.element->types) {
        const auto urls = is_target ? each.targets : each.profiles;
        if (urls.empty()) {
            const TypeDef* type = definitions_.type(each.code);
            if (!is_target && type && spot.type && fhir::Definitions::is_subtype(spot.type, type))
                return Fit::Yes;
            continue;
        }
        for (const std::string_view url : urls) {
            const Fit one = spot.value ? conforms(spot, url) : Fit::Unknown;
            if (one == Fit::Yes) return one;
            if (one == Fit::Unknown) best = one;
        }
    }
    return best;
}

/// What the slice says of the element that the path names; null when it says nothing.
const ProfileNode* Walk::node_at(const ProfileNode& slice, const Discriminator& by) {
    const ProfileNode* at = &slice;
    const auto profile_of = [&](std::span<const std::string_view> urls) -> const ProfileNode* {
        const TypeDef* definition = urls.size() == 1 ? definitions_.type(urls.front()) : nullptr;
        const Profile* found = definition ? rules_.profiles.of(*definition) : nullptr;
        return found ? &found->root() : nullptr;
    };
    for (std::size_t i = 0; i < by.steps.size(); ++i) {
        const PathStep& step = by.steps[i];
        const ProfileNode* next = nullptr;
        const auto types = at->element->types;
        switch (step.kind) {
            case PathStep::Kind::Member: {
                const auto find_in = [&](const ProfileNode& node) -> const ProfileNode* {
                    for (const ProfileNode* child : node.members()) {
                        if (child->element->name == step.text || child->member == step.text)
                            return child;
                    }
                    return nullptr;
                };
                next = find_in(*at);
                // Fixed in a slice of its own that every item has to have.
                for (const ProfileNode* each : at->slices) {
                    if (!next && each->element->min > 0) next = find_in(*each);
                }
                if (!next && types.size() == 1) {
                    const ProfileNode* root = profile_of(types.front().profiles);
                    next = root ? find_in(*root) : nullptr;
                }
                break;
            }
            case PathStep::Kind::Extension:
                for (const ProfileNode* child : at->members()) {
                    for (const ProfileNode* each : child->slices) {
                        if (each->extension_url == step.text) next = each;
                    }
                }
                break;
            case PathStep::Kind::Resolve:
                // At the end of the path the targets themselves are the criterion.
                next = i + 1 == by.steps.size() || types.empty()
                           ? at
                           : profile_of(types.front().targets);
                break;
            case PathStep::Kind::OfType:
                next = at;
                for (const ProfileNode* each : at->slices) {
                    if (each->type && each->type->name == step.text) next = each;
                }
                break;
        }
        if (!next) return nullptr;
        at = next;
    }
    return at;
}

/// Appends to spots_ the values that a discriminator path leads to.
void Walk::spots_at(const Spot& spot, std::span<const PathStep> steps) {
    if (steps.empty()) {
        spots_.push_back(spot);
        return;
    }
    const PathStep& step = steps.front();
    const auto rest = steps.subspan(1);
    switch (step.kind) {
        case PathStep::Kind::Member: {
            if (!spot.type) return;
            const fhir::ElementDef* element = spot.type->element(step.text);
            std::string_view member;
            if (!element) {
                const fhir::Member* found = spot.type->find(step.text);
                if (!found) return;
                element = found->element;
                member = found->name;
            }
            const std::size_t first = spots_.size();
            gather(spot.members(), *element, member);
            if (rest.empty()) return;
            const std::vector<Spot> found(spots_.begin() + static_cast<std::ptrdiff_t>(first),
                                          spots_.end());
            spots_.resize(first);
            for (const Spot& each : found) spots_at(each, rest);
            return;
        }
        case PathStep::Kind::Extension:
            for (const Value each : spot.members()["extension"]) {
                if (each["url"].text() == step.text) spots_at({each, {}, known_.extension}, rest);
            }
            return;
        case PathStep::Kind::Resolve: {
            const std::string_view text =
                spot.value.is_object() ? spot.value["reference"].text() : spot.value.text();
            if (text.empty()) return;
            const Target found = follow(text);
            const TypeDef* type = definitions_.type(found.type_name);
            spots_at({found.resource, {}, type}, rest);
            return;
        }
        case PathStep::Kind::OfType:
            if (spot.type && spot.type->name == step.text) spots_at(spot, rest);
            return;
    }
}

}  // namespace tsunagi::validate
