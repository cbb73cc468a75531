// SPDX-License-Identifier: Apache-2.0
//
// Spellings, defaults and refusals, one by one.
#include <gtest/gtest.h>

#include "common/error.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "tests/unit/server/sqlmesh/records/codec_corpus.h"

namespace stateserver::state {
namespace {

constexpr std::string_view kStored =
    R"({"name":"\"c\".\"s\".\"t\"","fingerprint":{"data_hash":"1","metadata_hash":"2"},)"
    R"("node":{"name":"s.t","dialect":"duckdb","kind":{"name":"FULL"},"query":"SELECT 1 AS \"a\"",)"
    R"("source_type":"sql"},"parents":[],"created_ts":5,"ttl":"in 1 week","version":"7"})";

constexpr std::string_view kRecord =
    R"({"name":"\"c\".\"s\".\"t\"","fingerprint":{"data_hash":"1","metadata_hash":"2"},)"
    R"("node":{"name":"s.t","dialect":"duckdb","kind":{"name":"FULL"},"query":{"sql":"SELECT 1"},)"
    R"("source_type":"sql"},"parents":[],"created_ts":5,"updated_ts":6,"ttl":"in 1 week"})";

std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  size_t at = out.find(from);
  EXPECT_NE(at, out.npos) << from;
  return out.replace(at, from.size(), to);
}

std::string Exported(std::string_view stored, EncodeNotes* notes, int schema_version = 102) {
  SnapshotCodec codec;
  absl::Status parsed = codec.Parse(stored);
  EXPECT_TRUE(parsed.ok()) << parsed;
  SnapshotOverlay overlay;
  overlay.updated_ts = 6;
  std::string out;
  EXPECT_TRUE(codec.AppendExport(overlay, schema_version, &out, notes).ok());
  return out;
}

std::string Exported(std::string_view stored) {
  EncodeNotes notes;
  std::string out = Exported(stored, &notes);
  EXPECT_FALSE(notes.any());
  return out;
}

TEST(Export, FillsDefaultsInOrder) {
  EXPECT_EQ(
      Exported(kStored),
      R"({"name":"\"c\".\"s\".\"t\"","fingerprint":{"data_hash":"1","metadata_hash":"2",)"
      R"("parent_data_hash":"0","parent_metadata_hash":"0"},"previous_versions":[],)"
      R"("dev_table_suffix":"dev","table_naming_convention":"schema_and_table",)"
      R"("forward_only":false,"node":{"name":"s.t","project":"","cron":"@daily","tags":[],)"
      R"("dialect":"duckdb","kind":{"name":"FULL"},"partitioned_by":[],"clustered_by":[],)"
      R"("audits":[],"grains":[],"references":[],"allow_partials":false,"signals":[],)"
      R"("enabled":true,"virtual_environment_mode":"full","grants_target_layer":"virtual",)"
      R"("python_env":{},"jinja_macros":{"packages":{},"root_macros":{},"global_objs":{},)"
      R"("create_builtins_module":"sqlmesh.utils.jinja","top_level_packages":[]},)"
      R"("audit_definitions":{},"mapping_schema":{},"extract_dependencies_from_query":true,)"
      R"("query":{"sql":"SELECT 1 AS \"a\""},"source_type":"sql"},"parents":[],"intervals":[],)"
      R"("dev_intervals":[],"pending_restatement_intervals":[],"created_ts":5,"updated_ts":6,)"
      R"("ttl":"in 1 week","version":"7","migrated":false,"unrestorable":false})");
}

TEST(Export, RespellsWhenMatchedAndColumns) {
  std::string stored =
      Replaced(kStored, R"({"name":"FULL"})",
               R"({"name":"INCREMENTAL_BY_UNIQUE_KEY","unique_key":["\"a\""],)"
               R"j("when_matched":" (WHEN MATCHED THEN DELETE) "},"columns":{"A":"VARCHAR(3)"})j");
  std::string out = Exported(stored);
  EXPECT_NE(out.find("\"when_matched\":\"WHEN MATCHED THEN DELETE\""), out.npos) << out;
  EXPECT_NE(out.find(R"("columns":{"a":"TEXT"})"), out.npos) << out;
  EXPECT_NE(out.find(R"("dialect":"duckdb","batch_concurrency":1)"), out.npos) << out;
}

