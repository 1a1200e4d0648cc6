// peers_pace BUNDLE SHAPES ROUNDS [--package P]...: prints "NAME<tab>median nanoseconds<tab>result"
// for our side of the lane's figures: "text" reads and validates the whole Bundle (with the
// packages), "resources" validates its resources one by one (already read), then each expression of
// SHAPES, compiled.
#include <algorithm>
#include <fstream>
#include <iostream>

#include "app/definitions.h"
#include "app/files.h"
#include "fhirpath/expression.h"
#include "json/reader.h"
#include "validate/validator.h"

namespace tsunagi::peers {
namespace {

/// Median of `rounds` batches after as many that warm up.
template <class Work>
std::int64_t median(std::size_t rounds, std::size_t batch, const Work& work) {
    using Clock = std::chrono::steady_clock;
    std::vector<std::int64_t> times;
    for (std::size_t round = 0; round < 2 * rounds; ++round) {
        const auto start = Clock::now();
        for (std::size_t i = 0; i < batch; ++i) work();
        if (round >= rounds) times.push_back((Clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2] / static_cast<std::int64_t>(batch);
}

void print(const std::string& name, std::int64_t nanoseconds, std::size_t result) {
    std::cout << name << "\t" << nanoseconds << "\t" << result << "\n";
}

std::size_t errors_of(const std::vector<fhir::Issue>& issues) {
    return static_cast<std::size_t>(std::count_if(
        issues.begin(), issues.end(),
        [](const auto& issue) { return issue.severity <= fhir::IssueSeverity::Error; }));
}

int refuse(const Error& error) {
    std::cerr << to_string(error) << "\n";
    return 2;
}

/// The contexts of an expression: every resource of the type in the Bundle.
std::vector<fhirpath::Context> contexts_of(json::Value bundle, std::string_view type,
                                           const fhir::Definitions& definitions) {
    std::vector<fhirpath::Context> contexts;
    for (const json::Value entry : bundle["entry"]) {
        const json::Value resource = entry["resource"];
        if (resource["resourceType"].text() != type) continue;
        fhirpath::Context context;
        context.definitions = &definitions;
        context.resource = resource;
        context.focus = fhirpath::item_of(resource, &definitions);
        contexts.push_back(std::move(context));
    }
    return contexts;
}

int measure_shapes(json::Value bundle, const std::string& shapes, std::size_t rounds,
                   const fhir::Definitions& definitions) {
    std::ifstream in{shapes};
    for (std::string line; std::getline(in, line);) {
        const auto tab = line.find('\t');
        if (tab == std::string::npos || line.starts_with("#")) continue;
        const std::string text = line.substr(tab + 1);
        const auto expression = fhirpath::Expression::parse(text);
        if (!expression) return refuse(expression.error());
        const auto contexts = contexts_of(bundle, line.substr(0, tab), definitions);
        std::size_t items = 0;
        const auto time = median(rounds, 200, [&] {
            items = 0;
            for (const auto& context : contexts) {
                const auto result = fhirpath::evaluate(*expression, context);
                items += result ? result->size() : 1'000'000;
            }
        });
        print(text, time, items);
    }
    return 0;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() < 3) {
        std::cerr << "peers_pace BUNDLE SHAPES ROUNDS [--package P]...\n";
        return 2;
    }
    const std::size_t rounds = std::stoul(arguments[2]);
    std::vector<std::string> packages;
    for (std::size_t i = 4; i < arguments.size(); i += 2) packages.push_back(arguments[i]);
    const auto home = app::find_home(std::nullopt);
    if (!home) return refuse(home.error());
    const auto base = app::load_definitions(*home, {});
    if (!base) return refuse(base.error());
    const auto profiled = app::load_definitions(*home, packages);
    if (!profiled) return refuse(profiled.error());
    const auto text = app::read_file(arguments[0]);
    if (!text) return refuse(text.error());
    const auto bundle = json::read(*text, app::kCommandLineLimits);
    if (!bundle) return refuse(bundle.error());

    const validate::Validator with_profiles{*profiled->definitions};
    std::size_t errors = 0;
    const auto whole = median(rounds, 1, [&] {
        const auto read = json::read(*text, app::kCommandLineLimits);
        errors = read ? errors_of(with_profiles.validate(read->root())) : 1;
    });
    print("text", whole, errors);

    const validate::Validator validator{*base->definitions};
    const auto each = median(rounds, 1, [&] {
        errors = 0;
        for (const json::Value entry : bundle->root()["entry"])
            errors += errors_of(validator.validate(entry["resource"])) > 0 ? 1 : 0;
    });
    print("resources", each, errors);
    return measure_shapes(bundle->root(), arguments[1], rounds, *base->definitions);
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }
