// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/record_stream.h"

#include "common/error.h"

namespace stateserver::transfer {

void RecordStream::Begin(Section section, std::string_view name, std::string_view identifier) {
  section_ = section;
  name_ = name;
  identifier_ = identifier;
  buffer_.clear();
}

absl::Status RecordStream::Send(std::string_view json, bool continued) {
  checksum_.Update(json);
  return sink_.Part({section_, name_, identifier_, json, continued});
}

absl::Status RecordStream::Append(std::string_view json) {
  // At least one byte stays behind, so that End() knows which part is the last.
  while (buffer_.size() + json.size() > kMaxPartBytes) {
    size_t take = kMaxPartBytes - buffer_.size();
    buffer_.append(json.substr(0, take));
    json.remove_prefix(take);
    RETURN_IF_ERROR(Send(buffer_, /*continued=*/true));
    buffer_.clear();
  }
  buffer_.append(json);
  return absl::OkStatus();
}

absl::Status RecordStream::End() {
  RETURN_IF_ERROR(Send(buffer_, /*continued=*/false));
  checksum_.Update("\n");
  return absl::OkStatus();
}

absl::Status RecordStream::Record(Section section, std::string_view name,
                                  std::string_view identifier, std::string_view json) {
  if (json.size() > kMaxPartBytes) {
    Begin(section, name, identifier);
    RETURN_IF_ERROR(Append(json));
    return End();
  }
  checksum_.Update(json);
  checksum_.Update("\n");
  return sink_.Part({section, name, identifier, json, false});
}

}  // namespace stateserver::transfer
