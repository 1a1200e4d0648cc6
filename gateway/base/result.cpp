#include "base/result.h"

namespace tsunagi {

std::string_view name(Code code) {
    switch (code) {
        case Code::Invalid:
            return "invalid";
        case Code::NotFound:
            return "not-found";
        case Code::Conflict:
            return "conflict";
        case Code::Denied:
            return "denied";
        case Code::Unsupported:
            return "unsupported";
        case Code::Busy:
            return "busy";
        case Code::Unavailable:
            return "unavailable";
        case Code::Internal:
            return "internal";
    }
    return "internal";
}

std::string to_string(const Error& error) {
    std::string text{name(error.code)};
    text += ": ";
    text += error.message;
    if (!error.where.empty()) text += " (" + error.where + ")";
    return text;
}

}  // namespace tsunagi
