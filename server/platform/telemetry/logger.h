// SPDX-License-Identifier: Apache-2.0
//
// Structured logging: one event is one line on stderr, with named fields.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spdlog {
class logger;
namespace sinks {
class sink;
}
}  // namespace spdlog

namespace stateserver::telemetry {

// Appends `text` as a JSON string with its quotes. Escapes control characters, so that a line stays
// one line. Replaces bytes that are not UTF-8 with U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

// Appends `text` for key=value output. Writes it unchanged if it contains nothing that would break
// the line or the key=value form, otherwise as a JSON string. Spaces and `=` require quoting only
// if `quote_spaces` is set.
void AppendTextWord(std::string_view text, bool quote_spaces, std::string* out);

// LogLevel is the severity of a line. kOff is not the level of any line; a logger at kOff writes
// nothing.
enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

// Parses "trace", "debug", "info", "warn", "error" and "off". Returns nullopt for any other word.
std::optional<LogLevel> ParseLogLevel(std::string_view name);
std::string_view LogLevelName(LogLevel level);

// Maximum bytes of one text in a line, before escaping. A longer text is truncated, and the number
// of omitted bytes is appended.
inline constexpr size_t kMaxLoggedValue = 2048;
// Size of a line, in bytes, after which further fields are omitted; the line states how many.
inline constexpr size_t kMaxLoggedLine = 16 << 10;

// Value is the value of a field: a text, an integer, a floating-point number or a boolean.
class Value {
 public:
  Value(std::string_view text) : value_(std::string(text)) {}            // NOLINT
  Value(const std::string& text) : value_(text) {}                       // NOLINT
  Value(std::string&& text) : value_(std::move(text)) {}                 // NOLINT
  Value(const char* text) : value_(std::string(text)) {}                 // NOLINT
  Value(bool truth) : value_(truth) {}                                   // NOLINT
  Value(double number) : value_(number) {}                               // NOLINT
  Value(int number) : value_(static_cast<int64_t>(number)) {}            // NOLINT
  Value(long number) : value_(static_cast<int64_t>(number)) {}           // NOLINT
  Value(long long number) : value_(static_cast<int64_t>(number)) {}      // NOLINT
  Value(unsigned number) : value_(static_cast<int64_t>(number)) {}       // NOLINT
  Value(unsigned long number) : value_(static_cast<int64_t>(number)) {}  // NOLINT

  // Appends the value as JSON. Escapes text and replaces bytes that are not UTF-8.
  void AppendJson(std::string* out) const;
  // Appends the value for key=value output. Quotes text only if necessary.
  void AppendText(std::string* out) const;

 private:
  std::variant<std::string, int64_t, double, bool> value_;
};

struct Field {
  std::string key;
  Value value;
};
using Fields = std::vector<Field>;

// Returns one line without its line feed, stamped with the current time. The JSON keys are ts,
// level and msg, then those of the fields. The line is never longer than kMaxLoggedLine plus one
// escaped value of kMaxLoggedValue bytes.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view message,
                          const Fields& fields = {});

// Logger writes lines at or above a level. A line is written completely or not at all. Thread-safe.
class Logger {
 public:
  // Writes to stderr.
  explicit Logger(LogFormat format, LogLevel level = LogLevel::kInfo);
  // Writes to `sink` and changes its pattern; for tests.
  Logger(LogFormat format, LogLevel level, std::shared_ptr<spdlog::sinks::sink> sink);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Log(LogLevel level, std::string_view message, const Fields& fields = {});

  // Drops lines below the level from now on. May be called at any time.
  void set_level(LogLevel level);
  LogLevel level() const;

 private:
  const LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace stateserver::telemetry
