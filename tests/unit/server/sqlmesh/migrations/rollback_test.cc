// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rollback.h"

#include "common/text.h"
#include "common/uuid.h"
#include "server/sqlmesh/migrations/migrator.h"
#include "tests/unit/server/operations/helpers.h"

namespace stateserver::migrations {
namespace {

class RollbackTest : public operations::OperationsTest {
 protected:
  // A state of an older minor release, so that its first migration makes backup tables.
  void CreateOlderState() {
    CreateState(5);
    ASSERT_OK(Acquire()->Execute(
        "UPDATE sqlmesh._versions SET sqlglot_version = '30.4.3', sqlmesh_version = '0.235.9'"));
  }

  restore_points::StateChangeOptions Options(bool dry_run = false) {
    restore_points::StateChangeOptions options;
    options.gateway = "local";
    options.schema = "sqlmesh";
    options.operation_id = NewUuid();
    options.dry_run = dry_run;
    options.lock_timeout = absl::Seconds(2);
    return options;
  }

  void Migrate(const std::string& release) {
    MigrateOptions options;
    options.change = Options();
    options.to = release;
    auto outcome = MigrateState(*pool_, call_, options, Ignore);
    ASSERT_OK(outcome.status());
    EXPECT_TRUE(outcome->result.changed);
  }

  absl::StatusOr<RollbackResult> Rollback(bool dry_run = false,
                                          std::optional<store::Versions> if_after = {}) {
    auto outcome = RollbackState(*pool_, call_, {Options(dry_run), std::move(if_after)}, Ignore);
    if (!outcome.ok()) return outcome.status();
    return std::move(outcome->result);
  }

  // Someone creates an environment and a snapshot, and applies a plan to prod.
  void Work(const std::string& name) {
    ASSERT_OK(Acquire()->Execute(
        Cat("INSERT INTO sqlmesh._environments (name, plan_id, snapshots) VALUES ('", name,
            "', 'p', '[]'); UPDATE sqlmesh._environments SET plan_id = '", name,
            "' WHERE name = 'prod'; INSERT INTO sqlmesh._snapshots (name, identifier, version,"
            " snapshot) VALUES ('",
            name, "', '1', '1', '{}')")));
  }

  std::string Tables() {
    return Ask(
        "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables"
        " WHERE schemaname = 'sqlmesh' AND tablename LIKE '%backup'");
  }

  static void Ignore(std::string_view, int64_t, int64_t) {}

  CallContext call_;
};

TEST_F(RollbackTest, GoesBackOverAChainOfFourEachWay) {
  CreateOlderState();
  for (const char* tag : {"first", "second"}) {
    std::vector<std::string> digests;
    for (const char* release : {"0.236.0", "0.236.1", "0.236.2", "0.236.4"}) {
      Work(Cat(tag, digests.size()));
      digests.push_back(Digest());
      Migrate(release);
    }
    Work(Cat(tag, 4));
    for (size_t i = 4; i-- > 0;) {
      std::string before = Digest();
      auto preview = Rollback(/*dry_run=*/true);
      ASSERT_OK(preview.status());
      EXPECT_EQ(Digest(), before);
      auto result = Rollback(/*dry_run=*/false, preview->after);
      ASSERT_OK(result.status());
      EXPECT_EQ(Digest(), digests[i]);
      EXPECT_EQ(result->source_restore_point_id, preview->source_restore_point_id);
      std::vector<std::string> lost = {Cat(tag, i + 1)};
      EXPECT_EQ(result->losses.environment_names, lost);
      EXPECT_EQ(result->losses.snapshot_names, lost);
      EXPECT_EQ(result->losses.reverted_names, std::vector<std::string>{"prod"});
      EXPECT_EQ(preview->losses.snapshot_names, lost);
    }
    EXPECT_EQ(Tables(), "");
    auto nothing = Rollback();
    EXPECT_EQ(ReasonOf(nothing.status()), Reason::BACKUP_MISSING) << nothing.status();
    EXPECT_EQ(Digest(), digests[0]);
  }
}

TEST_F(RollbackTest, UsesTheBackupTablesOfTheLastMigrationOnly) {
  CreateOlderState();
  std::string before = Digest();
  Migrate("0.236.0");
  Work("lost");
  // The migration's own copy of a snapshot is not lost.
  ASSERT_OK(Acquire()->Execute(
      "INSERT INTO sqlmesh._snapshots (name, identifier, version, snapshot)"
      " SELECT name, '999', version, '{\"migrated\":true}' FROM sqlmesh._snapshots"
      " WHERE name <> 'lost' LIMIT 1"));
  ASSERT_OK(Acquire()->Execute("DELETE FROM stateserver.restore_points"));
  auto result = Rollback();
  ASSERT_OK(result.status());
  EXPECT_EQ(Digest(), before);
  EXPECT_EQ(result->source_restore_point_id, "");
  EXPECT_EQ(result->losses.environment_names, std::vector<std::string>{"lost"});
  EXPECT_EQ(result->losses.snapshot_names, std::vector<std::string>{"lost"});

  Migrate("0.236.0");
  Migrate("0.236.4");
  ASSERT_OK(Acquire()->Execute("DELETE FROM stateserver.restore_points"));
  before = Digest();
  auto refused = Rollback();
  EXPECT_EQ(ReasonOf(refused.status()), Reason::BACKUP_MISSING) << refused.status();
  EXPECT_NE(HintOf(refused.status()).find("SQLMesh 0.235.9"), std::string::npos);
  EXPECT_EQ(Digest(), before);
}

TEST_F(RollbackTest, IsRefusedIfItGoesElsewhereThanExpected) {
  CreateOlderState();
  Migrate("0.236.0");
  auto preview = Rollback(/*dry_run=*/true);
  ASSERT_OK(preview.status());
  Migrate("0.236.4");
  std::string before = Digest();
  auto refused = Rollback(/*dry_run=*/false, preview->after);
  EXPECT_EQ(ReasonOf(refused.status()), Reason::STATE_CHANGED) << refused.status();
  EXPECT_EQ(Digest(), before);
}

}  // namespace
}  // namespace stateserver::migrations
