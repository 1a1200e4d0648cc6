#pragma once
#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace tsunagi {

/// An identifier that does not mix with another kind: `using CaseId = Id<struct CaseIdTag>;`. Holds
/// text; empty = none.
template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string text) : text_(std::move(text)) {}

    const std::string& text() const& noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string text_;
};

}  // namespace tsunagi

template <class Tag>
struct std::hash<tsunagi::Id<Tag>> {
    std::size_t operator()(const tsunagi::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.text());
    }
};
