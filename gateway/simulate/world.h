#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/http_client.h"
#include "exchange/artifacts.h"
#include "serve/server.h"
#include "store/sqlite/simulated_disk.h"

/// The whole gateway with its clinics, hospitals, disk and network on one thread under a virtual
/// clock. One seed decides everything that happens: requests and replies lost, late and repeated,
/// hospitals that are slow, full or confused, clocks that jump, power cut at any moment. After each
/// step and at the end it is asked whether anything happened that must never happen.
namespace tsunagi::simulate {

/// What must always hold; a violation names one of these.
namespace invariant {
/// A case that was answered 201 can be read, with the documents that were handed in.
inline constexpr std::string_view kNothingLost = "nothing-acknowledged-is-lost";
/// A submission, however often repeated, makes one case.
inline constexpr std::string_view kOneCase = "one-case-for-a-submission";
/// A message takes effect at the hospital once, and an offer makes one Task there.
inline constexpr std::string_view kOneEffect = "no-effect-twice";
/// What the gateway believes to be delivered is there, and nothing older came over it.
inline constexpr std::string_view kArrived = "what-is-delivered-is-there";
/// A hospital is sent and shown no identifier before it accepted; others never are.
inline constexpr std::string_view kNoIdentity = "no-identity-before-acceptance";
/// Once a withdrawal is answered, no hospital is sent or shown an identifier, save what the answer
/// lists as possibly sent.
inline constexpr std::string_view kWithdrawn = "no-identity-after-withdrawal";
/// A hospital is sent and shown nothing of what another one decided (dates, who decided, reason,
/// its words) nor another one's pseudonyms.
inline constexpr std::string_view kOwnDecisions = "no-hospital-learns-of-another";
/// Once the consent is withdrawn, or a hospital that did not accept is out of it (it declined, the
/// time ran out), that hospital is sent and shown how its request stands and nothing clinical.
inline constexpr std::string_view kStatusesOnly = "nothing-clinical-without-consent";
/// A hospital holds nothing of a packet whose text names somebody before a person has looked.
inline constexpr std::string_view kLooked = "nothing-leaves-before-somebody-looked";
/// No identifier in refusals and in the gateway's own log.
inline constexpr std::string_view kNoTraces = "no-identity-in-errors-and-logs";
/// Nobody sees a case of somebody else.
inline constexpr std::string_view kNotYours = "existence-is-secret";
/// A day after a case ended that no hospital had accepted, nothing of the person is left; what was
/// released to one is not purged.
inline constexpr std::string_view kForgotten = "what-ended-without-release-is-forgotten";
/// A case has ended, or somebody can act on it.
inline constexpr std::string_view kTurn = "every-case-has-an-open-turn";
/// Once the network is well, nothing stays queued.
inline constexpr std::string_view kDrained = "nothing-stays-queued";
/// A message waits for a person only when a person can do something about it.
inline constexpr std::string_view kForAPerson = "nothing-waits-for-nobody";
/// The exported log verifies and has one entry for each act that was stored.
inline constexpr std::string_view kLog = "the-log-tells-each-act-once";
/// The gateway starts again after every power cut.
inline constexpr std::string_view kStarts = "the-gateway-starts-again";
}  // namespace invariant

struct Violation {
    std::string_view invariant;
    std::uint64_t step = 0;  ///< 0: at the end
    std::string detail;      ///< ids, codes and kinds only
};

struct WorldReport {
    std::uint64_t seed = 0;
    std::uint64_t steps = 0;
    std::string trace;                            ///< SHA-256 over everything that happened, hex
    std::map<std::string, std::uint64_t> counts;  ///< "crash", "submitted", "state:closed", ...
    std::vector<Violation> violations;            ///< at most 20
};

class World;

struct WorldOptions {
    std::uint64_t seed = 1;
    std::size_t clinics = 2;
    std::size_t submissions = 4;
    /// 2: another gateway on the same store, which takes part in everything.
    std::size_t gateways = 1;
    /// Gets every line of the trace: what happened in which order.
    std::function<void(std::string_view line)> narrate;
    /// Between the gateway and the network: a test plants a fault here to see that it is found.
    std::function<std::unique_ptr<deliver::HttpClient>(deliver::HttpClient&)> outgoing;
    /// Between the network and the gateway's routes, likewise.
    std::function<std::unique_ptr<serve::Handler>(serve::Handler&)> incoming;
    /// After each step, likewise.
    std::function<void(World&, std::uint64_t step)> after_step;
};

/// Thread rule: one world at a time in a process, on one thread (SQLite's chance is the process's).
class World {
public:
    /// `artifacts` hold the programme of `base_packet`; its patient is replaced by generated ones.
    /// Error Invalid when the packet cannot be the base (simulate/packet_generator.h).
    static Result<std::unique_ptr<World>> create(const exchange::Artifacts& artifacts,
                                                 std::string_view base_packet,
                                                 WorldOptions options);
    ~World();

    /// Runs `steps` steps, then heals the network, lets everything come to rest, cuts the power
    /// once more and looks at what is there. Once per world.
    WorldReport run(std::uint64_t steps);

    store::SimulatedDisk& disk();
    /// A spelling of an identifier of a patient whose case exists; empty before there is one.
    std::string secret() const;
    /// The same of a patient whose consent is withdrawn.
    std::string withdrawn_secret() const;
    /// Path of the database on disk().
    static constexpr std::string_view kDatabase = "gateway.db";

    struct State;  ///< world_state.h

private:
    explicit World(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Lines for a person: counts, trace and, if there are any, violations (Japanese and English).
std::string to_text(const WorldReport& report);

}  // namespace tsunagi::simulate