TEST(Export, NotesWhatIsNotProven) {
  EncodeNotes notes;
  std::string out = Exported(
      Replaced(kStored, R"({"name":"FULL"})", R"({"name":"FULL"},"columns":{"a":"MY_TYPE"})"),
      &notes);
  EXPECT_TRUE(notes.columns_unproven);
  EXPECT_FALSE(notes.when_matched_unproven);
  EXPECT_NE(out.find(R"("columns":{"a":"MY_TYPE"})"), out.npos) << out;
}

// A newer release with the same schema version.
TEST(Export, KeepsUnknownFields) {
  std::string out =
      Exported(Replaced(kStored, R"("created_ts")", R"("shiny":{"x":[1,2.50]},"created_ts")"));
  EXPECT_NE(out.find(R"("unrestorable":false,"shiny":{"x":[1,2.5]}})"), out.npos) << out;
}

TEST(Export, KeepsCharactersAndNumbers) {
  std::string out =
      Exported(Replaced(kStored, R"("parents")", R"("effective_from":1794096000000.5,"parents")"));
  EXPECT_NE(out.find(R"("effective_from":1794096000000.5)"), out.npos) << out;
  out = Exported(Replaced(kStored, "in 1 week", R"(\u00fc\ud83d\ude00\u0001\n\/\u007f)"));
  EXPECT_NE(out.find("\"ttl\":\"ü😀\\u0001\\n/\x7f\""), out.npos) << out;
}

TEST(Export, SchemaDecidesOverlay) {
  SnapshotCodec codec;
  ASSERT_TRUE(codec.Parse(kStored).ok());
  SnapshotOverlay overlay;
  overlay.updated_ts = 6;
  overlay.unpaused_ts = 7;
  overlay.forward_only = true;
  overlay.last_altered_ts = 8;
  overlay.next_auto_restatement_ts = 9;
  overlay.intervals = {{1, 2}, {4, 5}};
  EncodeNotes notes;
  std::string at89, at90, at99, at103;
  ASSERT_TRUE(codec.AppendExport(overlay, 89, &at89, &notes).ok());
  ASSERT_TRUE(codec.AppendExport(overlay, 90, &at90, &notes).ok());
  ASSERT_TRUE(codec.AppendExport(overlay, 99, &at99, &notes).ok());
  ASSERT_TRUE(codec.AppendExport(overlay, 103, &at103, &notes).ok());
  constexpr std::string_view kNode =
      R"("node":{"name":"s.t","dialect":"duckdb","kind":{"name":"FULL"},)"
      R"("query":"SELECT 1 AS \"a\"","source_type":"sql"},"parents":[],"intervals":[[1,2],[4,5]],)"
      R"("dev_intervals":[],"pending_restatement_intervals":[],"created_ts":5,"updated_ts":6,)"
      R"("ttl":"in 1 week","version":"7","unpaused_ts":7,"unrestorable":false,)"
      R"("next_auto_restatement_ts":9)";
  std::string head(kStored.substr(0, kStored.find(R"("node")")));
  EXPECT_EQ(at89, head + std::string(kNode) + "}");
  EXPECT_EQ(at90, head + R"("forward_only":true,)" + std::string(kNode) + "}");
  EXPECT_EQ(at99,
            head + R"("forward_only":true,)" + std::string(kNode) + R"(,"last_altered_ts":8})");
  EXPECT_EQ(at103, at99);
}

TEST(Export, CorruptRows) {
  SnapshotCodec codec;
  for (std::string_view bad : {"", "{", "[]", "{}", R"({"name":"a"})", "\"\xff\"",
                               R"({"name":"a","fingerprint":{"data_hash":"1"}})",
                               R"({"name":"a","created_ts":123456789012345678901234567890})"}) {
    absl::Status status = codec.Parse(bad);
    EXPECT_EQ(ReasonOf(status), Reason::STATE_CORRUPT) << bad << status;
  }
}

