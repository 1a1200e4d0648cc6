#include "base/log.h"

#include <cstdio>

namespace tsunagi {
namespace {

/// Ids and words are ASCII; anything else becomes '?', so that no outside byte can shape a log
/// line.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        out += plain ? c : '?';
    }
    return out + "\"";
}

std::string_view name(Severity severity) {
    switch (severity) {
        case Severity::Info:
            return "info";
        case Severity::Warning:
            return "warning";
        case Severity::Error:
            return "error";
    }
    return "error";
}

}  // namespace

LogField::LogField(std::string_view key, Code code) : LogField(key, Word{tsunagi::name(code)}) {}
LogField::LogField(std::string_view key, Word word) : key_(key), json_(quoted(word.text)) {}

void EventLog::info(std::string_view event, std::initializer_list<LogField> fields) {
    write(Severity::Info, event, fields);
}
void EventLog::warning(std::string_view event, std::initializer_list<LogField> fields) {
    write(Severity::Warning, event, fields);
}
void EventLog::error(std::string_view event, std::initializer_list<LogField> fields) {
    write(Severity::Error, event, fields);
}

void EventLog::write(Severity severity, std::string_view event,
                     std::initializer_list<LogField> fields) {
    std::string line =
        "{\"time\":\"" + format_instant(clock_.now(), std::chrono::minutes{0}) + "\",\"level\":";
    line += quoted(name(severity));
    line += ",\"event\":" + quoted(event);
    for (const auto& field : fields) {
        line += ',';
        line += quoted(field.key());
        line += ':';
        line += field.json();
    }
    line += "}\n";
    const std::lock_guard lock(mutex_);
    sink_(line);
}

EventLog::Sink standard_error_sink() {
    return [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

}  // namespace tsunagi
