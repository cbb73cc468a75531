// SPDX-License-Identifier: Apache-2.0
//
// Migrations 90 and 94: columns of `_snapshots` that repeat values of the document.
#include "common/error.h"
#include "common/json/restyler.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {
namespace {

// Formats the text as Python's json.dumps does.
std::string Dumped(std::string_view json) {
  std::string out;
  json::Restyler restyler({json::Layout::kSpaced, json::Charset::kAscii});
  restyler.Feed(json, &out);
  restyler.Finish(&out);
  return out;
}

// The value 3 of change_category.
constexpr std::string_view kForwardOnlyCategory = "3";

}  // namespace

absl::StatusOr<bool> FillForwardOnly(SnapshotRow& row) {
  Draft* forward_only = row.document().Find("forward_only");
  if (forward_only == nullptr || forward_only->IsNull()) {
    Draft* category = row.document().Find("change_category");
    row.forward_only = category != nullptr && category->raw() == kForwardOnlyCategory;
    return true;
  }
  if (forward_only->raw() != "true" && forward_only->raw() != "false") {
    return row.Corrupt("forward_only", "is neither true nor false");
  }
  row.forward_only = forward_only->raw() == "true";
  return true;
}

absl::StatusOr<bool> FillFingerprint(SnapshotRow& row) {
  Draft* dev_version = row.document().Find("dev_version");
  if (dev_version != nullptr && !dev_version->IsNull()) {
    if (!dev_version->IsString()) return row.Corrupt("dev_version", "is not text");
    row.dev_version = dev_version->Text();
  }
  ASSIGN_OR_RETURN(Draft * fingerprint, row.Object(row.document(), "fingerprint", "fingerprint"));
  if (fingerprint == nullptr) return row.Corrupt("fingerprint", "is missing");
  std::string now;
  fingerprint->Write(false, &now);
  row.fingerprint = Dumped(now);
  row.fills_fingerprint = true;
  return true;
}

}  // namespace stateserver::migrations
