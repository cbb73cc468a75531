// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/table_infos.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::store {
namespace {

using simdjson::dom::element;

absl::Status Corrupt(std::string_view what) {
  return Error(Reason::STATE_CORRUPT, what, "Restore the environment's row from a backup.");
}

// Appends the contents of a valid JSON array without white space between tokens. Returns false,
// without appending anything, if a text in it may be spelled differently in the compact form.
bool AppendWithoutSpaces(std::string_view array, std::string* out) {
  if (array.find("\\u") != std::string_view::npos || array.find("\\/") != std::string_view::npos) {
    return false;
  }
  const size_t before = out->size();
  out->resize(before + array.size());
  size_t length = 0;
  if (simdjson::minify(array.data(), array.size(), out->data() + before, length) !=
          simdjson::SUCCESS ||
      length < 2) {
    out->resize(before);
    return false;
  }
  out->resize(before + length - 1);
  out->erase(before, 1);
  return true;
}

}  // namespace

absl::Status TableInfoReader::Read(std::string_view array,
                                   const std::function<void(const TableInfo&)>& visit,
                                   std::string* compact) {
  element root;
  RETURN_IF_ERROR(state::ParseDocument(&parser_, array, Reason::STATE_CORRUPT,
                                       "An environment's list of snapshots", &root));
  simdjson::dom::array elements;
  if (root.get(elements) != simdjson::SUCCESS) {
    return Corrupt("An environment's list of snapshots is not a list");
  }
  // Without this, AppendValue would be half of the work of exporting many environments.
  if (compact != nullptr && AppendWithoutSpaces(array, compact)) compact = nullptr;
  bool first = true;
  size_t index = 0;
  for (element item : elements) {
    TableInfo info;
    element fingerprint;
    state::Fingerprint parts;
    if (item["name"].get(info.name) != simdjson::SUCCESS ||
        item["fingerprint"].get(fingerprint) != simdjson::SUCCESS ||
        !state::ReadFingerprint(fingerprint, &parts)) {
      return Corrupt(Cat("element ", index,
                         " of an environment's list of snapshots has no name or "
                         "fingerprint"));
    }
    info.identifier = parts.Identifier();
    info.json = item;
    if (item["version"].get(info.version) != simdjson::SUCCESS) info.version = {};
    if (item["kind_name"].get(info.kind_name) != simdjson::SUCCESS) info.kind_name = {};
    visit(info);
    if (compact != nullptr) {
      if (!first) compact->push_back(',');
      state::AppendValue(item, compact);
    }
    first = false;
    ++index;
  }
  return absl::OkStatus();
}

absl::Status TableInfoReader::Compact(std::string_view array, std::string* compact) {
  if (AppendWithoutSpaces(array, compact)) return absl::OkStatus();
  return Read(
      array, [](const TableInfo&) {}, compact);
}

}  // namespace stateserver::store
