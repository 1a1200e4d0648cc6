#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

/// The one error type of the gateway. Invalid *data* is not an Error (checkers return issues); an
/// Error means that the asked thing could not be done. `where` is a path or a name, never a value:
/// patient data must not travel in errors.
namespace tsunagi {

/// serve/problem.cpp maps each code to one HTTP status.
enum class Code { Invalid, NotFound, Conflict, Denied, Unsupported, Busy, Unavailable, Internal };

std::string_view name(Code code);

struct Error {
    Code code = Code::Internal;
    std::string message;
    std::string where;
};

/// "code: message (where)", for logs and the command line.
std::string to_string(const Error& error);

/// A T or an Error. Reading the wrong side stops the program (assertions stay on in release).
template <class T>
class [[nodiscard]] Result {
public:
    using Value = T;

    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    T& value() & { return std::get<0>(held_); }
    const T& value() const& { return std::get<0>(held_); }
    T&& value() && { return std::get<0>(std::move(held_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const& { return std::get<1>(held_); }
    Error&& error() && { return std::get<1>(std::move(held_)); }

private:
    std::variant<T, Error> held_;
};

/// Success without a value, or an Error: `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    bool ok() const noexcept { return !error_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    const Error& error() const& { return error_.value(); }
    Error&& error() && { return std::move(error_).value(); }

private:
    std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace tsunagi