TEST(Facts, OfASnapshot) {
  SnapshotCodec codec;
  ASSERT_TRUE(codec
                  .Parse(Replaced(kStored, R"("version":"7")",
                                  R"("effective_from":20261108,"last_altered_ts":9)"))
                  .ok());
  auto facts = codec.Facts();
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->name, "\"c\".\"s\".\"t\"");
  // crc32("1;2;0;0") and crc32("1;0").
  EXPECT_EQ(facts->identifier, "1057892532");
  EXPECT_EQ(facts->version, "3229845793");
  EXPECT_EQ(facts->dev_version, "3229845793");
  EXPECT_EQ(facts->effective_from, "20261108");
  EXPECT_TRUE(facts->effective_from_is_number);
  EXPECT_EQ(facts->kind_name, "FULL");
  EXPECT_EQ(facts->cron, "@daily");
  EXPECT_EQ(facts->interval_unit, "");
  EXPECT_EQ(facts->last_altered_ts, 9);
  EXPECT_EQ(facts->dev_last_altered_ts, std::nullopt);
}

TEST(Import, SplitsColumnsFromJson) {
  SnapshotCodec codec;
  auto decoded = codec.Decode(Replaced(
      kRecord, R"("ttl")",
      R"("unpaused_ts":"8","unrestorable":true,"forward_only":1,"next_auto_restatement_ts":10,)"
      R"("last_altered_ts":11,"intervals":[[1,2],["3",4.0]],"dev_intervals":[],"ttl")"));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->identifier, "1057892532");
  EXPECT_EQ(decoded->version, "3229845793");
  EXPECT_FALSE(decoded->has_version);
  EXPECT_EQ(decoded->updated_ts, 6);
  EXPECT_EQ(decoded->unpaused_ts, 8);
  EXPECT_EQ(decoded->next_auto_restatement_ts, 10);
  EXPECT_EQ(decoded->last_altered_ts, 11);
  EXPECT_TRUE(decoded->unrestorable);
  EXPECT_TRUE(decoded->forward_only);
  EXPECT_EQ(decoded->ttl_ms, 604800000);
  EXPECT_EQ(decoded->kind_name, "FULL");
  EXPECT_EQ(decoded->intervals, (Intervals{{1, 2}, {3, 4}}));
  EXPECT_TRUE(decoded->stored_json.ends_with(
      R"("created_ts":5,"ttl":"in 1 week","migrated":false,"last_altered_ts":11})"))
      << decoded->stored_json;
  EXPECT_EQ(decoded->stored_json.find("updated_ts"), std::string::npos);
}

// A hydrated seed loses its content; one with uncertain hashes keeps it.
TEST(Import, Seeds) {
  std::string record = Replaced(
      Replaced(kRecord, R"({"name":"FULL"},"query":{"sql":"SELECT 1"},"source_type":"sql")",
               R"({"name":"SEED","path":"a.csv"},"columns":{"a":"INT"},)"
               R"("seed":{"content":"a\n1\n"},"source_type":"seed")"),
      R"("ttl")", R"("version":"1","ttl")");
  SnapshotCodec codec;
  auto decoded = codec.Decode(record);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_FALSE(decoded->seed_kept_hydrated);
  // crc32 of pandas' {"0":1}.
  EXPECT_NE(decoded->stored_json.find(
                R"("seed":{"content":""},"column_hashes":{"a":"1399343828"},"is_hydrated":false)"),
            std::string::npos)
      << decoded->stored_json;

  decoded = codec.Decode(Replaced(record, R"(a\n1\n)", R"(a\n\"unclosed\n)"));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->seed_kept_hydrated);
  EXPECT_NE(decoded->seed_kept_reason, "");
  EXPECT_NE(decoded->stored_json.find(R"("is_hydrated":true)"), std::string::npos);
}

struct Refusal {
  std::string from, to, sentence, field;
};

class Refusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SayWhatSqlMeshSays) {
  SnapshotCodec codec;
  auto decoded = codec.Decode(Replaced(kRecord, GetParam().from, GetParam().to));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(ReasonOf(decoded.status()), Reason::RECORD_INVALID);
  EXPECT_EQ(std::string(decoded.status().message()), GetParam().sentence);
  EXPECT_EQ(FactsOf(decoded.status())["field"], GetParam().field);
}

