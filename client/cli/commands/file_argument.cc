// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/file_argument.h"

#include <filesystem>
#include <system_error>

#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {

absl::Status CheckInputFile(const std::string& path, std::string_view names,
                            std::string_view command) {
  if (path == "-") return absl::OkStatus();
  std::error_code error;
  auto kind = std::filesystem::status(path, error).type();
  std::string_view problem;
  if (kind == std::filesystem::file_type::not_found) problem = "does not exist.";
  if (kind == std::filesystem::file_type::directory) problem = "is a directory.";
  if (problem.empty()) return absl::OkStatus();
  return WithUsage(ClientError(ClientReason::INPUT_FILE_MISSING,
                               Cat("Invalid value for ", names, ": File '", path, "' ", problem)),
                   command);
}

absl::Status OutputError(const absl::Status& status) {
  Facts facts = FactsOf(status);
  if (status.ok() || !facts.contains("errno")) return status;
  return ClientError(ClientReason::OUTPUT_FAILED, MessageOf(status), HintOf(status),
                     std::move(facts));
}

std::string FileInWords(const std::string& path, std::string_view dash) {
  return path == "-" ? std::string(dash) : Cat("'", Printable(path), "'");
}

}  // namespace stateserver::client
