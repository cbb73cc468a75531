// SPDX-License-Identifier: Apache-2.0

#include "client/schema/answer_files.h"

#include "client/errors.h"
#include "client/folder_file.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::client {

absl::Status AnswerFiles::Add(const std::string& name, const std::string& piece) {
  if (files_.empty() || files_.back().name != name) {
    RETURN_IF_ERROR(CheckFileName(name, suffix_));
    if (!names_.insert(name).second) {
      return ClientError(ClientReason::ANSWER_INVALID,
                         Cat("The server sent two files named '", name, "'. Nothing was written."));
    }
    if (names_.size() > kMostFiles) {
      return ClientError(
          ClientReason::ANSWER_INVALID,
          Cat("The server sent more than ", kMostFiles, " files. Nothing was written."),
          "Use --include to ask for fewer objects at a time.");
    }
    files_.push_back({name, ""});
  }
  files_.back().text.append(piece);
  return absl::OkStatus();
}

}  // namespace stateserver::client
