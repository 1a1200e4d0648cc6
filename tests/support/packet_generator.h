#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

/// Complete packets of people who do not exist, each with a list of what must never be seen: the
/// ground truth of the leak, crash and non-interference tests.
namespace tsunagi::support {

/// One identifier of one person. Its spellings are unique: to no other packet of the seed, to no
/// fixture, map or profile do they mean anything.
struct Canary {
    std::string whose;  ///< "patient", "key-person" (also in identity), "second-contact"
    std::string kind;   ///< "family-name", "birth-date", "phone", ...
    std::vector<std::string> cells;  ///< where it stands: "Packet.patientSheet.contacts[0].name"
    std::vector<std::string> spellings;  ///< any of them in an output gives the person away
};

struct GeneratedPacket {
    std::uint64_t number = 0;  ///< within the seed, from 0
    std::string json;
    std::string initials;     ///< what a hospital may see: "T.Y."
    std::string birth_date;   ///< ISO
    std::string family_name;  ///< of the patient
    std::string full_name;    ///< family and given name with one space
    std::vector<Canary> canaries;
};

/// Where a canary was seen. Holds no spelling, so that it can be printed beside real logs.
struct Sighting {
    std::string whose;
    std::string kind;
    std::size_t spelling = 0;
    std::size_t offset = 0;
};

/// The first canary of `packet` in `output`, if any. A spelling of digits and hyphens counts only
/// where no letter or digit touches it, for ids and digests are full of digits.
std::optional<Sighting> find_canary(std::string_view output, const GeneratedPacket& packet);

/// Same seed, same packets. At most kMaxPackets from one generator.
class PacketGenerator {
public:
    static constexpr std::uint64_t kMaxPackets = 10'000;

    /// Starts from the complete packet of the fixtures, whose patient is replaced throughout.
    explicit PacketGenerator(std::uint64_t seed);
    GeneratedPacket next();

private:
    std::uint64_t seed_;
    std::uint64_t next_ = 0;
    json::Document base_;
};

}  // namespace tsunagi::support
