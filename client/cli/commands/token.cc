// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/token.h"

#include "client/cli/commands/file_argument.h"
#include "client/errors.h"
#include "client/statefile/reader.h"
#include "common/text.h"

namespace stateserver::client {

absl::StatusOr<std::string> StateToken(const std::string& value, std::string_view command) {
  if (value.empty() || IsToken(value)) return value;
  RETURN_IF_ERROR(CheckInputFile(value, "'--if-unchanged-since'", command));
  ReaderOptions options;
  options.must_import = false;
  ASSIGN_OR_RETURN(auto reader, StateFileReader::Open(value, options));
  const std::string& token = reader->header().token;
  if (!token.empty()) return token;
  return ClientError(ClientReason::SETTINGS_INVALID,
                     Cat("The state file '", value, "' carries no state token."),
                     "Only files that stateclient exported do; or give the token itself, 64 "
                     "hexadecimal digits.");
}

}  // namespace stateserver::client
