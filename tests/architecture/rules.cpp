#include "architecture/rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace tsunagi::architecture {
namespace {

struct Module {
    std::string_view name;
    std::vector<std::string_view> needs;
};

// Each module and what it needs directly; a need stands above the one that needs it.
const std::vector<Module>& table() {
    static const std::vector<Module> kTable = {
        {"base", {}},
        {"json", {"base"}},
        {"crypto", {"base"}},
        {"text", {"base"}},
        {"fhir", {"json"}},
        {"fhirpath", {"fhir", "text"}},
        {"validate", {"fhirpath"}},
        {"packages", {"validate"}},
        {"translate", {"fhirpath"}},
        {"privacy", {"fhirpath", "text", "crypto"}},
        {"programme", {"fhirpath"}},
        {"audit", {"fhir", "crypto"}},
        {"store", {"audit"}},
        {"access", {"store"}},
        {"exchange", {"access", "validate", "translate", "privacy", "programme"}},
        {"inquire", {"exchange"}},
        {"deliver", {"exchange"}},
        {"serve", {"inquire"}},
        {"simulate", {"serve", "deliver", "packages"}},
        {"app", {"simulate"}},
    };
    return kTable;
}

struct Package {
    std::string_view prefix;              // of the path in <...>; the longest that matches decides
    std::vector<std::string_view> homes;  // empty: every module
};

const std::vector<Package>& packages() {
    static const std::vector<Package> kPackages = {
        {"rapidjson/", {"json"}},
        {"openssl/", {"crypto"}},
        {"unicode/", {"text"}},
        {"zlib.h", {"text"}},
        {"re2/", {"fhirpath"}},
        {"archive.h", {"packages"}},
        {"archive_entry.h", {"packages"}},
        {"sqlite3.h", {"store"}},
        {"libpq-fe.h", {"store"}},
        {"zstd.h", {"store"}},
        {"curl/", {"deliver"}},
        {"boost/beast/", {"serve"}},
        {"boost/asio/", {"serve"}},
        {"Poco/Util/", {"app"}},
        {"Poco/", {"serve", "app"}},
        {"sys/", {}},
        {"netinet/", {}},
        {"arpa/", {}},
        {"unistd.h", {}},
        {"fcntl.h", {}},
        {"signal.h", {}},
        {"poll.h", {}},
        {"pwd.h", {}},
        {"spawn.h", {}},
        {"termios.h", {}},
        {"time.h", {}},
    };
    return kPackages;
}

std::string_view module_of(std::string_view path) {
    constexpr std::string_view kRoot = "gateway/";
    if (!path.starts_with(kRoot)) return {};
    path.remove_prefix(kRoot.size());
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_code(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".h"); }

using Line = std::function<void(std::string_view line, std::size_t number)>;

void each_line(std::string_view text, const Line& visit) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        visit(text.substr(0, end), number);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
}

std::string at(const File& file, std::size_t line) {
    return file.path + ":" + std::to_string(line) + " ";
}

struct Include {
    std::string_view path;
    bool quoted;
    std::size_t line;
};

std::vector<Include> includes(const File& file) {
    std::vector<Include> found;
    each_line(file.text, [&](std::string_view line, std::size_t number) {
        constexpr std::string_view kBlanks = " \t";
        line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
        if (!line.starts_with('#')) return;
        line.remove_prefix(1);
        line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
        constexpr std::string_view kInclude = "include";
        if (!line.starts_with(kInclude)) return;
        line.remove_prefix(kInclude.size());
        const auto open = line.find_first_of("<\"");
        if (open == std::string_view::npos) return;
        const bool quoted = line[open] == '"';
        const auto close = line.find(quoted ? '"' : '>', open + 1);
        if (close == std::string_view::npos) return;
        found.push_back({line.substr(open + 1, close - open - 1), quoted, number});
    });
    return found;
}

