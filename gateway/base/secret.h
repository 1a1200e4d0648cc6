#pragma once
#include <ostream>
#include <utility>

namespace tsunagi {

/// A value that cannot be printed, compared or logged by accident: keys, tokens, identities.
/// `reveal()` is the one way in, easy to find in a review.
template <class T>
class Secret {
public:
    Secret() = default;
    explicit Secret(T value) : value_(std::move(value)) {}
    const T& reveal() const& noexcept { return value_; }
    friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

private:
    T value_{};
};

}  // namespace tsunagi
