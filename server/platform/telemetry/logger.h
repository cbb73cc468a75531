// SPDX-License-Identifier: Apache-2.0
//
// Log lines: one event, one line on stderr, with named fields.
#pragma once

#include <cstdint>
#include <initializer_list>
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

// Appends `text` as a JSON string with its quotes. Control characters are
// escaped, so that a line stays one line; bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

// Appends `text` for people: as it is where it holds nothing that would break
// the line or key=value apart, else as a JSON string. Spaces and `=` count as
// such only where `quote_spaces`.
void AppendTextWord(std::string_view text, bool quote_spaces, std::string* out);

// kOff is no level of a line: a logger at it writes nothing.
enum class LogLevel { kTrace, kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kText, kJson };

// "trace", "debug", "info", "warn", "error", "off"; nullopt for any other word.
std::optional<LogLevel> ParseLogLevel(std::string_view name);
std::string_view LogLevelName(LogLevel level);

// Bytes of one text in a line, before it is escaped: of what is longer, the start is written, and
// how many bytes were cut.
inline constexpr size_t kMaxLoggedValue = 2048;
// Once a line has this many bytes, further fields are left out of it, and it says how many.
inline constexpr size_t kMaxLoggedLine = 16 << 10;

// A field's value: text, whole number, fraction or truth.
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

  // Appends the value as JSON: text escaped, bytes that are no UTF-8 replaced.
  void AppendJson(std::string* out) const;
  // Appends the value as in key=value: text is quoted only where it has to be.
  void AppendText(std::string* out) const;

 private:
  std::variant<std::string, int64_t, double, bool> value_;
};

struct Field {
  std::string key;
  Value value;
};
using Fields = std::vector<Field>;

// One line without its line feed, stamped with the present time. JSON keys are
// ts, level and msg, then those of the fields. Never longer than kMaxLoggedLine and one value of
// kMaxLoggedValue bytes, escaped, together.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view message,
                          const Fields& fields = {});

// Thread-safe. A line is written whole or not at all.
class Logger {
 public:
  // Writes to stderr.
  explicit Logger(LogFormat format, LogLevel level = LogLevel::kInfo);
  // Writes to `sink`, whose pattern this changes; for tests.
  Logger(LogFormat format, LogLevel level, std::shared_ptr<spdlog::sinks::sink> sink);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Log(LogLevel level, std::string_view message, const Fields& fields = {});

  // Lines below the level are dropped. May be changed at any time.
  void set_level(LogLevel level);
  LogLevel level() const;

 private:
  const LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace stateserver::telemetry
