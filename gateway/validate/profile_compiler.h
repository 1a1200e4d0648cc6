#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "validate/profile.h"

namespace tsunagi::validate {

/// Makes a Profile of the snapshot of one definition. Used by ProfileBook alone.
class ProfileCompiler {
public:
    ProfileCompiler(const fhir::Definitions& definitions, const Invariants& invariants)
        : definitions_(definitions), invariants_(invariants) {}

    /// False when the constrained type is unknown.
    bool compile(const fhir::TypeDef& definition, Profile& profile);

private:
    /// A node while the tree is built.
    struct Draft {
        ProfileNode* node = nullptr;
        Draft* parent = nullptr;      ///< whose member it is
        Draft* sliced = nullptr;      ///< of a slice: what it is a slice of
        std::vector<Draft*> members;  ///< without slices
        std::vector<Draft*> slices;
        bool is_live = false;
    };

    Draft* attach(const fhir::ElementDef& element);
    Draft* sliced_element(Draft& parent, const fhir::ElementDef& element, std::string_view slice);
    void read(Draft& draft);
    void read_type(ProfileNode& node);
    void read_refs(ProfileNode& node);
    void read_facets(ProfileNode& node);
    void read_binding(ProfileNode& node);
    void read_invariants(const Draft& draft);
    void read_slicing(Draft& draft);
    void read_content(Draft& draft);
    void prune();
    json::Value keep(std::string_view text, std::string_view type_name);

    const fhir::Definitions& definitions_;
    const Invariants& invariants_;
    Profile* profile_ = nullptr;
    std::deque<Draft> drafts_;
    std::vector<Draft*> open_;  ///< from the root to the latest element
};

/// "coding.extension('u').resolve().ofType(Patient)"; not understood for anything beyond.
Discriminator read_discriminator(std::string_view type, std::string_view path);

}  // namespace tsunagi::validate
