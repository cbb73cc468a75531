// SPDX-License-Identifier: Apache-2.0
//
// The text that a password_command prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::postgres {

struct PrintedPassword {
  std::string text;
  // absl::InfiniteFuture() if the output does not name a time.
  absl::Time expires = absl::InfiniteFuture();
};

// Parses one line of plain text, or a JSON object: its password is `password`, `token` (gcloud) or
// `accessToken` (az); the time at which it expires is `expires_at`, `expiration`, `expires_on`
// (az), `expiresOn` (az, local time) or `expiry` (gcloud, an object with `datetime`). A time is a
// text of RFC 3339, which is UTC without a zone, or a number of seconds since 1970. Returns
// ARGUMENT_INVALID with a phrase that follows "printed", and never repeats a part of the output.
absl::StatusOr<PrintedPassword> ParsePassword(std::string_view output);

// Returns the first line of a command's stderr that is not empty, at most 300 bytes of it, without
// `secrets`, without the values of words such as "password=", and without long opaque words, which
// may be tokens.
std::string FirstLineWithoutSecrets(std::string_view errors,
                                    const std::vector<std::string>& secrets);

}  // namespace stateserver::postgres
