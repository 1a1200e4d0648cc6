#include "fhirpath/regex.h"

#include <re2/re2.h>

#include <vector>

namespace tsunagi::fhirpath {
namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Result<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    options.set_max_mem(1 << 20);
    auto regex = std::make_shared<const RE2>(piece(pattern), options);
    if (!regex->ok()) return Error{Code::Invalid, "not a regular expression of RE2", {}};
    return std::shared_ptr<const re2::RE2>{std::move(regex)};
}

bool regex_matches(const re2::RE2& regex, std::string_view text, bool whole) {
    return regex.Match(piece(text), 0, text.size(), whole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED,
                       nullptr, 0);
}

std::string regex_replace(const re2::RE2& regex, std::string_view text,
                          std::string_view substitution) {
    const int groups = regex.NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups));
    const auto& names = regex.NamedCapturingGroups();
    std::string out;
    const auto append_group = [&](int group) {
        if (group < groups && found[static_cast<std::size_t>(group)].data() != nullptr) {
            const auto& part = found[static_cast<std::size_t>(group)];
            out.append(part.data(), part.size());
        }
    };
    std::size_t at = 0;
    while (at <= text.size()) {
        if (!regex.Match(piece(text), at, text.size(), RE2::UNANCHORED, found.data(), groups))
            break;
        const auto start = static_cast<std::size_t>(found[0].data() - text.data());
        out.append(text.substr(at, start - at));
        for (std::size_t i = 0; i < substitution.size(); ++i) {
            const char c = substitution[i];
            if (c == '\\' && i + 1 < substitution.size()) {
                out.push_back(substitution[++i]);
            } else if (c == '$' && i + 1 < substitution.size() && substitution[i + 1] >= '0' &&
                       substitution[i + 1] <= '9') {
                append_group(substitution[++i] - '0');
            } else if (c == '$' && i + 1 < substitution.size() && substitution[i + 1] == '{') {
                const auto close = substitution.find('}', i);
                if (close == std::string_view::npos) break;
                const auto name =
                    names.find(std::string{substitution.substr(i + 2, close - i - 2)});
                if (name != names.end()) append_group(name->second);
                i = close;
            } else {
                out.push_back(c);
            }
        }
        at = start + found[0].size();
        if (found[0].empty()) {
            // An empty match moves on by one whole character.
            std::size_t next = at + 1;
            while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80)
                ++next;
            if (at < text.size()) out.append(text.substr(at, next - at));
            at = next;
        }
    }
    if (at < text.size()) out.append(text.substr(at));
    return out;
}

}  // namespace tsunagi::fhirpath
