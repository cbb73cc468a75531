// SPDX-License-Identifier: Apache-2.0
//
// Documents as a migration stores them, and table infos.
#include <gtest/gtest.h>

#include "common/error.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {
namespace {

constexpr std::string_view kStoredSnapshot =
    R"({"name":"\"c\".\"s\".\"t\"","fingerprint":{"data_hash":"1","metadata_hash":"2"},)"
    R"("change_category":3,"effective_from":"2026-01-01","updated_ts":7,"intervals":[[1,2]],)"
    R"("last_altered_ts":9,"previous_versions":[{"fingerprint":{"data_hash":"5",)"
    R"("metadata_hash":"6"},"version":"v0","dev_table_suffix":"temp"}],)"
    R"("node":{"name":"s.t","dialect":"duckdb","kind":{"name":"CUSTOM","materialization":"mine"},)"
    R"("gateway":"other","query":"SELECT 1","source_type":"sql"},)"
    R"("parents":[{"name":"p","identifier":"1"}],"created_ts":5,"ttl":"in 1 week","version":"7"})";

struct Written {
  simdjson::dom::parser parser;
  std::string text;
  simdjson::dom::element root;
};

class StoredTest : public ::testing::Test {
 protected:
  absl::Status Migrate(std::string_view stored) {
    RETURN_IF_ERROR(codec_.Parse(stored));
    MigratedFields fields;
    fields.fingerprint = {"11", "12", "13", "14"};
    fields.parents = {{"p", "99"}};
    return codec_.Migrate(fields);
  }

  void Document(Written* written) {
    EncodeNotes notes;
    codec_.AppendDocument(&written->text, &notes);
    ASSERT_EQ(written->parser.parse(written->text).get(written->root), simdjson::SUCCESS)
        << written->text;
  }

  void Info(bool forward_only, Written* written) {
    ASSERT_TRUE(codec_.AppendTableInfo(forward_only, &written->text).ok());
    ASSERT_EQ(written->parser.parse(written->text).get(written->root), simdjson::SUCCESS)
        << written->text;
  }

  SnapshotCodec codec_;
};

std::string_view Text(simdjson::simdjson_result<simdjson::dom::element> value) {
  std::string_view text = "(none)";
  return value.get(text) == simdjson::SUCCESS ? text : "(none)";
}

TEST_F(StoredTest, AMigratedDocument) {
  ASSERT_TRUE(Migrate(kStoredSnapshot).ok());
  Written out;
  Document(&out);
  EXPECT_EQ(Text(out.root["fingerprint"]["data_hash"]), "11");
  EXPECT_EQ(Text(out.root["fingerprint"]["parent_metadata_hash"]), "14");
  EXPECT_EQ(Text(out.root["parents"].at(0)["identifier"]), "99");
  EXPECT_TRUE(out.root["migrated"].get_bool().value());
  EXPECT_EQ(Text(out.root["version"]), "7");
  // dev_version was that of the old fingerprint, and stays so.
  EXPECT_EQ(Text(out.root["dev_version"]), (Fingerprint{"1", "2", "0", "0"}.Version()));
  EXPECT_EQ(out.root["effective_from"].error(), simdjson::NO_SUCH_FIELD);
  for (const char* column : {"updated_ts", "intervals", "forward_only", "unrestorable"}) {
    EXPECT_EQ(out.root[column].error(), simdjson::NO_SUCH_FIELD) << column;
  }
  EXPECT_EQ(out.root["last_altered_ts"].get_int64().value(), 9);
  // Defaults of the newest models.
  EXPECT_EQ(Text(out.root["node"]["virtual_environment_mode"]), "full");
  EXPECT_EQ(Text(out.root["node"]["query"]["sql"]), "SELECT 1");
}