// The sentences are those that SQLMesh 0.236.4 prints, without their links.
INSTANTIATE_TEST_SUITE_P(
    Sentences, Refusals,
    ::testing::Values(
        Refusal{R"({"data_hash":"1","metadata_hash":"2"})", R"("x")",
                "1 validation error for Snapshot\nfingerprint\n  Input should be a valid "
                "dictionary or instance of SnapshotFingerprint [type=model_type, "
                "input_value='x', input_type=str]",
                "fingerprint"},
        Refusal{R"("created_ts":5,)", R"("created_ts":"soon",)",
                "1 validation error for Snapshot\ncreated_ts\n  Input should be a valid integer, "
                "unable to parse string as an integer [type=int_parsing, input_value='soon', "
                "input_type=str]",
                "created_ts"},
        Refusal{R"("parents":[],)", R"("parents":[{"name":"it's"}],)",
                "1 validation error for Snapshot\nparents.0.identifier\n  Field required "
                "[type=missing, input_value={'name': \"it's\"}, input_type=dict]",
                "parents.0.identifier"},
        Refusal{R"("source_type":"sql")", R"("source_type":"zz")",
                "1 validation error for Snapshot\nnode\n  Input tag 'zz' found using "
                "'source_type' does not match any of the expected tags: 'sql', 'seed', 'python', "
                "'external', 'audit' [type=union_tag_invalid, input_value={'name': 's.t', "
                "'dialect'...'}, 'source_type': 'zz'}, input_type=dict]",
                "node"},
        Refusal{R"({"name":"FULL"})", R"({"name":"INCREMENTAL_BY_TIME_RANGE"})",
                "Please add required field 'time_column' to the MODEL block 'kind "
                "INCREMENTAL_BY_TIME_RANGE' field.",
                "node.sql.kind"},
        Refusal{R"({"name":"FULL"})", R"({"name":"NOPE"})", "Invalid model kind 'NOPE'",
                "node.sql.kind"},
        Refusal{R"("ttl":"in 1 week")", R"("ttl":"1 week ago")",
                "1 validation error for Snapshot\nttl\n  Value error, Must be positive. Use the "
                "'in' keyword to denote a positive time interval. For example, 'in 7 days'. "
                "[type=value_error, input_value='1 week ago', input_type=str]",
                "ttl"},
        Refusal{R"("parents":[],"created_ts":5)",
                R"("parents":{},"intervals":[[1],[1,2,3],5],"created_ts":null)",
                "5 validation errors for Snapshot\nparents\n  Input should be a valid tuple "
                "[type=tuple_type, input_value={}, input_type=dict]\nintervals.0.1\n  Field "
                "required [type=missing, input_value=[1], input_type=list]\nintervals.1\n  Tuple "
                "should have at most 2 items after validation, not 3 [type=too_long, "
                "input_value=[1, 2, 3], input_type=list]\nintervals.2\n  Input should be a valid "
                "tuple [type=tuple_type, input_value=5, input_type=int]\ncreated_ts\n  Input "
                "should be a valid integer [type=int_type, input_value=None, "
                "input_type=NoneType]",
                "parents"}));

TEST(Import, NamesTheRecord) {
  SnapshotCodec codec;
  auto decoded = codec.Decode(Replaced(kRecord, R"("created_ts":5)", R"("created_ts":[])"));
  Facts facts = FactsOf(decoded.status());
  EXPECT_EQ(facts["record"], "\"c\".\"s\".\"t\"");
  EXPECT_EQ(facts["identifier"], "1057892532");
  EXPECT_NE(HintOf(decoded.status()), "");
}

TEST(Import, NotAnObject) {
  SnapshotCodec codec;
  EXPECT_EQ(std::string(codec.Decode("\"a\"").status().message()),
            "1 validation error for Snapshot\n  Input should be a valid dictionary or instance of "
            "Snapshot [type=model_type, input_value='a', input_type=str]");
  EXPECT_EQ(ReasonOf(codec.Decode("{\"a\"").status()), Reason::RECORD_INVALID);
}

