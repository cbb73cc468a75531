// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/password_output.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "absl/strings/numbers.h"
#include "common/error.h"
#include "common/text.h"
#include "common/utf8.h"

namespace stateserver::postgres {
namespace {

using simdjson::dom::element;

constexpr size_t kShownBytes = 300;
// A run of at least this many letters, digits and the other characters of tokens is hidden if it
// contains a digit.
constexpr size_t kOpaqueBytes = 24;
// Shorter secrets would hide parts of ordinary words.
constexpr size_t kHiddenBytes = 4;
constexpr std::string_view kHidden = "***";

absl::Status Wrong(std::string_view what) { return Error(Reason::ARGUMENT_INVALID, what); }

bool IsControl(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

absl::StatusOr<PrintedPassword> ParseLine(std::string_view output) {
  if (output.empty()) return Wrong("nothing");
  if (output.find('\n') != std::string_view::npos) return Wrong("more than one line");
  if (std::any_of(output.begin(), output.end(), IsControl)) {
    return Wrong("a line with control characters");
  }
  return PrintedPassword{std::string(output)};
}

// Returns nullopt for a text that is not a time.
std::optional<absl::Time> ParseText(std::string_view text, absl::TimeZone zone) {
  const std::string whole(Trim(text));
  double seconds = 0;
  if (absl::SimpleAtod(whole, &seconds))
    return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S%Ez",
                             "%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S"}) {
    absl::Time time;
    std::string unused;
    if (absl::ParseTime(format, whole, zone, &time, &unused)) return time;
  }
  return std::nullopt;
}

std::optional<absl::Time> ParseExpiry(element value, std::string_view key) {
  const bool is_local = key == "expiresOn";
  int64_t seconds = 0;
  if (value.get(seconds) == simdjson::SUCCESS) return absl::FromUnixSeconds(seconds);
  double fraction = 0;
  if (value.get(fraction) == simdjson::SUCCESS) {
    return absl::FromUnixSeconds(static_cast<int64_t>(fraction));
  }
  std::string_view text;
  element inner;
  if (value["datetime"].get(inner) == simdjson::SUCCESS) value = inner;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return ParseText(text, is_local ? absl::LocalTimeZone() : absl::UTCTimeZone());
}

absl::StatusOr<PrintedPassword> ParseObject(std::string_view output) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(output.data(), output.size()).get(root) != simdjson::SUCCESS ||
      !root.is_object()) {
    return Wrong("a line that begins with '{' but is not a JSON object");
  }
  PrintedPassword out;
  for (const char* key : {"password", "token", "accessToken"}) {
    std::string_view text;
    if (root[key].get(text) != simdjson::SUCCESS) continue;
    ASSIGN_OR_RETURN(out, ParseLine(text));
    break;
  }
  if (out.text.empty()) {
    return Wrong("a JSON object without a text 'password', 'token' or 'accessToken'");
  }
  // expires_on precedes expiresOn, which is ambiguous when clocks are changed.
  for (const char* key : {"expires_at", "expiration", "expires_on", "expiresOn", "expiry"}) {
    element value;
    if (root[key].get(value) != simdjson::SUCCESS || value.is_null()) continue;
    std::optional<absl::Time> time = ParseExpiry(value, key);
    if (!time) return Wrong(Cat("a JSON object whose '", key, "' is not a time"));
    out.expires = *time;
    break;
  }
  return out;
}

bool IsOpaque(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+' ||
         c == '=' || c == '%';
}

void Replace(std::string_view secret, std::string* text) {
  if (secret.size() < kHiddenBytes) return;
  for (size_t at = text->find(secret); at != text->npos; at = text->find(secret, at)) {
    text->replace(at, secret.size(), kHidden);
    at += kHidden.size();
  }
}

// Hides runs of token characters that are long and contain a digit.
std::string HideOpaqueWords(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t length =
        static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsOpaque) - text.begin());
    std::string_view run = text.substr(0, length);
    bool has_digit = run.find_first_of("0123456789") != run.npos;
    out += run.size() >= kOpaqueBytes && has_digit ? kHidden : run;
    text.remove_prefix(length);
    if (text.empty()) break;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

// Hides the word behind "password=", "token: " and the like.
void HideNamedValues(std::string* text) {
  constexpr std::string_view kEnds = " \t,;&'\"";
  for (std::string_view name : {"password", "passwd", "pwd", "token", "secret", "signature"}) {
    for (size_t at = Lower(*text).find(name); at != text->npos;
         at = Lower(*text).find(name, at + 1)) {
      size_t begin = text->find_first_not_of("'\" ", at + name.size());
      if (begin == text->npos || ((*text)[begin] != '=' && (*text)[begin] != ':')) continue;
      begin = text->find_first_not_of("'\" ", begin + 1);
      if (begin == text->npos) break;
      size_t end = std::min(text->find_first_of(kEnds, begin), text->size());
      text->replace(begin, end - begin, kHidden);
    }
  }
}

}  // namespace

absl::StatusOr<PrintedPassword> ParsePassword(std::string_view output) {
  output = Trim(output, "\r\n");
  std::string_view content = Trim(output);
  return content.starts_with('{') ? ParseObject(content) : ParseLine(output);
}

std::string FirstLineWithoutSecrets(std::string_view errors,
                                    const std::vector<std::string>& secrets) {
  errors = Trim(errors);
  std::string line(Trim(errors.substr(0, errors.find('\n'))));
  for (const std::string& secret : secrets) Replace(secret, &line);
  HideNamedValues(&line);
  line = HideOpaqueWords(line);
  for (char& c : line) c = IsControl(c) ? ' ' : c;
  if (line.size() > kShownBytes) line.resize(kShownBytes);
  return ToValidUtf8(line);
}

}  // namespace stateserver::postgres
