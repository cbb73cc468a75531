// SPDX-License-Identifier: Apache-2.0
//
// Whether an Export stream brought what its trailer says.
#pragma once

#include "absl/status/status.h"
#include "client/connection/client.h"
#include "common/sha256.h"

namespace stateserver::client {

// Takes every message in order. Errors are STREAM_INCOMPLETE.
class ExportCheck {
 public:
  // A message out of place: records before the header, anything after the
  // trailer, parts of a record torn apart.
  absl::Status Take(const pb::ExportResponse& message);

  // At the end of the stream: the trailer came, counts and checksum agree.
  absl::Status Finish();

  bool has_header() const { return has_header_; }
  const pb::ExportTrailer& trailer() const { return trailer_; }

 private:
  absl::Status TakeRecord(const pb::Record& record);

  bool has_header_ = false;
  bool has_trailer_ = false;
  bool in_record_ = false;
  pb::Section section_ = pb::SECTION_UNSPECIFIED;
  int64_t snapshots_ = 0;
  int64_t environments_ = 0;
  Sha256 checksum_;
  pb::ExportTrailer trailer_;
};

}  // namespace stateserver::client
