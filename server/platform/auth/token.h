// SPDX-License-Identifier: Apache-2.0
//
// Bearer tokens of our own: "sst_ID_SECRET", where ID finds the entry in the tokens
// file and SECRET is 256 random bits. A salted SHA-256 is enough for a secret that
// nobody can guess; a slow hash would let anybody keep the server busy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stateserver::auth {

struct TokenParts {
  std::string id;      // 12 lower-case hex digits
  std::string secret;  // 64 lower-case hex digits
};

// A new one, random.
TokenParts NewToken();
// 32 random hex digits.
std::string NewSalt();

std::string TokenText(const TokenParts& parts);
// nullopt for a text of another form.
std::optional<TokenParts> ParseToken(std::string_view text);

// 64 hex digits.
std::string HashSecret(std::string_view salt, std::string_view secret);
// Takes as long whatever the texts are; false where their lengths differ.
bool SameText(std::string_view a, std::string_view b);

}  // namespace stateserver::auth
