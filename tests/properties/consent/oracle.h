#pragma once
#include <cstdint>
#include <vector>

#include "properties/consent/model.h"

/// The answer worked out a second time, by brute force and from the rules alone (privacy/README.md
/// "How a consent is read", contracts.md section 7, hl7.org/fhir/R4/consent.html): every chain of
/// provisions that hold is listed, and only the ends of the longest ones have a say.
namespace tsunagi::consent {

struct Answer {
    bool permit = false;
    bool unreadable = false;
    std::vector<int> withheld;  ///< of a permit
    std::int64_t version = 0;   ///< of a permit: the newest record that gives any of it
};

Answer oracle(const std::vector<Record>& records, const Question& question);

}  // namespace tsunagi::consent
