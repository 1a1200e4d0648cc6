#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "json/document.h"
#include "privacy/consent.h"

/// What a person may have said, as plain values; the FHIR Consent that says it; and a generator of
/// both. The engine reads the resource, the oracle the values.
namespace tsunagi::consent {

inline constexpr std::array<std::string_view, 5> kClasses{
    "identity", "bed-request", "referral-letter", "patient-sheet", "stay"};
inline constexpr std::array<std::string_view, 3> kHospitals{"hp-tanashi", "hp-sassa", "hp-hoya"};
inline constexpr std::string_view kElsewhere = "hp-elsewhere";  ///< not of the programme

/// Seconds since 2026-01-01T00:00 in Japan.
using Moment = std::int64_t;
inline constexpr Moment kDay = 86'400;

/// A date or time as written: the first second it means and the first one behind it.
struct Written {
    std::string text;
    Moment first = 0, behind = 0;
};
struct Period {
    std::optional<Written> start, end;
};

struct Actor {
    enum class Kind : std::uint8_t { ProgrammeHospitals, Hospital, UntoldHospital, Somebody };
    Kind kind = Kind::Hospital;
    std::string id;  ///< of a hospital; the recipient kind of somebody else
    int style = 0;   ///< which of the spellings FHIR has for it
};

struct Provision {
    std::optional<bool> permit;
    std::optional<Period> period;
    std::vector<Actor> actors;
    std::vector<std::string> actions, purposes;
    std::vector<int> classes;  ///< indices of kClasses
    bool some_years = false;
    std::vector<Provision> inside;
};

enum class Flaw : std::uint8_t { None, Modifier, UnknownClass, UntypedException, BadPeriod };

struct Record {
    bool opt_out = false;
    std::string status = "active";
    std::string scope = "patient-privacy";
    std::optional<Written> given;
    std::optional<Moment> withdrawn;
    std::optional<Provision> root;
    Flaw flaw = Flaw::None;
    std::int64_t version = 1;
};

struct Question {
    std::string hospital{kHospitals[0]};
    bool of_programme = true;
    std::string purpose = "TREAT";
    bool release = true;
    std::vector<int> classes;
    Moment now = 0;
};

json::Document to_fhir(const Record& record);
privacy::ConsentRequest to_request(const Question& question);

/// Asks the engine.
privacy::Decision decide(const std::vector<Record>& records, const Question& question);

/// Records and questions from a seed: trees up to five provisions deep, every kind of limit,
/// outcomes of both kinds.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}
    std::vector<Record> records();
    Record record();
    Provision provision(int depth);
    Question question();

    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.below(n)); }
    bool one_in(std::size_t n) { return below(n) == 0; }

private:
    Written written(Moment around);
    Period period();
    Actor actor();
    std::vector<int> classes();

    SeededRandom random_;
};

/// What the generator made, to repeat a failure by reading it.
std::string describe(const std::vector<Record>& records, const Question& question);

}  // namespace tsunagi::consent
