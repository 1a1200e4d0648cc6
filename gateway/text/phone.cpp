#include "text/phone.h"

#include "text/width.h"

namespace tsunagi::text {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool plausible(std::string_view digits) {
    if (!digits.starts_with('0') || digits.size() < 10 || digits.size() > 11) return false;
    const std::string_view head = digits.substr(0, 3);
    const bool eleven = head == "050" || head == "070" || head == "080" || head == "090" ||
                        digits.starts_with("0800");
    return digits.size() == (eleven ? 11U : 10U);
}

}  // namespace

Result<Phone> read_phone(std::string_view text) {
    static constexpr std::string_view kJapan = "+81";
    std::string narrow = to_narrow(trim(text));
    if (narrow.starts_with(kJapan)) {
        narrow.erase(0, kJapan.size());
        while (narrow.starts_with('-') || narrow.starts_with(' ')) narrow.erase(0, 1);
        narrow.insert(0, "0");
    }
    Phone phone;
    std::size_t i = 0;
    for (; i < narrow.size(); ++i) {
        const char c = narrow[i];
        if (is_digit(c)) {
            phone.digits += c;
        } else if (c == '(' && i + 1 < narrow.size() && !is_digit(narrow[i + 1])) {
            break;  // a bracket that holds no digits is the kind of line
        } else if (c != '-' && c != ' ' && c != '(' && c != ')') {
            break;
        }
    }
    std::string_view rest = std::string_view{narrow}.substr(i);
    if (!rest.empty()) {
        if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
        phone.kind = std::string{rest};
    }
    const bool known_kind = phone.kind.empty() || phone.kind.starts_with("直通") ||
                            phone.kind.starts_with("代") || phone.kind.starts_with("内線") ||
                            phone.kind.starts_with("携帯") || phone.kind.starts_with("自宅");
    if (!plausible(phone.digits) || !known_kind) return Error{Code::Invalid, "not-a-phone", {}};
    phone.e164 = "+81" + phone.digits.substr(1);
    return phone;
}

Result<std::string> read_postal_code(std::string_view text) {
    std::string digits;
    const std::string narrow = to_narrow(trim(text));
    std::string_view rest = narrow;
    if (rest.starts_with("〒")) rest.remove_prefix(std::string_view{"〒"}.size());
    for (const char c : rest) {
        if (is_digit(c)) {
            digits += c;
        } else if (c != '-' && c != ' ') {
            return Error{Code::Invalid, "not-a-postal-code", {}};
        }
    }
    if (digits.size() != 7) return Error{Code::Invalid, "not-a-postal-code", {}};
    return digits.substr(0, 3) + "-" + digits.substr(3);
}

}  // namespace tsunagi::text
