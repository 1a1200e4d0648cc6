#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "simulate/watch.h"

/// Complete packets of people who do not exist, each with a list of what must never be seen: the
/// ground truth of the simulated world and of the leak, crash and non-interference tests.
namespace tsunagi::simulate {

/// One identifier of one person. Its spellings are unique: to no other packet of the seed, to no
/// fixture, map or profile do they mean anything.
struct Canary {
    std::string whose;  ///< "patient", "key-person" (also in identity), "second-contact"
    std::string kind;   ///< "family-name", "birth-date", "phone", ...
    std::vector<std::string> cells;  ///< where it stands: "Packet.identity.name"; none: a spelling
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

/// Adds every spelling of the packet's canaries, as written and folded.
void watch_for(const GeneratedPacket& packet, std::uint32_t owner, Watch& watch);

/// Same seed, same packets; after kMaxPackets it begins again. Thread rule: one thread.
class PacketGenerator {
public:
    static constexpr std::uint64_t kMaxPackets = 10'000;

    /// `base` is a complete packet of one patient (fixtures/packets), who is replaced throughout.
    /// Every full date in it but the birth date moves with `application_date`, a FHIR date; empty:
    /// stays. Error Invalid, `where` = a cell that it does not fill.
    static Result<PacketGenerator> open(std::string_view base, std::uint64_t seed,
                                        std::string_view application_date = {});
    GeneratedPacket next() { return at(next_++ % kMaxPackets); }
    /// The packet of that number, below kMaxPackets.
    GeneratedPacket at(std::uint64_t number) const { return make(number, false); }
    /// The same packet of somebody else: every identifier differs, nothing else does; initials,
    /// sex, age (who applies in November or December), city and the first sound of each name stay.
    /// Its canaries are those of at(number) in kind and order, and may be some other packet's too.
    GeneratedPacket twin(std::uint64_t number) const { return make(number, true); }

private:
    GeneratedPacket make(std::uint64_t number, bool of_twin) const;

    PacketGenerator(json::Document base, std::string texts, std::string application_date,
                    std::uint64_t seed)
        : base_(std::move(base)),
          texts_(std::move(texts)),
          application_date_(std::move(application_date)),
          seed_(seed) {}

    json::Document base_;
    std::string texts_;  ///< the base as given: no name may be found in it
    std::string application_date_;
    std::uint64_t seed_;
    std::uint64_t next_ = 0;
};

}  // namespace tsunagi::simulate
