// SPDX-License-Identifier: Apache-2.0
//
// A database with a small state, for the tests of operations.
#pragma once

#include "server/operations/log.h"
#include "server/operations/schema.h"
#include "server/sqlmesh/store/layout.h"
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::operations {

constexpr char kId[] = "11111111-2222-4333-8444-555555555555";

class OperationsTest : public postgres::DatabaseTest {
 protected:
  static OperationRequest Request(const std::string& id = kId) {
    OperationRequest request;
    request.id = id;
    request.kind = "import";
    request.arguments_json = "{\"mode\": \"merge\", \"n\": 1}";
    request.gateway = "prod";
    request.state_schema = "sqlmesh";
    request.principal = "alice";
    return request;
  }

  std::unique_ptr<RunningOperation> BeginNew(const std::string& id = kId,
                                             const CallContext& context = {}) {
    auto begun = Begin(*pool_, context, Request(id));
    EXPECT_TRUE(begun.ok()) << begun.status().ToString();
    if (!begun.ok()) return nullptr;
    EXPECT_FALSE(begun->finished.has_value());
    return std::move(begun->running);
  }

  // Runs one to its successful end.
  OperationRecord Succeed(const std::string& id, const std::string& details = "{}") {
    auto operation = BeginNew(id);
    EXPECT_OK(operation->session().Begin(postgres::Isolation::kReadCommitted));
    EXPECT_OK(operation->Finish(details, ""));
    auto record = operation->Settle(operation->session().Commit());
    EXPECT_TRUE(record.ok()) << record.status().ToString();
    return *record;
  }

  OperationRecord Get(const std::string& id = kId) {
    auto record = GetOperation(*Acquire(), "sqlmesh", id);
    EXPECT_TRUE(record.ok()) << record.status().ToString();
    return record.ok() ? *std::move(record) : OperationRecord();
  }

  // The newest state tables with `snapshots` rows of about `bytes` each.
  void CreateState(int snapshots = 3, int bytes = 100) {
    auto session = Acquire();
    ASSERT_OK(session->Execute("CREATE SCHEMA sqlmesh;" + store::CreateTablesSql("sqlmesh")));
    ASSERT_OK(session->Execute(
        "INSERT INTO sqlmesh._versions (schema_version, sqlglot_version, sqlmesh_version)"
        " VALUES (102, '30.8.0', '0.236.4')"));
    ASSERT_OK(session
                  ->Query("INSERT INTO sqlmesh._snapshots (name, identifier, version, snapshot,"
                          " kind_name) SELECT '\"a\".\"b' || i || '\"', i::text, i::text,"
                          " (SELECT string_agg('{\"x\": \"' || md5((i * 1000 + j / 8)::text)"
                          "   || E'\\t\\n\\\\ä\"}', ',')"
                          "   FROM generate_series(1, greatest(1, $2::int / 48)) j),"
                          " CASE WHEN i % 2 = 0 THEN 'FULL' END FROM generate_series(1, $1::int) i",
                          {std::to_string(snapshots), std::to_string(bytes)})
                  .status());
    ASSERT_OK(session->Execute(
        "INSERT INTO sqlmesh._environments (name, snapshots, start_at, plan_id, suffix_target)"
        " VALUES ('prod', '[]', '2020-01-01', 'p', 'schema')"));
    ASSERT_OK(
        session
            ->Query("INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version,"
                    " start_ts, end_ts, is_dev, is_removed, is_compacted)"
                    " SELECT md5(i::text), i, '\"a\".\"b' || i || '\"', i::text, i::text,"
                    " 0, 86400000, false, false, true FROM generate_series(1, $1::int) i",
                    {std::to_string(snapshots)})
            .status());
  }

  // A digest of every state table's rows, whatever the order of the columns.
  std::string Digest(const std::string& schema = "sqlmesh") {
    std::string out;
    for (const std::string& table : store::StateTables()) {
      out += Ask("SELECT md5(string_agg(to_jsonb(t)::text, '|' ORDER BY to_jsonb(t)::text)) FROM " +
                 schema + "." + postgres::QuoteName(table) + " t") +
             " ";
    }
    return out;
  }
};

}  // namespace stateserver::operations
