// SPDX-License-Identifier: Apache-2.0
//
// A text as a bearer token, and as a tokens file: what is read is printed, and reads back the same.
#include <string>

#include "common/error.h"
#include "server/platform/auth/tokens.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace auth = stateserver::auth;

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void CheckToken(std::string_view text) {
  auto parts = auth::ParseToken(text);
  // "sst_", 12 digits, "_", 64 digits.
  bool valid = text.size() == 81 && text.starts_with("sst_") && IsHex(text.substr(4, 12), 12) &&
               text[16] == '_' && IsHex(text.substr(17), 64);
  Check(parts.has_value() == valid);
  if (parts) Check(auth::TokenText(*parts) == text);
}

void CheckSame(const auth::TokenEntry& a, const auth::TokenEntry& b) {
  Check(a.id == b.id && a.principal == b.principal && a.roles == b.roles && a.salt == b.salt);
  Check(a.hash == b.hash);
  // The file holds whole seconds.
  Check(auth::TimeText(a.created) == auth::TimeText(b.created));
  Check(auth::TimeText(a.expires) == auth::TimeText(b.expires));
}

void CheckFile(const std::string& text) {
  auto entries = auth::ParseTokens(text, "tokens.yaml");
  if (!entries.ok()) {
    Check(stateserver::ReasonOf(entries.status()) == stateserver::Reason::ARGUMENT_INVALID);
    Check(stateserver::MessageOf(entries.status()).starts_with("tokens.yaml"));
    return;
  }
  auto again = auth::ParseTokens(auth::FormatTokens(*entries), "printed");
  Check(again.ok() && again->size() == entries->size());
  for (size_t i = 0; i < entries->size(); ++i) {
    const auth::TokenEntry& entry = (*entries)[i];
    Check(IsHex(entry.id, 12) && IsHex(entry.salt, 32) && IsHex(entry.hash, 64));
    Check(!entry.principal.empty() && !entry.roles.empty());
    CheckSame(entry, (*again)[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  CheckToken(text);
  CheckFile(std::string(text));
  return 0;
}
