#pragma once
#include <concepts>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/id.h"

namespace tsunagi {

/// One field of a log event: an id, a code, a count. There is no constructor for outside text,
/// names or bodies.
class LogField {
public:
    LogField(std::string_view key, std::integral auto value)
        : key_(key),
          json_(std::is_same_v<decltype(value), bool> ? (value ? "true" : "false")
                                                      : std::to_string(value)) {}
    LogField(std::string_view key, Code code);
    template <class Tag>
    LogField(std::string_view key, const Id<Tag>& id) : LogField(key, Word{id.text()}) {}

    /// A word of our own program text (state, route, rule id). A literal by construction.
    template <std::size_t N>
    LogField(std::string_view key, const char (&literal)[N])
        : LogField(key, Word{{literal, N - 1}}) {}

    /// Names a word that is not a literal but is known to be ours: a rule id, a state, a file of
    /// the installation.
    struct Word {
        std::string_view text;
    };
    LogField(std::string_view key, Word word);

    std::string_view key() const { return key_; }
    const std::string& json() const { return json_; }

private:
    std::string_view key_;
    std::string json_;
};

enum class Severity { Info, Warning, Error };

/// Events as JSON lines ({"time","level","event",...}) to a sink. Thread rule: any thread. No
/// patient data can enter: fields take ids, counts and codes (style.md rule 10).
class EventLog {
public:
    using Sink = std::function<void(std::string_view line)>;
    EventLog(const Clock& clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}

    void info(std::string_view event, std::initializer_list<LogField> fields = {});
    void warning(std::string_view event, std::initializer_list<LogField> fields = {});
    void error(std::string_view event, std::initializer_list<LogField> fields = {});

private:
    void write(Severity severity, std::string_view event, std::initializer_list<LogField> fields);
    const Clock& clock_;
    Sink sink_;
    std::mutex mutex_;
};

/// The sink of every program: one write to standard error a line.
EventLog::Sink standard_error_sink();

}  // namespace tsunagi
