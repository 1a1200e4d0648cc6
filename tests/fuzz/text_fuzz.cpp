// Every reading of a clinic's cell is final: reading the answer once more gives the same answer.
#include <chrono>
#include <string>

#include "fuzz/property.h"
#include "text/care.h"
#include "text/date.h"
#include "text/initials.h"
#include "text/phone.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tsunagi::fuzz::require;
    namespace text = tsunagi::text;
    const auto cell = tsunagi::fuzz::as_text(data, size);
    const std::chrono::minutes tokyo{9 * 60};

    if (const auto date = text::read_date(cell)) {
        const auto again = text::read_date(*date);
        require(again.ok() && *again == *date, "a date that was read is read again to itself");
    }
    if (const auto when = text::read_datetime(cell, tokyo)) {
        const auto again = text::read_datetime(*when, tokyo);
        require(again.ok() && *again == *when, "a time that was read is read again to itself");
    }
    if (const auto initials = text::read_initials(cell)) {
        const auto again = text::read_initials(*initials);
        require(again.ok() && *again == *initials, "initials are read again to themselves");
    }
    if (const auto code = text::read_postal_code(cell)) {
        const auto again = text::read_postal_code(*code);
        require(again.ok() && *again == *code, "a postal code is read again to itself");
    }
    (void)text::read_phone(cell).ok();
    (void)text::read_care_level(cell).ok();
    (void)text::read_disability_grade(cell).ok();
    (void)text::read_dementia_grade(cell).ok();
    return 0;
}