TEST(Import, UnknownFieldsOfANewerRelease) {
  SnapshotCodec codec;
  std::string record =
      Replaced(kRecord, R"({"name":"FULL"})", R"({"name":"FULL","zzz":1},"y\"\n":2)");
  record = Replaced(record, R"("metadata_hash":"2"})", R"("metadata_hash":"2","h":null})");
  auto decoded = codec.Decode(record);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_NE(decoded->stored_json.find(R"({"name":"FULL","zzz":1})"), std::string::npos);
  EXPECT_NE(decoded->stored_json.find(R"("source_type":"sql","y\"\n":2})"), std::string::npos);
  EXPECT_NE(decoded->stored_json.find(R"("parent_metadata_hash":"0","h":null})"),
            std::string::npos);
  EXPECT_TRUE(decoded->fingerprint_json.ends_with(R"(,"h":null})")) << decoded->fingerprint_json;
  EXPECT_EQ(decoded->unknown_fields.count, 3);
  EXPECT_EQ(decoded->unknown_fields.first, "fingerprint.h");
}

TEST(Import, UnknownFieldsOfAnOlderFile) {
  SnapshotCodec codec;
  auto decoded = codec.DecodeOlder(
      Replaced(kRecord, R"("created_ts":5)", R"("created_ts":5,"a":null,"version":null)"), 85);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_NE(decoded->stored_json.find(R"("created_ts":5,"a":null,)"), std::string::npos)
      << decoded->stored_json;
}

TEST(Export, UnknownFieldsOfAnUnknownSchema) {
  SnapshotCodec codec;
  ASSERT_TRUE(
      codec.Parse(Replaced(kRecord, R"("created_ts":5)", R"("a\"b\\":[1e300],"created_ts":5)"))
          .ok());
  std::string out;
  EncodeNotes notes;
  ASSERT_TRUE(codec.AppendExport({}, kCodecSchemaVersion + 1, &out, &notes).ok());
  EXPECT_NE(out.find(R"("a\"b\\":[1e+300],)"), std::string::npos) << out;
}

TEST(Migration, KeepsUnknownFields) {
  SnapshotCodec codec;
  std::string stored =
      Replaced(kRecord, R"("metadata_hash":"2"})", R"("metadata_hash":"2","h":1})");
  stored = Replaced(stored, R"("parents":[])",
                    R"("parents":[{"name":"p","identifier":"1","i":2}],)"
                    R"("change_category":1,"version":"7","previous_versions":[],"top":3)");
  ASSERT_TRUE(codec.Parse(stored).ok());
  MigratedFields fields;
  fields.fingerprint.data_hash = "8";
  fields.fingerprint.metadata_hash = "9";
  fields.parents = {{"p", "5"}};
  ASSERT_TRUE(codec.Migrate(fields).ok());
  std::string document, info, fingerprint;
  EncodeNotes notes;
  codec.AppendDocument(&document, &notes);
  EXPECT_NE(document.find(R"("data_hash":"8","metadata_hash":"9","parent_data_hash":"0",)"
                          R"("parent_metadata_hash":"0","h":1})"),
            std::string::npos)
      << document;
  EXPECT_NE(document.find(R"([{"name":"p","identifier":"5","i":2}])"), std::string::npos);
  EXPECT_NE(document.find(R"("top":3)"), std::string::npos);
  // Also of the previous version, and in environments.
  EXPECT_NE(document.find(R"("data_hash":"1","metadata_hash":"2","parent_data_hash":"0",)"
                          R"("parent_metadata_hash":"0","h":1})"),
            std::string::npos);
  ASSERT_TRUE(codec.AppendTableInfo(false, &info).ok());
  EXPECT_NE(info.find(R"([{"name":"p","identifier":"5","i":2}])"), std::string::npos) << info;
  codec.AppendFingerprint(fields.fingerprint, &fingerprint);
  EXPECT_TRUE(fingerprint.ends_with(R"(,"h":1})"));
}

}  // namespace
}  // namespace stateserver::state
