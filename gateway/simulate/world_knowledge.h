#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "simulate/watch.h"
#include "simulate/world_people.h"

/// What a just observer of the world knows, learned from the wire and from what people handed in,
/// never from the gateway's store.
namespace tsunagi::simulate {

struct Knowledge {
    std::vector<Submission> submissions;
    std::map<std::size_t, Observed> observed;     ///< by submission
    std::map<std::string, std::size_t> by_case;   ///< submission of a case id
    std::map<std::string, std::size_t> by_alias;  ///< submission of an alias
    std::map<std::string, std::string> alias_hospital;
    Watch watch;
    Watch decisions;  ///< what hospitals said and are called by; owner: place among the hospitals
    std::set<std::string> declined;                        ///< aliases
    std::map<std::string, std::set<std::string>> reasons;  ///< why a hospital may have declined
};

}  // namespace tsunagi::simulate
