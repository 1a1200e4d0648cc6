#pragma once
#include <ostream>
#include <string>
#include <string_view>

namespace tsunagi::app {

/// Tells the story on a terminal and keeps count of what did not hold. Thread rule: one thread.
class Narrator {
public:
    explicit Narrator(std::ostream& out) : out_(out) {}

    void chapter(std::string_view number, std::string_view ja, std::string_view en);
    /// One or more lines.
    void say(std::string_view ja, std::string_view en = {});
    /// "label  value", the labels of one block aligned.
    void fact(std::string_view label, std::string_view value);
    /// What the clinic wrote and what the hospital sees of it.
    void both_sides(std::string_view label, std::string_view written, std::string_view seen);

    /// One expectation: printed, and counted when it does not hold, with what was there instead.
    bool check(bool holds, std::string_view ja, std::string_view en, std::string_view got = {});
    bool equal(std::string_view got, std::string_view expected, std::string_view ja,
               std::string_view en);

    int failures() const noexcept { return failures_; }

private:
    std::ostream& out_;
    int failures_ = 0;
};

/// Columns that `text` takes on a terminal: East Asian wide and full-width characters take two.
std::size_t columns(std::string_view text);

/// The first `most` columns of `text`, on one line, with "…" when something was left out.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace tsunagi::app
