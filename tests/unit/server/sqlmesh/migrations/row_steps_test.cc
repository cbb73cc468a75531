// SPDX-License-Identifier: Apache-2.0
//
// The steps on one row each. What they give was taken from SQLMesh's own
// migrations; tests/compat/test_steps.py compares whole states.
#include "server/sqlmesh/migrations/steps/row_steps.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {
namespace {

using Apply = absl::StatusOr<bool> (*)(SnapshotRow&);

constexpr char kHashes[] =
    "\"fingerprint\":{\"data_hash\":\"1\",\"metadata_hash\":\"2\",\"parent_data_hash\":\"3\","
    "\"parent_metadata_hash\":\"4\"}";

// The document after the step; "same" when it says it changed nothing; the
// sentence of a refusal.
std::string After(Apply apply, const std::string& json, const char* kind = nullptr) {
  SnapshotRow row("n", "i", json);
  row.version = "7";
  if (kind != nullptr) row.kind_name = kind;
  absl::Status shape = row.CheckShape();
  if (!shape.ok()) return std::string(shape.message());
  absl::StatusOr<bool> changed = apply(row);
  if (!changed.ok()) {
    EXPECT_EQ(ReasonOf(changed.status()), Reason::STATE_CORRUPT);
    EXPECT_EQ(FactsOf(changed.status())["record"], "n");
    return std::string(changed.status().message());
  }
  if (*changed) return row.Json();
  EXPECT_EQ(row.Json(), json);
  return "same";
}

std::string Node(const std::string& members) { return "{\"node\":{" + members + "}}"; }

TEST(RowSteps, ShapeIsChecked) {
  EXPECT_EQ(After(DropValidateQuery, "[]"), "Snapshot n (i): snapshot is not a JSON object");
  EXPECT_EQ(After(DropValidateQuery, "{}"), "Snapshot n (i): node is missing");
  EXPECT_EQ(After(DropValidateQuery, "{\"node\":1}"), "Snapshot n (i): node is not a JSON object");
}

TEST(RowSteps, Signals63) {
  EXPECT_EQ(After(ChangeSignals, Node("\"signals\":[]")), "same");
  EXPECT_EQ(After(ChangeSignals, Node("\"signals\":[\"(table_name = 'prod.raw', ds = @end_ds, hour "
                                      "= 1 + 2)\",\"(\\\"A b\\\" = f(1, 'x, y'))\"]")),
            Node("\"signals\":[[\"\", {\"table_name\": \"'prod.raw'\", \"ds\": \"@end_ds\", "
                 "\"hour\": \"1 + 2\"}], [\"\", {\"A b\": \"f(1, 'x, y')\"}]]"));
  EXPECT_EQ(After(ChangeSignals, Node("\"signals\":[\"1\"]")),
            "Snapshot n (i): node.signals holds \"1\", which is not a tuple of assignments");
  EXPECT_EQ(After(ChangeSignals, Node("\"signals\":{\"a\":1}")),
            "Snapshot n (i): node.signals is not a JSON array");
}

TEST(RowSteps, WhenMatched64) {
  EXPECT_EQ(After(JoinWhenMatched, Node("\"kind\":{\"name\":\"X\",\"when_matched\":[\"WHEN A\","
                                        "\"WHEN B\"]}")),
            Node("\"kind\":{\"name\":\"X\",\"when_matched\":\"WHEN A WHEN B\"}"));
  EXPECT_EQ(After(JoinWhenMatched, Node("\"kind\":{\"when_matched\":\"(WHEN A)\"}")), "same");
  EXPECT_EQ(After(JoinWhenMatched, Node("\"kind\":null")), "same");
}

TEST(RowSteps, TempVersion69) {
  EXPECT_EQ(After(RenameTempVersion,
                  "{\"temp_version\":\"5\",\"node\":{},\"previous_versions\":[{\"version\":\"1\"},"
                  "{\"temp_version\":\"6\"}]}"),
            "{\"node\":{},\"previous_versions\":[{\"version\":\"1\",\"dev_table_suffix\":\"temp\"},"
            "{\"dev_table_suffix\":\"temp\",\"dev_version\":\"6\"}],\"dev_table_suffix\":\"temp\","
            "\"dev_version\":\"5\"}");
  EXPECT_EQ(After(RenameTempVersion, "{\"node\":{},\"previous_versions\":[1]}"),
            "Snapshot n (i): previous_versions is not an array of JSON objects");
}

TEST(RowSteps, DevVersion71) {
  std::string hashes = kHashes;
  // crc32("1;3")
  EXPECT_EQ(After(AddDevVersion, "{\"node\":{}," + hashes + "}"),
            "{\"node\":{}," + hashes + ",\"dev_version\":\"1502271643\",\"version\":\"7\"}");
  EXPECT_EQ(After(AddDevVersion, "{\"node\":{},\"version\":\"8\"," + hashes + "}"),
            "{\"node\":{},\"version\":\"8\"," + hashes + ",\"dev_version\":\"1502271643\"}");
  EXPECT_EQ(
      After(AddDevVersion, "{\"node\":{},\"version\":\"7\",\"dev_version\":\"9\"," + hashes + "}"),
      "same");
  EXPECT_EQ(After(AddDevVersion, "{\"node\":{},\"fingerprint\":{\"data_hash\":1}}"),
            "Snapshot n (i): fingerprint.data_hash is not text");
}

TEST(RowSteps, DisableRestatement73) {
  std::string json = Node("\"kind\":{\"disable_restatement\":true,\"name\":\"EXTERNAL\"}");
  EXPECT_EQ(After(DropDisableRestatement, json, "EXTERNAL"),
            Node("\"kind\":{\"name\":\"EXTERNAL\"}"));
  EXPECT_EQ(After(DropDisableRestatement, json, "FULL"), "same");
  EXPECT_EQ(After(DropDisableRestatement, json), "same");
}

TEST(RowSteps, ValidateQuery75) {
  EXPECT_EQ(After(DropValidateQuery, Node("\"validate_query\":null,\"a\":1")), Node("\"a\":1"));
}

TEST(RowSteps, Partitions81) {
  auto one = [](const std::string& entry) {
    return Node("\"partitioned_by\":[\"" + entry + "\"]");
  };
  for (auto [before, after] : std::vector<std::pair<const char*, const char*>>{
           {"(ds)", "ds"},
           {"(\\\"a b\\\")", "\\\"a b\\\""},
           {"((ds))", "(ds)"},
           {"(DATE_TRUNC('day', ds))", "DATE_TRUNC('day', ds)"},
           {"(CASE WHEN a THEN 1 END)", "CASE WHEN a THEN 1 END"},
           {"(a, b)", "a, b"}}) {
    EXPECT_EQ(After(UnwrapPartitions, one(before)), one(after));
  }
  // Without their parentheses SQLMesh could not read these.
  for (const char* kept : {"ds", "(x % 4)", "(x) + (1)", "(NOT x)", "(CAST(x AS INT) + 1)",
                           "(x::int)", "(a.b)", "()", "(f(x) % f(y))"}) {
    EXPECT_EQ(After(UnwrapPartitions, one(kept)), "same") << kept;
  }
}

TEST(RowSteps, Metadata78) {
  auto env = [](const std::string& a, const std::string& rest) {
    return Node("\"python_env\":{\"f\":{\"kind\":\"definition\"" + a + "}}" + rest);
  };
  auto warns = [&](const std::string& json) {
    SnapshotRow row("n", "i", json);
    absl::StatusOr<bool> answer = MixesMetadataMacros(row);
    return answer.ok() && *answer;
  };
  EXPECT_TRUE(warns(Node("\"python_env\":{\"f\":{\"is_metadata\":true},\"g\":{}}")));
  EXPECT_FALSE(warns(Node("\"python_env\":{\"f\":{\"is_metadata\":true}}")));
  EXPECT_FALSE(
      warns(Node("\"source_type\":\"audit\",\"python_env\":{\"f\":{\"is_metadata\":true},"
                 "\"g\":{}}")));
  EXPECT_TRUE(warns(env("", ",\"on_virtual_update\":[\"GRANT @F(x) ON y\"]")));
  EXPECT_FALSE(warns(env("", ",\"on_virtual_update\":[\"SELECT '@f(x)' -- @f(x)\"]")));
  EXPECT_FALSE(warns(env("", ",\"on_virtual_update\":[\"SELECT @g(x), @f\"]")));
  EXPECT_FALSE(warns(env(",\"is_metadata\":true", ",\"on_virtual_update\":[\"@f(x)\"]")));
  EXPECT_TRUE(warns(env("", ",\"audits\":[[\"a\",{\"c\":\"@f(1)\"}]]")));
  EXPECT_TRUE(warns(env("", ",\"signals\":[[\"a\",{\"c\":\"@f(1)\"}]]")));
  EXPECT_TRUE(warns(env("", ",\"audit_definitions\":{\"a\":{\"query\":\"SELECT @f(x)\"}}")));
  EXPECT_FALSE(warns(env("", ",\"query\":\"SELECT @f(x)\"")));
}

TEST(RowSteps, Warnings) {
  auto warns = [](Apply apply, const std::string& members) {
    SnapshotRow row("n", "i", Node(members));
    absl::StatusOr<bool> answer = apply(row);
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    return answer.ok() && *answer;
  };
  EXPECT_TRUE(warns(RepeatsStatement,
                    "\"source_type\":\"sql\",\"query\":\"a\","
                    "\"post_statements\":[\"\\u0061\"]"));
  EXPECT_FALSE(warns(RepeatsStatement,
                     "\"source_type\":\"sql\",\"query\":\"a\","
                     "\"pre_statements\":[\"a\",\"b\"]"));
  EXPECT_TRUE(warns(HoldsDictionary,
                    "\"python_env\":{\"d\":{\"kind\":\"value\",\"payload\":"
                    "\"{'a': 1}\"}}"));
  EXPECT_FALSE(warns(HoldsDictionary,
                     "\"python_env\":{\"d\":{\"kind\":\"value\",\"payload\":"
                     "\"{'a', 'b'}\"},\"e\":{\"kind\":\"value\",\"payload\":"
                     "\"{'a': SqlValue(sql='x')}\"}}"));
  EXPECT_TRUE(warns(UsesVariables, "\"python_env\":{\"__sqlmesh__blueprint__vars__\":{}}"));
  EXPECT_FALSE(warns(UsesVariables, "\"python_env\":{\"__sqlmesh__vars__\":{}}"));
  EXPECT_TRUE(warns(UsesVariables, "\"audits\":[1],\"python_env\":{\"__sqlmesh__vars__\":{}}"));
  const std::string dbt = "\"jinja_macros\":{\"create_builtins_module\":\"sqlmesh.dbt\"}";
  EXPECT_TRUE(warns(IsDbt, dbt));
  EXPECT_FALSE(warns(IsDbtWithColumns, dbt));
  EXPECT_TRUE(warns(IsDbtWithColumns, dbt + ",\"columns\":{\"a\":\"INT\"}"));
  EXPECT_FALSE(
      warns(IsDbt, "\"jinja_macros\":{\"create_builtins_module\":\"sqlmesh.utils.jinja\"}"));
}

TEST(RowSteps, ForwardOnly90) {
  auto value = [](const std::string& json) {
    SnapshotRow row("n", "i", json);
    EXPECT_TRUE(FillForwardOnly(row).ok());
    EXPECT_FALSE(row.document().Changed());
    return row.forward_only;
  };
  EXPECT_EQ(value("{\"node\":{},\"change_category\":3}"), true);
  EXPECT_EQ(value("{\"node\":{},\"change_category\":1}"), false);
  EXPECT_EQ(value("{\"node\":{},\"change_category\":3,\"forward_only\":false}"), false);
  EXPECT_EQ(value("{\"node\":{}}"), false);
}

TEST(RowSteps, Fingerprint94) {
  SnapshotRow row("n", "i", "{\"node\":{},\"dev_version\":\"9\"," + std::string(kHashes) + "}");
  ASSERT_TRUE(FillFingerprint(row).ok());
  EXPECT_EQ(row.dev_version, "9");
  EXPECT_EQ(row.fingerprint,
            "{\"data_hash\": \"1\", \"metadata_hash\": \"2\", "
            "\"parent_data_hash\": \"3\", \"parent_metadata_hash\": \"4\"}");
}

TEST(RowSteps, DbtName98) {
  EXPECT_EQ(After(ReplaceDbtName, Node("\"dbt_name\":\"model.x\",\"a\":1")),
            Node("\"a\":1,\"dbt_node_info\":{\"unique_id\": \"model.x\", \"name\": \"\", "
                 "\"fqn\": \"\"}"));
  EXPECT_EQ(After(ReplaceDbtName, Node("\"dbt_name\":\"\"")), "same");
}

TEST(Steps, AreNumberedWithoutGaps) {
  int number = 61;
  for (const Step& step : Steps()) EXPECT_EQ(step.number, number++);
  EXPECT_EQ(number, 103);
}

}  // namespace
}  // namespace stateserver::migrations
