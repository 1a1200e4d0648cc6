// Whatever the text, parsing and evaluating end within their bounds; what is accepted is accepted
// again as its own prefix; two evaluations agree; an error names its kind.
#include "fhirpath/expression.h"
#include "fuzz/property.h"
#include "json/reader.h"

namespace {

constexpr std::string_view kResource = R"({"resourceType":"Patient","active":true,
"name":[{"use":"official","family":"山田","given":["太郎","T"]},{"given":[null],"_given":[{"id":"x"}]}],
"birthDate":"1950-03","weight":62.10,"valueQuantity":{"value":1.0,"system":"http://unitsofmeasure.org","code":"mg"},
"telecom":[{"rank":1},{"rank":2}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tsunagi;
    using fuzz::require;
    static const auto document = json::read(kResource);
    const auto text = fuzz::as_text(data, size);
    const auto expression = fhirpath::Expression::parse(text);
    if (!expression) {
        require(!expression.error().where.empty(), "a refusal names a column");
        return 0;
    }
    std::size_t used = 0;
    require(fhirpath::Expression::parse_prefix(text, used).ok(), "the whole is its own prefix");
    fhirpath::Context context;
    context.focus = fhirpath::item_of(document->root(), nullptr);
    context.limits = {.max_steps = 20'000, .max_items = 2'000, .max_depth = 200};
    const auto first = fhirpath::evaluate(*expression, context);
    const auto second = fhirpath::evaluate(*expression, context);
    require(first.ok() == second.ok(), "two evaluations end alike");
    if (!first) {
        const auto& message = first.error().message;
        require(message.starts_with("execution: ") || message.starts_with("semantic: "),
                "an error names its kind");
        return 0;
    }
    require(first->size() == second->size(), "two evaluations find as much");
    for (const auto& item : *first)
        require(!fhirpath::type_name(item).empty(), "every item has a type");
    const auto condition = fhirpath::holds(*expression, context);
    if (condition && first->empty()) require(!*condition, "empty does not hold");
    return 0;
}
