#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "crypto/digest.h"
#include "deliver/http_client.h"
#include "simulate/hospital.h"
#include "simulate/packet_generator.h"

/// Who acts in a world, what they hand in and what the observer learns of it.
namespace tsunagi::simulate {

/// How often the wire saw an act succeed, and how often nobody can know.
struct Acts {
    std::uint64_t done = 0;
    std::uint64_t unknown = 0;
};

/// What a clinic hands in, until it is answered.
struct Submission {
    std::size_t clinic = 0;
    std::string key, body;
    GeneratedPacket packet;
    bool sound = true;   ///< false: it must be refused
    bool named = false;  ///< its text names somebody: a person must look before it is sent
    bool own = false;    ///< and that is the patient: only another text lets it go
    bool sent = false;
    std::string case_id;  ///< as the 201 said; empty: not answered yet
};

/// What the observer knows of a case: learnt on the wire, not from the gateway's word.
struct Observed {
    std::set<std::string> accepted;  ///< hospitals that accepted, or may have
    bool withdrawn = false;          ///< its withdrawal was answered
    bool looked = false;             ///< a person of the clinic began to decide what was found,
                                     ///< in a way that may let it go
    std::map<std::string, Acts> acts;
};

struct Clinic {
    std::string id;
    crypto::Digest certificate{};
    std::unique_ptr<deliver::HttpClient> line;
};

struct HospitalSeat {
    std::string id, origin;
    crypto::Digest certificate{};  ///< of its server and of its client
    std::unique_ptr<deliver::HttpClient> line;
    std::unique_ptr<Hospital> hospital;
    std::string physician, words;  ///< who decides there, and what it notes: nobody else's
};

/// A request whose sender has given up; it arrives all the same.
struct LateRequest {
    deliver::HttpRequest request;
    Instant due;
    std::string task;
};

}  // namespace tsunagi::simulate
