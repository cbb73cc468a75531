// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/origin.h"

#include "common/text.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "tests/unit/server/operations/helpers.h"

namespace stateserver::restore_points {
namespace {

const char kBackup[] =
    "DROP TABLE IF EXISTS sqlmesh._versions_backup;"
    " CREATE TABLE sqlmesh._versions_backup (LIKE sqlmesh._versions INCLUDING ALL);"
    " INSERT INTO sqlmesh._versions_backup SELECT * FROM sqlmesh._versions;";

class OriginTest : public operations::OperationsTest {
 protected:
  // Takes a restore point and runs `sql` in the same transaction.
  std::string Change(const std::string& reason, const std::string& sql,
                     const std::string& restores = "") {
    EXPECT_OK(operations::EnsureSchema(*Acquire()));
    auto writer = Acquire();
    EXPECT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
    auto point = TakeRestorePoint(
        *writer, *pool_, {}, {"sqlmesh", reason, operations::kId, /*own_session=*/true, restores});
    EXPECT_OK(point.status());
    if (!sql.empty()) EXPECT_OK(writer->Execute(sql));
    if (!restores.empty()) EXPECT_OK(Restore(*writer, "sqlmesh", restores));
    EXPECT_OK(writer->Commit());
    return point.ok() ? point->id : "";
  }

  std::string Migrate(const std::string& release, bool with_backup = false) {
    return Change("migrate", Cat(with_backup ? kBackup : "", Write(release)));
  }

  static std::string Write(const std::string& release) {
    return Cat(
        "DELETE FROM sqlmesh._versions WHERE TRUE;"
        " INSERT INTO sqlmesh._versions VALUES (102, '30.8.0', '",
        release, "')");
  }

  // The id of the last migration's restore point; empty if there is none.
  std::string Found() {
    store::Versions current{102, "30.8.0", Ask("SELECT sqlmesh_version FROM sqlmesh._versions")};
    auto origin = FindOrigin(*Acquire(), "sqlmesh", current);
    EXPECT_OK(origin.status());
    transaction_ = origin->transaction;
    return origin->restore_point.has_value() ? origin->restore_point->id : "";
  }

  bool BackupsProven() {
    auto proven = BackupTablesAreOf(*Acquire(), "sqlmesh", transaction_);
    EXPECT_OK(proven.status());
    return *proven;
  }

  std::string transaction_;  // of the last Found
};

TEST_F(OriginTest, OtherChangesAreNoMigrations) {
  CreateState(3);
  EXPECT_EQ(Found(), "");
  std::string point = Migrate("0.236.5");
  Change("import --replace", "DELETE FROM sqlmesh._snapshots");
  EXPECT_EQ(Found(), point);
}

TEST_F(OriginTest, FollowsRestoresThroughAChain) {
  CreateState(3);
  std::string first = Migrate("0.236.5");
  std::string second = Migrate("0.236.6");
  std::string third = Migrate("0.236.7");
  EXPECT_EQ(Found(), third);
  std::string undo = Change("rollback", "", third);
  EXPECT_EQ(Found(), second);
  Change("rollback", "", second);
  EXPECT_EQ(Found(), first);
  Change("restore", "", undo);
  EXPECT_EQ(Found(), third);
  Change("restore", "", first);
  EXPECT_EQ(Found(), "");
}

TEST_F(OriginTest, VersionsThatSomeoneElseWrote) {
  CreateState(3);
  Migrate("0.236.5", /*with_backup=*/true);
  Found();
  EXPECT_TRUE(BackupsProven());
  ASSERT_OK(Acquire()->Execute(Write("0.236.6")));
  EXPECT_EQ(Found(), "");
  EXPECT_NE(transaction_, "");
  EXPECT_FALSE(BackupsProven());
}

TEST_F(OriginTest, BackupTablesOfAnEarlierMigration) {
  CreateState(3);
  Migrate("0.236.5", /*with_backup=*/true);
  std::string second = Migrate("0.236.6");
  EXPECT_EQ(Found(), second);
  EXPECT_FALSE(BackupsProven());
  // They belong to the last migration again once the second is rolled back.
  Change("rollback", "", second);
  EXPECT_NE(Found(), "");
  EXPECT_TRUE(BackupsProven());
}

TEST_F(OriginTest, AMigrationThatSqlmeshRolledBack) {
  CreateState(3);
  std::string first = Migrate("0.236.5");
  Migrate("0.237.0", /*with_backup=*/true);
  ASSERT_OK(
      Acquire()->Execute("DROP TABLE sqlmesh._versions;"
                         " ALTER TABLE sqlmesh._versions_backup RENAME TO _versions"));
  EXPECT_EQ(Found(), first);
}

TEST_F(OriginTest, RestorePointsOfADump) {
  CreateState(3);
  Migrate("0.236.5");
  // One transaction loads everything.
  ASSERT_OK(
      Acquire()->Execute("CREATE TABLE copy AS SELECT * FROM stateserver.restore_points;"
                         " DROP TABLE stateserver.restore_points CASCADE;"
                         " ALTER TABLE copy SET SCHEMA stateserver;"
                         " ALTER TABLE stateserver.copy RENAME TO restore_points;"
                         " UPDATE sqlmesh._versions SET sqlmesh_version = sqlmesh_version"));
  EXPECT_EQ(Found(), "");
}

}  // namespace
}  // namespace stateserver::restore_points