TEST_F(StoredTest, TheVersionItHadComesLast) {
  ASSERT_TRUE(Migrate(kStoredSnapshot).ok());
  Written out;
  Document(&out);
  auto versions = out.root["previous_versions"].get_array().value();
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(Text(versions.at(0)["version"]), "v0");
  auto own = versions.at(1);
  EXPECT_EQ(Text(own["version"]), "7");
  EXPECT_EQ(Text(own["fingerprint"]["data_hash"]), "1");
  EXPECT_EQ(Text(own["physical_schema"]), "sqlmesh__s");
  EXPECT_EQ(Text(own["dev_table_suffix"]), "dev");
  EXPECT_EQ(own["change_category"].get_int64().value(), 3);
}

TEST_F(StoredTest, NoMoreThanTenPreviousVersions) {
  std::string versions;
  for (int i = 0; i < 10; ++i) {
    versions += std::string(i > 0 ? "," : "") +
                R"({"fingerprint":{"data_hash":"5","metadata_hash":"6"},"version":"v)" +
                std::to_string(i) + R"(","dev_table_suffix":"dev"})";
  }
  std::string stored(kStoredSnapshot);
  size_t from = stored.find("\"previous_versions\":[") + 21;
  stored.replace(from, stored.find("],", from) - from, versions);
  ASSERT_TRUE(Migrate(stored).ok());
  Written out;
  Document(&out);
  auto kept = out.root["previous_versions"].get_array().value();
  ASSERT_EQ(kept.size(), 10u);
  EXPECT_EQ(Text(kept.at(0)["version"]), "v1");
  EXPECT_EQ(Text(kept.at(9)["version"]), "7");
}

TEST_F(StoredTest, WhatEnvironmentsHold) {
  ASSERT_TRUE(Migrate(kStoredSnapshot).ok());
  Written out;
  Info(true, &out);
  EXPECT_EQ(Text(out.root["fingerprint"]["data_hash"]), "11");
  EXPECT_EQ(Text(out.root["kind_name"]), "CUSTOM");
  EXPECT_EQ(Text(out.root["custom_materialization"]), "mine");
  EXPECT_EQ(Text(out.root["model_gateway"]), "other");
  EXPECT_EQ(Text(out.root["node_type"]), "model");
  EXPECT_TRUE(out.root["forward_only"].get_bool().value());
  EXPECT_EQ(out.root["previous_versions"].get_array().value().size(), 2u);
}

TEST_F(StoredTest, WithoutMigratingItIsAsItWas) {
  ASSERT_TRUE(codec_.Parse(kStoredSnapshot).ok());
  Written out;
  Info(false, &out);
  EXPECT_EQ(Text(out.root["fingerprint"]["data_hash"]), "1");
  EXPECT_EQ(out.root["previous_versions"].get_array().value().size(), 1u);
}

TEST_F(StoredTest, AnUncategorizedSnapshotIsRefused) {
  std::string stored(kStoredSnapshot);
  stored.replace(stored.find("\"change_category\":3,"), 20, "");
  absl::Status status = Migrate(stored);
  EXPECT_EQ(ReasonOf(status), Reason::STATE_CORRUPT);
  EXPECT_EQ(FactsOf(status)["field"], "change_category");
}

TEST(ReadFingerprint, TakesAbsentParentHashesAsZero) {
  simdjson::dom::parser parser;
  auto read = [&](const std::string& text, Fingerprint* to) {
    return ReadFingerprint(parser.parse(text).value(), to);
  };
  Fingerprint found;
  ASSERT_TRUE(read(R"({"data_hash": "1", "metadata_hash": "2"})", &found));
  EXPECT_EQ(found.Identifier(), Fingerprint({"1", "2", "0", "0"}).Identifier());
  EXPECT_FALSE(read(R"({"data_hash": "1"})", &found));
  EXPECT_FALSE(read(R"({"data_hash": 1, "metadata_hash": "2"})", &found));
  EXPECT_FALSE(read("[]", &found));
}

}  // namespace
}  // namespace stateserver::state
