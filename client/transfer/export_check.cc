// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/export_check.h"

#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

absl::Status Broken(std::string_view what) {
  return ClientError(ClientReason::STREAM_INCOMPLETE,
                     Cat("The export stream is broken: ", what, "."),
                     "The file was not written; run the export again.");
}

}  // namespace

absl::Status ExportCheck::Take(const pb::ExportResponse& message) {
  if (has_trailer_) return Broken("it goes on after its trailer");
  if (message.has_header()) {
    if (has_header_) return Broken("it has two headers");
    has_header_ = true;
    return absl::OkStatus();
  }
  if (!has_header_) return Broken("it does not begin with its header");
  if (message.has_trailer()) {
    has_trailer_ = true;
    trailer_ = message.trailer();
    return absl::OkStatus();
  }
  for (const pb::Record& record : message.records().records()) RETURN_IF_ERROR(TakeRecord(record));
  return absl::OkStatus();
}

absl::Status ExportCheck::TakeRecord(const pb::Record& record) {
  bool known =
      record.section() == pb::SECTION_SNAPSHOTS || record.section() == pb::SECTION_ENVIRONMENTS;
  if (!known || record.section() < section_) return Broken("its sections are out of order");
  if (in_record_ && record.section() != section_) return Broken("a record lacks its end");
  section_ = record.section();
  in_record_ = record.continued();
  checksum_.Update(record.json());
  if (in_record_) return absl::OkStatus();
  checksum_.Update("\n");
  ++(section_ == pb::SECTION_SNAPSHOTS ? snapshots_ : environments_);
  return absl::OkStatus();
}

absl::Status ExportCheck::Finish() {
  if (!has_trailer_) return Broken("it ended without its trailer");
  if (in_record_) return Broken("a record lacks its end");
  const pb::StateCounts& counts = trailer_.counts();
  if (counts.snapshots() != snapshots_ || counts.environments() != environments_) {
    return Broken(Cat(snapshots_, " snapshots and ", environments_, " environments came, but ",
                      counts.snapshots(), " and ", counts.environments(), " were sent"));
  }
  if (trailer_.checksum() != checksum_.FinishHex()) return Broken("its checksum does not agree");
  return absl::OkStatus();
}

}  // namespace stateserver::client
