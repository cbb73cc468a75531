// SPDX-License-Identifier: Apache-2.0
//
// Which tables go with which snapshots.
#include <gtest/gtest.h>

#include "server/sqlmesh/maintenance/physical_names.h"

namespace stateserver::maintenance {
namespace {

VersionedSnapshot Snapshot(std::string identifier, std::string version, std::string dev_version,
                           int64_t updated_ts, bool expired) {
  return {std::move(identifier), std::move(version), std::move(dev_version), updated_ts, expired};
}

TEST(CleanupTargetsTest, NothingExpired) {
  std::vector<VersionedSnapshot> snapshots = {Snapshot("a", "v", "d", 1, false)};
  EXPECT_TRUE(CleanupTargets(snapshots).empty());
}

TEST(CleanupTargetsTest, TheLastOfAVersionTakesBothTables) {
  std::vector<VersionedSnapshot> snapshots = {Snapshot("a", "v", "d1", 2, true),
                                              Snapshot("b", "v", "d2", 1, true)};
  auto targets = CleanupTargets(snapshots);
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].snapshot, 1u);  // the older one, whatever its place
  EXPECT_TRUE(targets[0].dev_table_only);
  EXPECT_EQ(targets[1].snapshot, 0u);
  EXPECT_FALSE(targets[1].dev_table_only);
}

TEST(CleanupTargetsTest, AUsedVersionKeepsItsTable) {
  std::vector<VersionedSnapshot> snapshots = {Snapshot("a", "v", "d1", 1, true),
                                              Snapshot("b", "v", "d2", 2, false)};
  auto targets = CleanupTargets(snapshots);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_TRUE(targets[0].dev_table_only);
}

TEST(CleanupTargetsTest, AUsedDevelopmentTableStays) {
  std::vector<VersionedSnapshot> snapshots = {Snapshot("a", "v", "d", 1, true),
                                              Snapshot("b", "v", "d", 2, false)};
  EXPECT_TRUE(CleanupTargets(snapshots).empty());
}

TEST(CleanupTargetsTest, OtherVersionsDoNotCount) {
  std::vector<VersionedSnapshot> snapshots = {Snapshot("a", "v1", "d", 1, true),
                                              Snapshot("b", "v2", "d", 2, false)};
  auto targets = CleanupTargets(snapshots);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_FALSE(targets[0].dev_table_only);
}

}  // namespace
}  // namespace stateserver::maintenance
