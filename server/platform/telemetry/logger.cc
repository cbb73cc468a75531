// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/logger.h"

#include <cmath>
#include <cstdio>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/utf8.h"
#include "spdlog/logger.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace stateserver::telemetry {

namespace {

constexpr unsigned char kDelete = 0x7F;

bool IsControl(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == kDelete;
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  if (!IsControl(c)) {
    out->push_back(c);
    return;
  }
  char buffer[8];
  std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned char>(c));
  out->append(buffer);
}

constexpr LogLevel kLevels[] = {LogLevel::kTrace,   LogLevel::kDebug, LogLevel::kInfo,
                                LogLevel::kWarning, LogLevel::kError, LogLevel::kOff};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// Appends `text` in the way of `append`, or its start with a note of how much is missing. Callers
// control many values, which must not produce a line of megabytes.
template <typename Append>
void AppendCut(std::string_view text, size_t limit, const Append& append) {
  if (text.size() <= limit) return append(text);
  // Does not split a character of well-formed text.
  size_t end = limit;
  while (end > limit - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  append(std::string(text.substr(0, end)) + "… (" + std::to_string(text.size() - end) +
         " bytes cut)");
}

std::string Timestamp() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

std::string JsonLine(LogLevel level, std::string_view message, const Fields& fields) {
  std::string line = "{\"ts\":\"" + Timestamp() + "\",\"level\":\"";
  line.append(LogLevelName(level)).append("\",\"msg\":");
  AppendCut(message, kMaxLoggedValue,
            [&](std::string_view text) { AppendJsonString(text, &line); });
  size_t left_out = 0;
  for (const Field& field : fields) {
    if (line.size() > kMaxLoggedLine) {
      ++left_out;
      continue;
    }
    line.push_back(',');
    AppendJsonString(field.key, &line);
    line.push_back(':');
    field.value.AppendJson(&line);
  }
  if (left_out > 0) line.append(",\"fields_left_out\":").append(std::to_string(left_out));
  line.push_back('}');
  return line;
}

std::string TextLine(LogLevel level, std::string_view message, const Fields& fields) {
  std::string line = Timestamp();
  line.push_back(' ');
  line.append(LogLevelName(level)).push_back(' ');
  AppendCut(message, kMaxLoggedValue,
            [&](std::string_view text) { AppendTextWord(text, /*quote_spaces=*/false, &line); });
  size_t left_out = 0;
  for (const Field& field : fields) {
    if (line.size() > kMaxLoggedLine) {
      ++left_out;
      continue;
    }
    line.append(" ").append(field.key).push_back('=');
    field.value.AppendText(&line);
  }
  if (left_out > 0) line.append(" fields_left_out=").append(std::to_string(left_out));
  return line;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : ToValidUtf8(text)) AppendEscaped(c, out);
  out->push_back('"');
}

void AppendTextWord(std::string_view text, bool quote_spaces, std::string* out) {
  bool plain = !(quote_spaces && text.empty());
  for (char c : text) {
    if (IsControl(c) || (quote_spaces && (c == ' ' || c == '=' || c == '"'))) plain = false;
  }
  if (plain) {
    out->append(ToValidUtf8(text));
  } else {
    AppendJsonString(text, out);
  }
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (LogLevel level : kLevels) {
    if (name == LogLevelName(level)) return level;
  }
  return std::nullopt;
}

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "trace";
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      return "off";
  }
  return "info";
}

void Value::AppendJson(std::string* out) const {
  if (const auto* text = std::get_if<std::string>(&value_)) {
    AppendCut(*text, kMaxLoggedValue, [&](std::string_view cut) { AppendJsonString(cut, out); });
  } else {
    AppendText(out);
  }
}

void Value::AppendText(std::string* out) const {
  if (const auto* text = std::get_if<std::string>(&value_)) {
    AppendCut(*text, kMaxLoggedValue,
              [&](std::string_view cut) { AppendTextWord(cut, /*quote_spaces=*/true, out); });
  } else if (const auto* number = std::get_if<int64_t>(&value_)) {
    out->append(std::to_string(*number));
  } else if (const auto* fraction = std::get_if<double>(&value_)) {
    char buffer[32];
    // JSON has neither infinity nor NaN.
    if (std::isfinite(*fraction)) {
      std::snprintf(buffer, sizeof(buffer), "%.9g", *fraction);
      out->append(buffer);
    } else {
      out->append("null");
    }
  } else {
    out->append(std::get<bool>(value_) ? "true" : "false");
  }
}

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view message,
                          const Fields& fields) {
  return format == LogFormat::kJson ? JsonLine(level, message, fields)
                                    : TextLine(level, message, fields);
}

Logger::Logger(LogFormat format, LogLevel level)
    : Logger(format, level, std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

Logger::Logger(LogFormat format, LogLevel level, std::shared_ptr<spdlog::sinks::sink> sink)
    : format_(format), logger_(std::make_unique<spdlog::logger>("stateserver", std::move(sink))) {
  logger_->set_pattern("%v");
  // A failure to write the log must not end the call that it describes.
  logger_->set_error_handler([](const std::string&) {});
  logger_->flush_on(spdlog::level::trace);
  set_level(level);
}

Logger::~Logger() = default;

void Logger::Log(LogLevel level, std::string_view message, const Fields& fields) {
  spdlog::level::level_enum spdlog_level = ToSpdlog(level);
  if (!logger_->should_log(spdlog_level)) return;
  std::string line = FormatLogLine(format_, level, message, fields);
  logger_->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

void Logger::set_level(LogLevel level) { logger_->set_level(ToSpdlog(level)); }

LogLevel Logger::level() const {
  for (LogLevel level : kLevels) {
    if (logger_->level() == ToSpdlog(level)) return level;
  }
  return LogLevel::kInfo;
}

}  // namespace stateserver::telemetry
