#include "simulate/world.h"

#include <algorithm>

#include "crypto/digest.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "simulate/world_state.h"

namespace tsunagi::simulate {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// The packets' application is of this morning (fixtures/README.md).
constexpr Instant kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + minutes{125}};
constexpr std::string_view kLogOrigin = "tsunagi.example/log/world";
constexpr std::string_view kEverSince = "2026-01-01T00:00:00+09:00";
constexpr seconds kTimeout{15};

void add_organisation(json::Builder& builder, json::Node* list, const std::string& id,
                      std::string_view role, const std::string& origin) {
    constexpr std::string_view kPerson = "doctor";  ///< of a clinic: decides what is found in texts
    json::Node* row = builder.add_object(list);
    builder.set(row, "id", id);
    json::Node* name = builder.set_object(row, "name");
    builder.set(name, "ja", id);
    builder.set(name, "en", id);
    builder.add(builder.set_array(row, "roles"), role);
    const std::string fingerprint = to_hex(certificate_of(id));
    json::Node* certificate = builder.add_object(builder.set_array(row, "certificates"));
    builder.set(certificate, "sha256", fingerprint);
    builder.set(certificate, "validFrom", kEverSince);
    builder.set(certificate, "role", role);
    if (role == "clinic") builder.set(certificate, "person", kPerson);
    if (origin.empty()) return;
    json::Node* endpoint = builder.add_object(builder.set_array(row, "endpoints"));
    builder.set(endpoint, "channel", "fhir_rest");
    builder.set(endpoint, "url", origin + "/fhir");
    builder.set(endpoint, "serverSha256", fingerprint);
    builder.set(endpoint, "validFrom", kEverSince);
}

/// A name of its own for each disk: SQLite keeps one list for the process.
std::string next_disk_name() {
    static std::uint64_t made = 0;
    return "world-" + std::to_string(++made);
}

}  // namespace

std::string task_of(std::string_view transaction) {
    const auto document = json::read(transaction);
    if (!document) return {};
    for (const json::Value entry : document->root()["entry"]) {
        const json::Value resource = entry["resource"];
        if (resource["resourceType"].text() == "Task") return std::string{resource["id"].text()};
    }
    return {};
}

crypto::Digest certificate_of(std::string_view name) {
    return crypto::sha256(as_bytes("certificate of " + std::string{name}));
}

