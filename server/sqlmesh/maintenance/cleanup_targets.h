// SPDX-License-Identifier: Apache-2.0
//
// Which physical tables nobody uses once some snapshots of a model are gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stateserver::maintenance {

struct VersionedSnapshot {
  std::string identifier;
  std::string version;
  std::string dev_version;
  int64_t updated_ts = 0;
  bool expired = false;
};

struct CleanupTarget {
  size_t snapshot = 0;  // index of the one whose tables go
  // Others still use the deployable table: only the development one goes.
  bool dev_table_only = false;
};

// `snapshots` are all of one name. The rule of SQLMesh's get_expired_snapshots,
// taken for one expired snapshot after the other, oldest first: the development
// table goes with the last snapshot of (version, dev_version), the deployable
// one with the last of the version. (SQLMesh decides for up to 200 at once,
// which leaves tables behind where two versions share a dev_version.)
std::vector<CleanupTarget> CleanupTargets(std::span<const VersionedSnapshot> snapshots);

}  // namespace stateserver::maintenance
