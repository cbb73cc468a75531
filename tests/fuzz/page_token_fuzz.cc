// SPDX-License-Identifier: Apache-2.0
//
// A text as a page token of each list.
#include <string>

#include "common/error.h"
#include "common/page_token.h"
#include "common/utf8.h"
#include "common/uuid.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;

template <typename T>
bool IsRead(const absl::StatusOr<T>& parsed) {
  if (parsed.ok()) return true;
  Check(stateserver::ReasonOf(parsed.status()) == stateserver::Reason::ARGUMENT_INVALID);
  Check(stateserver::MessageOf(parsed.status()).size() < 100);
  return false;
}

bool IsStorable(std::string_view text) {
  return text.find('\0') == text.npos && stateserver::ToValidUtf8(text) == text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  auto number = stateserver::ParseNumberToken(text, 7);
  if (IsRead(number)) {
    Check(*stateserver::ParseNumberToken(std::to_string(*number), 0) == *number);
  }
  auto time = stateserver::ParseTimeToken(text);
  if (IsRead(time)) {
    Check(stateserver::IsUuid(time->id) && time->ts.size() < text.size() + 20);
    Check(time->ts.find_first_not_of("-0123456789") == std::string::npos);
  }
  for (std::string_view filter : {"", "prod\x1e*"}) {
    auto key = stateserver::ParseKeyToken(text, filter);
    if (!IsRead(key)) continue;
    Check(IsStorable(key->name) && IsStorable(key->identifier));
    auto again = stateserver::ParseKeyToken(stateserver::KeyToken(*key, filter), filter);
    Check(again.ok() && again->name == key->name && again->identifier == key->identifier);
  }
  // Any two names make a token.
  std::string name(text.substr(0, size / 2));
  std::string identifier(text.substr(size / 2));
  if (IsStorable(name) && IsStorable(identifier) && text.find('\x1f') == text.npos) {
    auto key = stateserver::ParseKeyToken(stateserver::KeyToken({name, identifier}, "f"), "f");
    Check(key.ok() && key->name == name && key->identifier == identifier);
  }
  return 0;
}