void each_include(const std::vector<File>& files,
                  const std::function<void(const File&, std::string_view, const Include&)>& visit) {
    for (const auto& file : files) {
        const auto module = module_of(file.path);
        if (module.empty() || !is_code(file.path)) continue;
        for (const auto& include : includes(file)) visit(file, module, include);
    }
}

std::string_view first_part(std::string_view path) { return path.substr(0, path.find('/')); }

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool has_word(std::string_view line, std::string_view word) {
    for (auto found = line.find(word); found != std::string_view::npos;
         found = line.find(word, found + 1)) {
        const auto end = found + word.size();
        const bool starts = found == 0 || !is_word(line[found - 1]);
        const bool ends = end == line.size() || !is_word(line[end]);
        if (starts && ends) return true;
    }
    return false;
}

// A folder of one machine at the start of an absolute path: not "x/work/", not
// "https://host/work/".
bool has_machine_path(std::string_view line) {
    for (const char* const name : {"work", "root", "home"}) {
        const auto folder = std::string("/") + name + "/";
        for (auto found = line.find(folder); found != std::string_view::npos;
             found = line.find(folder, found + 1)) {
            constexpr std::string_view kInsidePath = "._-/}:$)";
            const char before = found == 0 ? ' ' : line[found - 1];
            if (!is_word(before) && kInsidePath.find(before) == std::string_view::npos) return true;
        }
    }
    return false;
}

bool has_registry_host(std::string_view line) {
    constexpr std::string_view kScheme = "://";
    for (auto found = line.find(kScheme); found != std::string_view::npos;
         found = line.find(kScheme, found + 1)) {
        const auto host = line.substr(found + kScheme.size());
        for (const std::string_view name : {"registry.", "deb.", "security.debian.", "repo.",
                                            "repo1.", "repo2.", "files.", "static.", "proxy."}) {
            if (host.starts_with(name)) return true;
        }
    }
    return false;
}

Findings lines_that(const std::vector<File>& files, std::string_view why,
                    const std::function<bool(std::string_view)>& fault) {
    Findings findings;
    for (const auto& file : files) {
        each_line(file.text, [&](std::string_view line, std::size_t number) {
            if (fault(line)) findings.push_back(at(file, number) + std::string{why});
        });
    }
    return findings;
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

}  // namespace

