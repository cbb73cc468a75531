// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/restore_points.h"

#include "server/platform/postgres/locks.h"
#include "tests/unit/server/operations/helpers.h"

namespace stateserver::restore_points {
namespace {

class RestorePointsTest : public operations::OperationsTest {
 protected:
  RestorePoint TakePoint(const std::string& reason = "import --replace", bool own_session = false) {
    EXPECT_OK(operations::EnsureSchema(*Acquire()));
    auto writer = Acquire();
    EXPECT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
    EXPECT_OK(postgres::LockState(*writer, *pool_, {}, "sqlmesh", store::StateTables(),
                                  absl::Seconds(5)));
    auto point =
        TakeRestorePoint(*writer, *pool_, {}, {"sqlmesh", reason, operations::kId, own_session});
    EXPECT_TRUE(point.ok()) << point.status().ToString();
    EXPECT_OK(writer->Commit());
    return point.ok() ? *point : RestorePoint();
  }

  absl::Status RestorePointNow(const std::string& id) {
    auto session = Acquire();
    EXPECT_OK(session->Begin(postgres::Isolation::kReadCommitted));
    absl::Status status = Restore(*session, "sqlmesh", id);
    return status.ok() ? session->Commit() : status;
  }

  // Columns and indexes of the state tables, in no particular order.
  std::string Shape() {
    return Ask(
        "SELECT string_agg(line, ' ' ORDER BY line) FROM (SELECT table_name || '.' || column_name"
        "  || ':' || data_type || is_nullable AS line FROM information_schema.columns"
        "  WHERE table_schema = 'sqlmesh' AND table_name LIKE '\\_%'"
        " UNION ALL SELECT tablename || regexp_replace(indexdef, '^.* USING ', '')"
        "  FROM pg_indexes WHERE schemaname = 'sqlmesh' AND tablename LIKE '\\_%') x");
  }
};

TEST_F(RestorePointsTest, TellsWhatItHolds) {
  CreateState(5);
  RestorePoint point = TakePoint();
  auto found = GetRestorePoint(*Acquire(), "sqlmesh", point.id);
  ASSERT_OK(found.status());
  EXPECT_EQ(found->snapshots, 5);
  EXPECT_EQ(found->environments, 1);
  EXPECT_EQ(found->interval_rows, 5);
  EXPECT_EQ(found->versions, (store::Versions{102, "30.8.0", "0.236.4"}));
  EXPECT_EQ(found->reason, "import --replace");
  EXPECT_EQ(found->operation_id, operations::kId);
  EXPECT_GT(found->raw_bytes, 0);
  EXPECT_GT(found->stored_bytes, 0);
  EXPECT_EQ(found->created_ts, point.created_ts);
  EXPECT_EQ(Ask("SELECT sum(length(data)) FROM stateserver.restore_point_chunks"),
            std::to_string(found->stored_bytes));
}

TEST_F(RestorePointsTest, BringsEveryRowBack) {
  CreateState(50, 5000);
  std::string before = Digest();
  RestorePoint point = TakePoint();
  ASSERT_OK(Acquire()->Execute(
      "DELETE FROM sqlmesh._snapshots WHERE identifier > '3'; UPDATE sqlmesh._versions SET"
      " sqlmesh_version = 'x'; DELETE FROM sqlmesh._environments;"
      " INSERT INTO sqlmesh._auto_restatements VALUES ('a', 'b', 1)"));
  EXPECT_NE(Digest(), before);
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(Digest(), before);
}

class PartitionedTest : public RestorePointsTest, public ::testing::WithParamInterface<bool> {};

// Over one session long values are read again by the row's place, which is another row's in
// another partition.
TEST_P(PartitionedTest, LongValuesComeBack) {
  CreateState();
  ASSERT_OK(Acquire()->Execute(
      "DROP TABLE sqlmesh._environments;"
      "CREATE TABLE sqlmesh._environments (name text, snapshots text) PARTITION BY LIST (name);"
      "CREATE TABLE one PARTITION OF sqlmesh._environments FOR VALUES IN ('one');"
      "CREATE TABLE two PARTITION OF sqlmesh._environments FOR VALUES IN ('two');"
      "INSERT INTO sqlmesh._environments VALUES ('one', repeat('1', 3000000)),"
      " ('two', repeat('2', 3000000))"));
  auto digest = [&] {
    return Ask("SELECT string_agg(md5(t::text), ' ' ORDER BY name) FROM sqlmesh._environments t");
  };
  std::string before = digest();
  RestorePoint point = TakePoint("test", GetParam());
  EXPECT_EQ(point.environments, 2);
  ASSERT_OK(Acquire()->Execute("DELETE FROM sqlmesh._environments"));
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(digest(), before);
}

INSTANTIATE_TEST_SUITE_P(OverOneSessionAndTwo, PartitionedTest, ::testing::Bool());

TEST_F(RestorePointsTest, CopiesTheCommittedStateOfTheInstant) {
  CreateState(2);
  ASSERT_OK(operations::EnsureSchema(*Acquire()));
  auto other = Acquire();
  ASSERT_OK(other->Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(other->Execute("INSERT INTO sqlmesh._environments (name) VALUES ('open')"));
  auto writer = Acquire();
  ASSERT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
  auto point = TakeRestorePoint(*writer, *pool_, {}, {"sqlmesh", "test", ""});
  ASSERT_OK(point.status());
  EXPECT_EQ(point->environments, 1);
  // It goes with the writer's transaction.
  writer->Rollback();
  EXPECT_TRUE(ListRestorePoints(*Acquire(), "sqlmesh")->empty());
}

TEST_F(RestorePointsTest, HoldsRowsLongerThanAChunkAndChunksOfManyRows) {
  CreateState(3, 1000);
  // Random text does not compress, so this is many chunks; one row is 8 MB.
  ASSERT_OK(Acquire()->Execute(
      "INSERT INTO sqlmesh._snapshots (name, identifier, snapshot)"
      " SELECT 'big', 'big', string_agg(md5(random()::text), '') FROM generate_series(1, 250000);"
      "INSERT INTO sqlmesh._snapshots (name, identifier, snapshot)"
      " SELECT 'r' || i, 'r', (SELECT string_agg(md5(random()::text || i || g), '')"
      "  FROM generate_series(1, 500) g) FROM generate_series(1, 200) i"));
  std::string before = Digest();
  RestorePoint point = TakePoint();
  EXPECT_GT(std::stoi(Ask("SELECT count(*) FROM stateserver.restore_point_chunks")), 4);
  ASSERT_OK(Acquire()->Execute("DELETE FROM sqlmesh._snapshots"));
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(Digest(), before);
}

TEST_F(RestorePointsTest, AnEmptyStateComesBackEmpty) {
  CreateState(0);
  RestorePoint point = TakePoint();
  ASSERT_OK(Acquire()->Execute("INSERT INTO sqlmesh._environments (name) VALUES ('new')"));
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(Ask("SELECT count(*) FROM sqlmesh._environments WHERE name = 'new'"), "0");
}

TEST_F(RestorePointsTest, WithoutAStateThereIsNothingToTake) {
  ASSERT_OK(operations::EnsureSchema(*Acquire()));
  auto writer = Acquire();
  ASSERT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
  EXPECT_REASON(NOT_MIGRATED,
                TakeRestorePoint(*writer, *pool_, {}, {"sqlmesh", "test", ""}).status());
}

TEST_F(RestorePointsTest, LoadsLinesAndTemporaryTables) {
  CreateState(20, 2000);
  RestorePoint point = TakePoint();
  std::map<std::string, int> lines;
  ASSERT_OK(Load(*Acquire(), "sqlmesh", point.id, [&](const std::string& table, std::string_view) {
    ++lines[table];
    return absl::OkStatus();
  }));
  EXPECT_EQ(lines,
            (std::map<std::string, int>{
                {"_snapshots", 20}, {"_environments", 1}, {"_intervals", 20}, {"_versions", 1}}));
  auto session = Acquire();
  ASSERT_OK(session->Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(LoadIntoTemp(*session, "sqlmesh", point.id));
  auto same = session->Query(
      "SELECT count(*) FROM (SELECT * FROM pg_temp._snapshots EXCEPT SELECT * FROM"
      " sqlmesh._snapshots) d");
  ASSERT_OK(same.status());
  EXPECT_EQ(same->Int(0, 0), 0);
  auto count = session->Query("SELECT count(*) FROM pg_temp._snapshots");
  EXPECT_EQ(count->Int(0, 0), 20);
  session->Rollback();
  EXPECT_EQ(Ask("SELECT to_regclass('pg_temp._snapshots') IS NULL"), "t");
}

TEST_F(RestorePointsTest, TablesOfAnotherShapeGetTheirShapeBack) {
  CreateState(4);
  std::string before = Digest();
  std::string shape = Shape();
  RestorePoint point = TakePoint();
  ASSERT_OK(Acquire()->Execute(
      "ALTER TABLE sqlmesh._intervals DROP COLUMN last_altered_ts;"
      "ALTER TABLE sqlmesh._snapshots ADD COLUMN later text, ALTER ttl_ms TYPE text;"
      "DROP INDEX sqlmesh._snapshots_name_version_idx;"
      "ALTER TABLE sqlmesh._auto_restatements RENAME TO renamed;"
      "CREATE TABLE sqlmesh._plan_dags (request_id text PRIMARY KEY);"
      "UPDATE sqlmesh._versions SET schema_version = 98, sqlmesh_version = '0.213.0'"));
  EXPECT_NE(Shape(), shape);
  EXPECT_FALSE(*KeepsShape(*Acquire(), "sqlmesh", point.id));
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(Shape(), shape);
  EXPECT_EQ(Digest(), before);
  EXPECT_EQ(Ask("SELECT to_regclass('sqlmesh._plan_dags') IS NULL"), "t");
  EXPECT_TRUE(*KeepsShape(*Acquire(), "sqlmesh", point.id));
}

TEST_F(RestorePointsTest, AKeyOfAnotherTypeIsRefused) {
  CreateState(2);
  RestorePoint point = TakePoint();
  ASSERT_OK(Acquire()->Execute("ALTER TABLE sqlmesh._intervals ALTER id TYPE varchar(40)"));
  std::string before = Digest();
  absl::Status status = RestorePointNow(point.id);
  EXPECT_REASON(RESTORE_POINT_INCOMPATIBLE, status);
  for (const char* part : {"_intervals", "id", "text", "character varying"}) {
    EXPECT_NE(MessageOf(status).find(part), std::string::npos) << MessageOf(status);
  }
  EXPECT_EQ(Digest(), before);
}

TEST_F(RestorePointsTest, AViewOnAColumnThatWouldGoIsNamed) {
  CreateState(2);
  RestorePoint point = TakePoint();
  ASSERT_OK(
      Acquire()->Execute("ALTER TABLE sqlmesh._snapshots ADD COLUMN later text;"
                         "CREATE VIEW public.mine AS SELECT later FROM sqlmesh._snapshots"));
  absl::Status status = RestorePointNow(point.id);
  EXPECT_REASON(DEPENDENT_OBJECTS, status);
  EXPECT_NE(MessageOf(status).find("view public.mine uses _snapshots"), std::string::npos)
      << MessageOf(status);
  ASSERT_OK(Acquire()->Execute("DROP VIEW public.mine"));
}

// With chunks of more than one fetch, text that COPY escapes, and values that
// are fetched in pieces, which may end inside a character.
TEST_F(RestorePointsTest, OneSessionCopiesTheSame) {
  CreateState(2500, 3000);
  ASSERT_OK(Acquire()->Execute(
      "UPDATE sqlmesh._environments SET requirements = '{}', snapshots ="
      " repeat(E'abcä\\\\\t\n€', 300000), promoted_snapshot_ids = repeat('ä', 1 << 20)"));
  std::string before = Digest();
  ASSERT_OK(operations::EnsureSchema(*Acquire()));
  auto writer = Acquire();
  ASSERT_OK(writer->Begin(postgres::Isolation::kReadCommitted));
  ASSERT_OK(postgres::LockState(*writer, *pool_, {}, "sqlmesh", store::StateTables(),
                                absl::Seconds(5), postgres::StateLock::kEverybody));
  auto point = TakeRestorePoint(*writer, *pool_, {}, {"sqlmesh", "test", "", /*own_session=*/true});
  ASSERT_OK(point.status());
  ASSERT_OK(writer->Commit());
  EXPECT_EQ(point->snapshots, 2500);
  RestorePoint two_sessions = TakePoint();
  EXPECT_EQ(point->raw_bytes, two_sessions.raw_bytes);
  ASSERT_OK(Acquire()->Execute("DELETE FROM sqlmesh._snapshots"));
  ASSERT_OK(RestorePointNow(point->id));
  EXPECT_EQ(Digest(), before);
}

TEST_F(RestorePointsTest, AnotherOrderOfColumnsIsNoDifference) {
  CreateState(4);
  RestorePoint point = TakePoint();
  std::string snapshots =
      Ask("SELECT md5(string_agg(name || snapshot || identifier, '|' ORDER BY"
          " name)) FROM sqlmesh._snapshots");
  ASSERT_OK(
      Acquire()->Execute("ALTER TABLE sqlmesh._snapshots RENAME COLUMN snapshot TO old;"
                         "ALTER TABLE sqlmesh._snapshots ADD COLUMN snapshot text;"
                         "ALTER TABLE sqlmesh._snapshots DROP COLUMN old"));
  ASSERT_OK(RestorePointNow(point.id));
  EXPECT_EQ(Ask("SELECT md5(string_agg(name || snapshot || identifier, '|' ORDER BY name))"
                " FROM sqlmesh._snapshots"),
            snapshots);
}

TEST_F(RestorePointsTest, DamageIsNoticed) {
  CreateState(200, 20000);
  RestorePoint point = TakePoint();
  std::string before = Digest();
  auto damage = [&](const std::string& sql) {
    auto session = Acquire();
    EXPECT_OK(session->Begin(postgres::Isolation::kReadCommitted));
    EXPECT_OK(session->Execute(sql));
    absl::Status status = Restore(*session, "sqlmesh", point.id);
    EXPECT_REASON(STATE_CORRUPT, status) << sql;
  };
  damage(
      "UPDATE stateserver.restore_point_chunks SET data = set_byte(data, length(data) / 2,"
      " get_byte(data, length(data) / 2) # 1) WHERE table_name = '_snapshots'");
  damage(
      "UPDATE stateserver.restore_point_chunks SET data = substr(data, 1, length(data) - 9)"
      " WHERE table_name = '_snapshots'");
  damage("DELETE FROM stateserver.restore_point_chunks WHERE table_name = '_versions'");
  EXPECT_EQ(Digest(), before);
}

TEST_F(RestorePointsTest, AnUnknownOneIsNamed) {
  absl::Status status = GetRestorePoint(*Acquire(), "sqlmesh", operations::kId).status();
  EXPECT_REASON(RESTORE_POINT_NOT_FOUND, status);
  CreateState(1);
  RestorePoint point = TakePoint();
  EXPECT_REASON(RESTORE_POINT_NOT_FOUND, GetRestorePoint(*Acquire(), "other", point.id).status());
  EXPECT_REASON(RESTORE_POINT_NOT_FOUND,
                GetRestorePoint(*Acquire(), "sqlmesh", operations::kId).status());
  EXPECT_REASON(ARGUMENT_INVALID, GetRestorePoint(*Acquire(), "sqlmesh", "x").status());
}

TEST_F(RestorePointsTest, PrunesByNumberAndAgeButKeepsTheNewest) {
  CreateState(1);
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(TakePoint().id);
    ASSERT_OK(
        Acquire()->Execute("UPDATE stateserver.restore_points SET created_ts = created_ts - "
                           "3600000"));
  }
  auto prune = [&](int keep, absl::Duration age) {
    auto removed = Prune(*pool_, {}, "sqlmesh", keep, age);
    EXPECT_TRUE(removed.ok()) << removed.status().ToString();
    return *removed;
  };
  EXPECT_TRUE(prune(4, absl::InfiniteDuration()).empty());
  EXPECT_EQ(prune(3, absl::InfiniteDuration()), std::vector<std::string>{ids[0]});
  // The others are 1, 2 and 3 hours old.
  EXPECT_EQ(prune(20, absl::Minutes(150)), std::vector<std::string>{ids[1]});
  EXPECT_EQ(prune(0, absl::Seconds(1)), std::vector<std::string>{ids[2]});
  auto left = ListRestorePoints(*Acquire(), "sqlmesh");
  ASSERT_OK(left.status());
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->at(0).id, ids[3]);
  EXPECT_EQ(Ask("SELECT count(DISTINCT restore_point_id) FROM stateserver.restore_point_chunks"),
            "1");
  EXPECT_TRUE(Prune(*pool_, {}, "other", 1, absl::Seconds(1))->empty());
}

}  // namespace
}  // namespace stateserver::restore_points
