// SPDX-License-Identifier: Apache-2.0
//
// What is kept of a seed's content when its model is stored without it.
#include "server/sqlmesh/seed/seed_hashes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <string>

#include "server/sqlmesh/seed/column.h"
#include "server/sqlmesh/seed/number.h"

namespace stateserver::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Pairs = std::vector<std::pair<std::string, std::string>>;
using simdjson::dom::element;

std::optional<std::string> OptionalText(element object, const char* key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return std::string(value);
}

std::optional<bool> OptionalBool(element object, const char* key) {
  bool value = false;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

CsvSettings SettingsOf(element object) {
  CsvSettings settings;
  settings.delimiter = OptionalText(object, "delimiter");
  settings.quotechar = OptionalText(object, "quotechar");
  settings.doublequote = OptionalBool(object, "doublequote");
  settings.escapechar = OptionalText(object, "escapechar");
  settings.skipinitialspace = OptionalBool(object, "skipinitialspace");
  settings.encoding = OptionalText(object, "encoding");
  settings.keep_default_na = OptionalBool(object, "keep_default_na");
  element values;
  if (object["na_values"].get(values) != simdjson::SUCCESS) return settings;
  settings.na_values.emplace();
  settings.na_values_not_texts = !values.is_array();
  if (!values.is_array()) return settings;
  for (element value : simdjson::dom::array(values)) {
    if (value.is_string()) {
      settings.na_values->emplace_back(std::string_view(value));
    } else {
      settings.na_values_not_texts = true;
    }
  }
  return settings;
}

Pairs PairsOf(element list) {
  Pairs pairs;
  for (element pair : simdjson::dom::array(list)) {
    pairs.emplace_back(std::string_view(pair.at(0)), std::string_view(pair.at(1)));
  }
  return pairs;
}

std::optional<SeedHashes> Compute(std::string_view content, const CsvSettings& settings = {},
                                  std::string_view dialect = "duckdb") {
  std::string reason;
  std::optional<SeedHashes> hashes = ComputeSeedHashes(content, settings, dialect, &reason);
  EXPECT_EQ(hashes.has_value(), reason.empty()) << reason;
  return hashes;
}

std::string WhyNot(std::string_view content, const CsvSettings& settings = {},
                   std::string_view dialect = "duckdb") {
  std::string reason;
  EXPECT_FALSE(ComputeSeedHashes(content, settings, dialect, &reason)) << content;
  return reason;
}

// tests/compat/seed_property.py writes the table with the real SQLMesh and pandas.
TEST(SeedHashes, NeverDifferFromSqlmesh) {
  std::ifstream table(TEST_DATA_DIR "/seed/hashes.jsonl");
  simdjson::dom::parser parser;
  size_t lines = 0, answered = 0;
  for (std::string line; std::getline(table, line); ++lines) {
    const element each = parser.parse(line);
    std::string reason;
    const std::optional<SeedHashes> got =
        ComputeSeedHashes(std::string_view(each["content"]), SettingsOf(each["settings"]),
                          std::string_view(each["dialect"]), &reason);
    if (!got) continue;
    ++answered;
    ASSERT_TRUE(each["want"].is_object()) << line;
    EXPECT_EQ(got->column_hashes, PairsOf(each["want"]["column_hashes"])) << line;
    EXPECT_EQ(got->derived_columns_to_types, PairsOf(each["want"]["types"])) << line;
  }
  EXPECT_EQ(lines, 400u);
  EXPECT_GT(answered, 200u);
}

TEST(SeedHashes, OfASeedInTheCorpus) {
  simdjson::dom::parser warm_parser, cold_parser;
  const std::string folder = TEST_DATA_DIR "/sqlmesh/" NEWEST_CORPUS "/";
  const element warm = warm_parser.load(folder + "export_all_warmcache.json");
  const element cold = cold_parser.load(folder + "export_all.json");
  size_t seeds = 0;
  for (element snapshot : simdjson::dom::array(warm["snapshots"])) {
    element content;
    if (snapshot["node"]["seed"]["content"].get(content) != simdjson::SUCCESS) continue;
    if (std::string_view(content).empty()) continue;
    for (element other : simdjson::dom::array(cold["snapshots"])) {
      if (simdjson::minify(other["fingerprint"]) != simdjson::minify(snapshot["fingerprint"])) {
        continue;
      }
      const std::optional<SeedHashes> got =
          Compute(std::string_view(content), SettingsOf(snapshot["node"]["kind"]["csv_settings"]));
      ASSERT_TRUE(got);
      Pairs want;
      for (auto [name, hash] : simdjson::dom::object(other["node"]["column_hashes"])) {
        want.emplace_back(name, std::string_view(hash));
      }
      EXPECT_EQ(got->column_hashes, want);
      ++seeds;
    }
  }
  EXPECT_EQ(seeds, 2u);
}

TEST(SeedHashes, TypesAreInferredAndNamesNormalised) {
  const std::string csv = "Id,Price,Ok,Note,None_,Gap\n1,1.5,true,x,,1\n2,2,False,7,NA,\n";
  const std::optional<SeedHashes> lower = Compute(csv);
  ASSERT_TRUE(lower);
  EXPECT_THAT(lower->derived_columns_to_types,
              ElementsAre(Pair("id", "bigint"), Pair("price", "double"), Pair("ok", "boolean"),
                          Pair("note", "text"), Pair("none_", "double"), Pair("gap", "double")));
  EXPECT_EQ(Compute(csv, {}, "snowflake")->column_hashes[0].first, "ID");
  EXPECT_EQ(Compute(csv, {}, "starrocks")->column_hashes[0].first, "Id");
}

TEST(SeedHashes, SayWhyNot) {
  CsvSettings settings;
  settings.escapechar = "\\";
  EXPECT_THAT(WhyNot("a\n1\n", settings), HasSubstr("escapechar"));
  settings = {};
  settings.delimiter = "||";
  EXPECT_THAT(WhyNot("a\n1\n", settings), HasSubstr("delimiter"));
  settings = {};
  settings.na_values = {"0"};
  EXPECT_THAT(WhyNot("a\n1\n", settings), HasSubstr("na_values"));
  settings = {};
  settings.na_values_not_texts = true;
  EXPECT_THAT(WhyNot("a\n1\n", settings), HasSubstr("na_values"));
  EXPECT_THAT(WhyNot(""), HasSubstr("no header"));
  EXPECT_THAT(WhyNot("a b\n1\n"), HasSubstr("'a b'"));
  EXPECT_THAT(WhyNot("a,A\n1,2\n"), HasSubstr("two columns"));
  EXPECT_THAT(WhyNot("a\n1,2\n"), HasSubstr("longer than the header"));
  EXPECT_THAT(WhyNot("a\n\"1\n"), HasSubstr("does not end"));
  EXPECT_THAT(WhyNot("a\n\"1\"x\n"), HasSubstr("after a quoted"));
  EXPECT_THAT(WhyNot("a\nx\"1\"\n"), HasSubstr("inside plain text"));
  EXPECT_THAT(WhyNot("a\r\n1\r\n"), HasSubstr("carriage return"));
  EXPECT_THAT(WhyNot("\xef\xbb\xbf"
                     "a\n1\n"),
              HasSubstr("byte order mark"));
  EXPECT_THAT(WhyNot("a\n1\n", {}, "klingon"), HasSubstr("klingon"));
  EXPECT_THAT(WhyNot("a\n9223372036854775808\n"), HasSubstr("in column a"));
  EXPECT_THAT(WhyNot("a\n9223372036854775808\nx\n"), HasSubstr("in column a"));
  EXPECT_THAT(WhyNot("a\n9007199254740993\n\n1.5\n"), HasSubstr("in column a"));
  EXPECT_THAT(WhyNot("a\n1.5\ninf\n"), HasSubstr("in column a"));
}

std::string Json(const std::vector<std::string>& fields, const CsvSettings& settings = {}) {
  std::string reason;
  return InferColumn(fields, *MissingValues::From(settings, &reason), &reason)->json;
}

TEST(SeedColumn, JsonIsThatOfPandas) {
  EXPECT_EQ(Json({"1", "-0", "+7", " 5 "}), R"({"0":1,"1":0,"2":7,"3":5})");
  EXPECT_EQ(Json({"1", "NA"}), R"({"0":1.0,"1":null})");
  EXPECT_EQ(Json({"1.50", "2"}), R"({"0":1.5,"1":2.0})");
  EXPECT_EQ(Json({"true", "FALSE"}), R"({"0":true,"1":false})");
  EXPECT_EQ(Json({"true", ""}), R"({"0":true,"1":null})");
  EXPECT_EQ(Json({"a/b", "\x7f", "é", "1"}),
            "{\"0\":\"a\\/b\",\"1\":\"\x7f\",\"2\":\"\\u00e9\",\"3\":\"1\"}");
  EXPECT_EQ(Json({}), "{}");
  CsvSettings keep;
  keep.keep_default_na = false;
  keep.na_values = {"-"};
  EXPECT_EQ(Json({"NA", "-", ""}, keep), R"({"0":"NA","1":null,"2":""})");
}

std::string Real(double value) {
  std::string json;
  AppendReal(value, &json);
  return json;
}

TEST(SeedNumber, WritesTenDecimals) {
  EXPECT_EQ(Real(0.0), "0.0");
  EXPECT_EQ(Real(-0.0), "0.0");
  EXPECT_EQ(Real(-1e-12), "-0.0");
  EXPECT_EQ(Real(0.1), "0.1");
  EXPECT_EQ(Real(-1234.5), "-1234.5");
  EXPECT_EQ(Real(0.99999999999), "1.0");
  EXPECT_EQ(Real(3.00000000004), "3.0");
  EXPECT_EQ(Real(1e15), "1000000000000000.0");
}

TEST(SeedNumber, KnowsWhatItDoesNotKnow) {
  EXPECT_EQ(ParseNumber("12").kind, NumberKind::kInteger);
  EXPECT_EQ(ParseNumber("1e2").kind, NumberKind::kDecimal);
  EXPECT_EQ(ParseNumber("1e").kind, NumberKind::kNone);
  EXPECT_EQ(ParseNumber(".").kind, NumberKind::kNone);
  EXPECT_EQ(ParseNumber("0x1").kind, NumberKind::kNone);
  EXPECT_EQ(ParseNumber("1_0").kind, NumberKind::kNone);
  EXPECT_EQ(ParseNumber("37.774929500000002").kind, NumberKind::kDecimal);
  EXPECT_EQ(ParseNumber("0.12345678905000000").kind, NumberKind::kUncertain);
  EXPECT_EQ(ParseNumber("1e300").kind, NumberKind::kUncertain);
  EXPECT_EQ(ParseNumber("1e-300").kind, NumberKind::kUncertain);
  EXPECT_EQ(ParseNumber("-Infinity").kind, NumberKind::kUncertain);
  EXPECT_EQ(ParseNumber("1234567890123456789").kind, NumberKind::kUncertain);
}

}  // namespace
}  // namespace stateserver::state