std::vector<File> read_files(const std::filesystem::path& root,
                             const std::vector<std::string>& folders) {
    namespace fs = std::filesystem;
    std::vector<File> files;
    const auto add = [&](const fs::path& path) {
        std::ifstream in(path, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        if (text.find('\0') != std::string::npos) return;
        files.push_back({path.lexically_relative(root).generic_string(), std::move(text)});
    };
    for (const auto& folder : folders) {
        const auto top = root / folder;
        if (fs::is_regular_file(top)) add(top);
        if (!fs::is_directory(top)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(top)) {
            if (entry.is_regular_file()) add(entry.path());
        }
    }
    std::sort(files.begin(), files.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return files;
}

const std::vector<std::string>& modules() {
    static const std::vector<std::string> kNames = [] {
        std::vector<std::string> names;
        for (const auto& module : table()) names.emplace_back(module.name);
        return names;
    }();
    return kNames;
}

bool may_include(std::string_view module, std::string_view other) {
    static const std::map<std::string_view, std::set<std::string_view>> kReach = [] {
        std::map<std::string_view, std::set<std::string_view>> reach;
        for (const auto& each : table()) {
            auto& own = reach[each.name];
            own.insert(each.name);
            for (const auto need : each.needs) {
                const auto& below = reach.at(need);
                own.insert(below.begin(), below.end());
            }
        }
        return reach;
    }();
    const auto found = kReach.find(module);
    return found != kReach.end() && found->second.contains(other);
}

std::size_t own_includes(const std::vector<File>& files) {
    std::size_t count = 0;
    each_include(files, [&](const File&, std::string_view, const Include& include) {
        if (include.quoted) ++count;
    });
    return count;
}

Findings broken_order(const std::vector<File>& files) {
    Findings findings;
    each_include(files, [&](const File& file, std::string_view module, const Include& include) {
        if (!include.quoted) return;
        if (may_include(module, first_part(include.path))) return;
        findings.push_back(at(file, include.line) + "includes \"" + std::string{include.path} +
                           "\", which " + std::string{module} + " does not need");
    });
    return findings;
}

Findings strayed_packages(const std::vector<File>& files) {
    Findings findings;
    each_include(files, [&](const File& file, std::string_view module, const Include& include) {
        const bool standard = include.path.find_first_of("/.") == std::string_view::npos;
        if (include.quoted || standard) return;
        const Package* home = nullptr;
        for (const auto& package : packages()) {
            if (!include.path.starts_with(package.prefix)) continue;
            if (home == nullptr || package.prefix.size() > home->prefix.size()) home = &package;
        }
        const auto lives_here = [&](const Package& package) {
            return package.homes.empty() || std::find(package.homes.begin(), package.homes.end(),
                                                      module) != package.homes.end();
        };
        if (home != nullptr && lives_here(*home)) return;
        findings.push_back(at(file, include.line) + "includes <" + std::string{include.path} +
                           ">, which does not live in " + std::string{module});
    });
    return findings;
}

Findings spread_heavy_headers(const std::vector<File>& files, std::size_t limit) {
    struct Heavy {
        std::string_view name;
        std::vector<std::string_view> prefixes;
    };
    const std::vector<Heavy> heavy = {
        {"Boost.Beast", {"boost/beast/", "boost/asio/"}},
        {"Poco NetSSL", {"Poco/Net/Secure", "Poco/Net/Context.h", "Poco/Net/SSL"}},
        {"curl", {"curl/"}}};
    Findings findings;
    for (const auto& package : heavy) {
        std::set<std::string> users;
        each_include(files, [&](const File& file, std::string_view, const Include& include) {
            for (const auto prefix : package.prefixes) {
                if (include.path.starts_with(prefix)) users.insert(file.path);
            }
        });
        if (users.size() <= limit) continue;
        std::string finding{package.name};
        for (const auto& user : users) finding += " " + user;
        findings.push_back(std::move(finding));
    }
    return findings;
}

Findings long_headers(const std::vector<File>& files, std::size_t limit) {
    Findings findings;
    for (const auto& file : files) {
        if (module_of(file.path).empty() || !file.path.ends_with(".h")) continue;
        const auto lines =
            static_cast<std::size_t>(std::count(file.text.begin(), file.text.end(), '\n'));
        if (lines > limit)
            findings.push_back(file.path + " has " + std::to_string(lines) + " lines");
    }
    return findings;
}

Findings unfinished_work(const std::vector<File>& files) {
    // Written in two halves: this file is searched too.
    const std::array<std::string, 2> words = {std::string("TO") + "DO", std::string("FIX") + "ME"};
    return lines_that(files, "says that work is left undone", [&](std::string_view line) {
        return std::any_of(words.begin(), words.end(),
                           [&](const std::string& word) { return has_word(line, word); });
    });
}

Findings foreign_places(const std::vector<File>& files) {
    // Frozen letters hold addresses that nobody has.
    std::vector<File> ours;
    for (const auto& file : files) {
        if (!file.path.ends_with(".ndjson")) ours.push_back(file);
    }
    return lines_that(
        ours, "names a path of one machine or a package registry",
        [](std::string_view line) { return has_machine_path(line) || has_registry_host(line); });
}

Findings programmes_in_code(const std::vector<File>& files) {
    std::vector<File> code;
    for (const auto& file : files) {
        if (!module_of(file.path).empty() && is_code(file.path)) code.push_back(file);
    }
    return lines_that(code, "names a programme; programmes are data", [](std::string_view line) {
        const auto text = lower(line);
        for (const std::string_view name : {"nishitokyo", "西東京", "sayama", "狭山"}) {
            if (text.find(name) != std::string::npos) return true;
        }
        return false;
    });
}

}  // namespace tsunagi::architecture