World::State::State(const exchange::Artifacts& all, const programme::Programme& one,
                    PacketGenerator generator, WorldOptions chosen)
    : artifacts(all),
      programme(one),
      options(std::move(chosen)),
      chance(options.seed),
      random(options.seed ^ 0x7473'756e'6167'69ULL),
      packets(std::move(generator)),
      clock(kBegin),
      disk(next_disk_name(), options.seed),
      log(clock, [this](std::string_view line) { on_log(line); }),
      keys(crypto::CaseKeys::in_memory(random)),
      signing_key(crypto::SigningKey::generate(random)) {
    report.seed = options.seed;
    json::Document document;
    json::Builder builder(document);
    json::Node* list = builder.set_array(builder.object(), "organisations");
    const auto person = [&](const std::string& id, std::string_view role) {
        if (!role.empty()) add_organisation(builder, list, id, role, {});
        return Clinic{id, certificate_of(id), network.client(certificate_of(id))};
    };
    for (std::size_t i = 1; i <= options.clinics; ++i)
        clinics.push_back(person("clinic-" + std::to_string(i), "clinic"));
    auditor = person("auditor", "auditor");
    stranger = person("stranger", {});
    for (const auto& known : programme.hospitals()) {
        HospitalSeat seat;
        seat.id = known.id;
        seat.origin = "https://" + known.id + ".world";
        seat.certificate = certificate_of(known.id);
        seat.line = network.client(seat.certificate);
        seat.physician = "physician-of-" + seat.id;
        seat.words = "agreed-by-telephone-at-" + seat.id;
        add_organisation(builder, list, seat.id, "hospital-desk", seat.origin);
        HospitalOptions hospital;
        hospital.organisation = seat.id;
        hospital.gateway_url = std::string{kGatewayOrigin} + "/fhir";
        hospital.gateway_client = certificate_of(kGatewayName);
        seat.hospital = std::make_unique<Hospital>(
            hospital, clock, *seat.line, [this](milliseconds delay) { clock.advance(delay); });
        network.listen(seat.origin, *seat.hospital, seat.certificate, seat.id);
        hospitals.push_back(std::move(seat));
        will_say(hospitals.back(), hospitals.back().physician);
        will_say(hospitals.back(), hospitals.back().words);
    }
    directory = std::make_unique<access::LiveDirectory>(
        access::Directory::parse(json::write(document.root())).value());
    outgoing = network.client(certificate_of(kGatewayName));
    tapped_outgoing = std::make_unique<TappedClient>(*outgoing, clock, *this);
    if (options.outgoing) planted_outgoing = options.outgoing(*tapped_outgoing);
    network.set_faults([this](const deliver::HttpRequest& request) { return fault_of(request); });
}

HospitalSeat* World::State::hospital_at(std::string_view url) {
    const auto found = std::find_if(hospitals.begin(), hospitals.end(), [&](const auto& seat) {
        return url.starts_with(seat.origin + "/");
    });
    return found == hospitals.end() ? nullptr : &*found;
}

HospitalSeat* World::State::hospital_of(const crypto::Digest& certificate) {
    const auto found = std::find_if(hospitals.begin(), hospitals.end(), [&](const auto& seat) {
        return seat.certificate == certificate;
    });
    return found == hospitals.end() ? nullptr : &*found;
}

Clinic* World::State::clinic_of(const crypto::Digest& certificate) {
    const auto found = std::find_if(clinics.begin(), clinics.end(), [&](const auto& clinic) {
        return clinic.certificate == certificate;
    });
    return found == clinics.end() ? nullptr : &*found;
}

Machine World::State::machine() {
    deliver::HttpClient& line = planted_outgoing ? *planted_outgoing : *tapped_outgoing;
    return {clock,
            random,
            log,
            artifacts,
            *directory,
            *keys,
            last_signed,
            signing_key,
            line,
            std::string{kLogOrigin},
            std::string{kDatabase},
            disk.name()};
}

/// Starts the gateway; power may fail again while it starts.
void World::State::start_gateway(bool may_fail) {
    constexpr int kTries = 4;
    for (int i = 0; i < kTries; ++i) {
        if (may_fail && i + 1 < kTries && one_in(6)) disk.cut_power_after(chance.below(40));
        auto started = Gateway::start(machine());
        if (started && !disk.dead()) {
            gateway = std::move(*started);
            serve::Handler* routes = &gateway->handler();
            if (options.incoming) {
                planted_incoming = options.incoming(*routes);
                routes = planted_incoming.get();
            }
            tap = std::make_unique<TappedHandler>(*routes, *this);
            network.listen(std::string{kGatewayOrigin}, *tap, certificate_of(kGatewayName), {});
            tell("started");
            if (options.gateways > 1) start_second();
            if (const auto accepting = gateway->store().accepting(); !accepting)
                violate(invariant::kStarts, to_string(accepting.error()));
            check_readable(false);
            return;
        }
        if (started) started->reset();
        if (!disk.dead()) {
            violate(invariant::kStarts, to_string(started.error()));
            return;
        }
        ++report.counts["power cut while starting"];
        if (!disk.restart()) violate(invariant::kStarts, "a file stayed open");
    }
    violate(invariant::kStarts, "never");
}

void World::State::start_second() {
    auto started = Gateway::beside(*gateway);
    if (!started) {
        violate(invariant::kStarts, to_string(started.error()));
        return;
    }
    second = std::move(*started);
    serve::Handler* routes = &second->handler();
    if (options.incoming) {
        second_planted_incoming = options.incoming(*routes);
        routes = second_planted_incoming.get();
    }
    second_tap = std::make_unique<TappedHandler>(*routes, *this);
    network.listen(std::string{kSecondOrigin}, *second_tap, certificate_of(kGatewayName), {});
}

std::string World::State::any_origin() {
    return std::string{second && one_in(2) ? kSecondOrigin : kGatewayOrigin};
}

Instant World::State::deliver(Gateway& who, std::size_t worker) {
    const Gateway* before = std::exchange(at_work, &who);
    const Instant next = who.deliver(worker);
    at_work = before;
    return next;
}

/// The process dies with everything in its memory; the disk keeps what was synced and some of the
/// rest.
void World::State::power_cut() {
    ++report.counts["power cut"];
    disk.cut_power_after(0);
    network.stop_listening(std::string{kGatewayOrigin});
    network.stop_listening(std::string{kSecondOrigin});
    for (auto* handler : {&second_tap, &second_planted_incoming, &tap, &planted_incoming})
        handler->reset();
    second.reset();
    gateway.reset();
    // A disk that nobody asks for anything after the cut is dead all the same.
    if (!disk.restart()) violate(invariant::kStarts, "a file stayed open");
    tell("power cut");
}

Fault World::State::fault_of(const deliver::HttpRequest& request) {
    clock.advance(milliseconds{5 + chance.below(200)});
    if (healthy) return Fault::None;
    const bool to_hospital =
        !request.url.starts_with(kGatewayOrigin) && !request.url.starts_with(kSecondOrigin);
    if (to_hospital && !overtaking && gateway && one_in(cancelled_on_the_wire ? 2 : 40)) {
        // This sender sleeps while its request is under way; its lease runs out. One whose message
        // was cancelled meanwhile has given up by then: what it sent arrives earlier or never.
        overtaking = true;
        clock.advance(cancelled_on_the_wire ? seconds{10} : seconds{40});
        tell("overtaken");
        ++report.counts["overtaken worker"];
        deliver(any_gateway(), 1);
        overtaking = false;
    }
    const std::uint64_t fate = chance.below(100);
    if (fate < 5) {
        clock.advance(kTimeout);
        ++report.counts["request lost"];
        const std::string task = to_hospital && one_in(2) ? task_of(request.body) : std::string{};
        if (!task.empty()) {
            late.push_back({request, clock.now() + seconds{chance.below(60)}, task});
            late.back().request.may_send = {};
        }
        tell("request lost");
        return Fault::LoseRequest;
    }
    if (fate < 10) {
        clock.advance(kTimeout);
        ++report.counts["reply lost"];
        tell("reply lost");
        return Fault::LoseReply;
    }
    if (fate < 13) {
        ++report.counts["request repeated"];
        tell("request repeated");
        return Fault::Repeat;
    }
    return Fault::None;
}

/// A request arrives after its sender gave up, unless a newer message of its case was sent
/// meanwhile: a receiver that works on requests of closed connections in another order than they
/// came is outside this world (README.md).
void World::State::deliver_late(bool all) {
    for (std::size_t i = 0; i < late.size();) {
        if (!all && late[i].due > clock.now()) {
            ++i;
            continue;
        }
        const LateRequest one = std::move(late[i]);
        late.erase(late.begin() + static_cast<std::ptrdiff_t>(i));
        if (newest_body[one.task] != one.request.body) continue;
        const bool before = std::exchange(healthy, true);
        const auto outcome = outgoing->send(one.request);
        healthy = before;
        ++report.counts["request late"];
        tell("late request arrives", std::to_string(outcome.reply.status));
    }
}

void World::State::pass_time() {
    const std::uint64_t fate = chance.below(20);
    if (fate < 12) {
        clock.advance(milliseconds{1 + chance.below(180'000)});
    } else if (fate < 16) {
        clock.advance(minutes{1 + chance.below(90)});
    } else if (fate < 18) {
        clock.advance(minutes{60 * (1 + chance.below(8))});
    } else {
        const auto jump = minutes{chance.below(121)} - minutes{60};
        clock.advance(jump);
        ++report.counts["clock jump"];
        tell("clock jumps", std::to_string(jump.count()));
    }
}

void World::State::take_step() {
    if (!gateway && down_for-- == 0) start_gateway(true);
    deliver_late(false);
    const std::uint64_t fate = chance.below(100);
    if (fate < 14) {
        pass_time();
    } else if (fate < 26) {
        submit();
    } else if (fate < 42) {
        act_as_clinic();
    } else if (fate < 60) {
        act_as_hospital();
    } else if (fate < 84) {
        for (std::uint64_t i = 1 + chance.below(4); gateway && i > 0; --i)
            deliver(any_gateway(), 0);
    } else if (fate < 87) {
        pry();
    } else if (fate < 89) {
        withdraw_consent();
    } else if (fate < 92) {
        change_mood();
    } else if (fate < 95) {
        if (gateway && !any_gateway().tick()) tell("tick failed");
    } else if (fate < 97) {
        if (gateway && !gateway->sign_log()) tell("signing failed");
    } else if (gateway && !one_in(3)) {
        // Somewhere in what comes next.
        disk.cut_power_after(chance.below(120));
        tell("power will be cut");
    } else if (gateway) {
        disk.cut_power_after(0);
    }
    const bool asked_to_die = fate >= 97;
    if (gateway && (disk.dead() || (asked_to_die && one_in(3)))) {
        power_cut();
        down_for = chance.below(3);
        clock.advance(seconds{1 + chance.below(30)});
    }
}

void World::State::run(std::uint64_t steps) {
    report.steps = steps;
    start_gateway(true);
    for (step = 1; step <= steps; ++step) {
        take_step();
        if (options.after_step) options.after_step(*self, step);
    }
    step = 0;
    settle();
    check_end();
    report.trace = to_hex(trace.finish());
}

/// Everything becomes well: all are answered, all is delivered, a day passes, then the power goes
/// once more.
void World::State::settle() {
    healthy = true;
    disk.cut_power_after(~std::uint64_t{0});
    if (!gateway) start_gateway(false);
    if (!gateway) return;
    deliver_late(true);
    for (auto& seat : hospitals) seat.hospital->behave({});
    for (std::size_t i = 0; i < submissions.size(); ++i) {
        if (submissions[i].sent && submissions[i].case_id.empty()) send(i);
    }
    const auto come_to_rest = [&] {
        constexpr int kRounds = 400;
        for (int i = 0; i < kRounds; ++i) {
            const auto wake = gateway->tick();
            if (!wake) violate(invariant::kDrained, to_string(wake.error()));
            const Instant next = deliver(any_gateway(), 0);
            if (next == Instant::max()) break;
            if (next > clock.now()) clock.set(next);
        }
    };
    come_to_rest();
    check_readable(true);
    clock.advance(std::chrono::hours{24});
    come_to_rest();
    power_cut();
    start_gateway(false);
}

World::World(std::unique_ptr<State> state) : state_(std::move(state)) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::create(const exchange::Artifacts& artifacts,
                                             std::string_view base_packet, WorldOptions options) {
    const auto packet = json::read(base_packet);
    if (!packet) return packet.error();
    const auto* programme = artifacts.programme(packet->root()["programme"].text());
    if (!programme) return Error{Code::Invalid, "unknown programme", "Packet.programme"};
    auto packets = PacketGenerator::open(base_packet, options.seed);
    if (!packets) return packets.error();
    return std::unique_ptr<World>(new World(
        std::make_unique<State>(artifacts, *programme, std::move(*packets), std::move(options))));
}

WorldReport World::run(std::uint64_t steps) {
    state_->self = this;
    state_->run(steps);
    return std::move(state_->report);
}

store::SimulatedDisk& World::disk() { return state_->disk; }

std::string World::secret() const {
    for (const auto& submission : state_->submissions) {
        if (!submission.case_id.empty()) return submission.packet.full_name;
    }
    return {};
}

std::string World::withdrawn_secret() const {
    for (const auto& [index, observed] : state_->observed) {
        if (observed.withdrawn) return state_->submissions[index].packet.full_name;
    }
    return {};
}

std::string to_text(const WorldReport& report) {
    std::string text = "seed " + std::to_string(report.seed) + "  steps " +
                       std::to_string(report.steps) + "  trace " + report.trace + "\n";
    for (const auto& [what, count] : report.counts)
        text += "  " + what + ": " + std::to_string(count) + "\n";
    if (report.violations.empty())
        return text + "守るべきことはすべて守られた / every invariant held\n";
    for (const auto& [which, step, detail] : report.violations) {
        text += "破れ / violated: " + std::string{which} +
                (step == 0 ? " at the end" : " in step " + std::to_string(step)) + ": " + detail +
                "\n";
    }
    return text;
}

}  // namespace tsunagi::simulate
