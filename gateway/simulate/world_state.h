#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/directory.h"
#include "crypto/case_keys.h"
#include "simulate/gateway.h"
#include "simulate/network.h"
#include "simulate/packet_generator.h"
#include "simulate/wire.h"
#include "simulate/world.h"
#include "simulate/world_knowledge.h"
#include "simulate/world_people.h"
#include "store/last_signed.h"

/// The inside of a world: what is on the machine, who acts, and what a just observer knows.
namespace tsunagi::simulate {

struct World::State final : public WireObserver, Knowledge {
    State(const exchange::Artifacts& artifacts, const programme::Programme& programme,
          PacketGenerator packets, WorldOptions options);

    // ---- what is around
    const exchange::Artifacts& artifacts;
    const programme::Programme& programme;
    WorldOptions options;
    SeededRandom chance;  ///< what happens
    SeededRandom random;  ///< what the gateway draws
    PacketGenerator packets;
    ManualClock clock;
    store::SimulatedDisk disk;
    EventLog log;
    std::unique_ptr<crypto::CaseKeys> keys;
    store::LastSignedMemory last_signed;
    crypto::SigningKey signing_key;
    std::unique_ptr<access::LiveDirectory> directory;
    Network network;
    std::vector<Clinic> clinics;
    std::vector<HospitalSeat> hospitals;
    Clinic auditor, stranger;

    // ---- the gateway's process
    std::unique_ptr<deliver::HttpClient> outgoing, planted_outgoing, tapped_outgoing;
    std::unique_ptr<Gateway> gateway, second;  ///< second: on the store of the first
    std::unique_ptr<serve::Handler> planted_incoming, tap, second_planted_incoming, second_tap;
    const Gateway* at_work = nullptr;  ///< whose worker makes an attempt
    std::uint64_t down_for = 0;        ///< steps until it is started again

    // ---- the weather
    bool healthy = false;
    bool overtaking = false, overtakes_reading = false;  ///< inside a send; or inside an answer
    bool cancelled_on_the_wire = false;                  ///< between last look and first byte
    std::string overtaken;                               ///< hospital of the send or answer
    std::string possibly_sent;  ///< hospital of the very next send, told of as possibly sent
    std::string listed_reader;  ///< hospital of the very next answer, told of as disclosed to
    std::vector<LateRequest> late;
    std::map<std::string, std::string> newest_body;  ///< last sent of each Task id

    // ---- the run
    std::uint64_t step = 0;
    crypto::Sha256 trace;
    WorldReport report;
    World* self = nullptr;  ///< for after_step

    // ---- world.cpp: life of the process
    void run(std::uint64_t steps);
    void take_step();
    void pass_time();
    void start_gateway(bool may_fail);
    void start_second();
    Gateway& any_gateway() { return second && one_in(2) ? *second : *gateway; }
    std::string any_origin();
    Instant deliver(Gateway& who, std::size_t worker);
    void power_cut();
    void deliver_late(bool all);
    Fault fault_of(const deliver::HttpRequest& request);
    void settle();

    // ---- world_actors.cpp: who acts
    deliver::HttpOutcome ask(Clinic& who, std::string method, const std::string& target,
                             std::string body = {}, std::vector<deliver::HttpField> fields = {});
    deliver::HttpOutcome ask_at(std::string_view origin, Clinic& who, std::string method,
                                const std::string& target, std::string body = {},
                                std::vector<deliver::HttpField> fields = {});
    void submit();
    void send(std::size_t submission);
    void act_as_clinic();
    void decide_finding(Clinic& clinic, const std::string& target, const std::string& action);
    void withdraw_consent();
    deliver::HttpOutcome withdraw_consent(std::size_t submission, std::string_view origin);
    void act_as_hospital();
    void ask_for_tasks(HospitalSeat& seat,
                       std::vector<std::pair<HospitalSeat*, std::string>>& open);
    int report_in_json(HospitalSeat& seat, const std::string& alias, const std::string& status);
    int report_in_fhir(HospitalSeat& seat, const std::string& task, const std::string& status);
    void change_mood();
    void pry();
    std::string now_text() const;

    // ---- world_checks.cpp: what must hold
    void on_last_look(const deliver::HttpRequest& request) override;
    void on_sent(const deliver::HttpRequest& request) override;
    void on_rendered(const serve::Handler& at, const serve::Request& request,
                     const serve::Response& response) override;
    void on_answered(const serve::Request& request, const serve::Response& response) override;
    void on_log(std::string_view line);
    void look_at(std::string_view bytes, const std::string& hospital);
    void look_for_others(std::string_view bytes, const HospitalSeat* seat);
    void look_for_illness(std::string_view body, const HospitalSeat& seat);
    void learn_alias(const std::string& alias);
    void will_say(const HospitalSeat& seat, std::string_view words);
    void note_act(const serve::Request& request, const serve::Response& response);
    void note_overtaken(const serve::Response& response);
    void check_readable(bool documents);
    bool is_purged(const std::string& case_id);
    void check_end();
    void violate(std::string_view which, std::string detail);
    void tell(std::string_view what, std::string_view detail = {});

    // ---- small things
    bool one_in(std::uint64_t n) { return chance.below(n) == 0; }
    template <class Container>
    auto& pick(Container& from) {
        return from[chance.below(std::size(from))];
    }
    bool up() const { return gateway && !disk.dead(); }
    HospitalSeat* hospital_at(std::string_view url);
    HospitalSeat* hospital_of(const crypto::Digest& certificate);
    Clinic* clinic_of(const crypto::Digest& certificate);
    Machine machine();
};

inline constexpr std::string_view kGatewayOrigin = "https://gateway.world";
inline constexpr std::string_view kSecondOrigin = "https://second.gateway.world";
inline constexpr std::string_view kGatewayName = "gateway";

/// Id of the Task that a transaction carries; empty: none.
std::string task_of(std::string_view transaction);

/// What stands for the certificate of `name`.
crypto::Digest certificate_of(std::string_view name);

}  // namespace tsunagi::simulate
