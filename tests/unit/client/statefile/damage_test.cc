// SPDX-License-Identifier: Apache-2.0
//
// State files that are damaged or no state files: the files of SQLMesh's
// transcripts, and many more.
#include <gmock/gmock.h>

#include <random>

#include "client/statefile/target.h"
#include "tests/unit/client/statefile_testing.h"

namespace stateserver::client {
namespace {

using testing::HasSubstr;

std::string Metadata(std::string_view members) {
  return With("metadata", "{" + std::string(members) + "}");
}

// Where SQLMesh prints a sentence, ours is the same.
TEST(StateFileDamageTest, SentencesOfTheTranscripts) {
  const std::string& all = AllJson();
  size_t in_environment = all.rfind("\"path\": \"macros/shop_macros.py\",");
  ASSERT_NE(in_environment, std::string::npos);
  struct Case {
    const char* transcript;
    std::string text;
    Reason reason;
  };
  const Case cases[] = {
      {"no_metadata", Without("metadata"), Reason::FILE_MALFORMED},
      {"metadata_list", With("metadata", "[1]"), Reason::FILE_MALFORMED},
      {"no_file_version", Metadata(R"("timestamp": "t", "importable": true)"),
       Reason::FILE_MALFORMED},
      {"bad_file_version", Metadata(R"("timestamp": "t", "file_version": "abc")"),
       Reason::FILE_MALFORMED},
      {"not_importable", Metadata(R"("timestamp": "t", "file_version": 1, "importable": false)"),
       Reason::FILE_NOT_IMPORTABLE},
      {"local_not_importable", ReadFile(DataFile(NEWEST_CORPUS "/export_local.json")),
       Reason::FILE_NOT_IMPORTABLE},
      {"timestamp_int", Metadata(R"("timestamp": 5, "file_version": 1, "importable": true)"),
       Reason::FILE_MALFORMED},
      {"list", "[" + all + "]", Reason::FILE_MALFORMED},
      {"garbage", "hello", Reason::FILE_MALFORMED},
      {"trunc_snapshots", all.substr(0, all.size() / 2), Reason::FILE_TRUNCATED},
      {"trunc_env", all.substr(0, in_environment + 32), Reason::FILE_TRUNCATED},
  };
  for (const Case& c : cases) {
    absl::Status status = ReadBytes(c.text);
    std::string sentence = TranscriptSentence(c.transcript);
    EXPECT_NE(sentence, "") << c.transcript;
    EXPECT_EQ(SentenceOf(status), sentence) << c.transcript;
    EXPECT_EQ(ReasonOf(status), c.reason) << c.transcript;
    EXPECT_NE(HintOf(status), "") << c.transcript;
    EXPECT_NE(FactsOf(status)["file"], "") << c.transcript;
  }
}

// Where it prints a traceback, or takes the file for whole.
TEST(StateFileDamageTest, SentencesOfOurOwn) {
  const std::string& all = AllJson();
  struct Case {
    std::string text;
    std::string sentence;
    Reason reason;
  };
  Members twice = MembersOf(all);
  twice.push_back(twice[0]);
  Members snapshots_twice = MembersOf(all);
  snapshots_twice.emplace_back("snapshots", "[]");
  std::string metadata = R"("timestamp": "t", "importable": true, "file_version": )";
  const Case cases[] = {
      {"", "the state file is empty, expected a SQLMesh state file", Reason::FILE_TRUNCATED},
      {" \n", "the state file is empty, expected a SQLMesh state file", Reason::FILE_TRUNCATED},
      {Without("versions"), "Expecting a 'versions' key to be present", Reason::FILE_MALFORMED},
      {Without("snapshots"), "Expecting a 'snapshots' key to be present", Reason::FILE_MALFORMED},
      {Without("environments"), "Expecting a 'environments' key to be present",
       Reason::FILE_MALFORMED},
      {Metadata(R"("file_version": 1, "importable": true)"),
       "Expecting a 'timestamp' key to be present in 'metadata'", Reason::FILE_MALFORMED},
      {With("environments", "[]"),
       "Expecting the 'environments' key to contain an object, got a list", Reason::FILE_MALFORMED},
      {With("snapshots", "{\"a\": {}}"),
       "Expecting the 'snapshots' key to contain a list, got an object", Reason::FILE_MALFORMED},
      {With("versions", "[]"), "Expecting the 'versions' key to contain an object",
       Reason::FILE_MALFORMED},
      {With("versions", "{\"schema_version\": \"x\"}"),
       "Unable to parse 'schema_version' in 'versions': x", Reason::FILE_MALFORMED},
      {With("versions", "{\"other\": 1}"), "Unexpected key 'other' in 'versions'",
       Reason::FILE_MALFORMED},
      {With("snapshots", "[{}, \"a\"]"),
       "Expecting snapshots[1] to be an object, got a string at index 249", Reason::RECORD_INVALID},
      {With("environments", "{\"dev\": []}"), "", Reason::RECORD_INVALID},
      {all + "x", "Unexpected text after the end of the JSON value: 'x' at index 914704",
       Reason::FILE_MALFORMED},
      {all.substr(0, all.size() - 1), "Unterminated object at end of file", Reason::FILE_TRUNCATED},
      {Join(twice), "The key 'metadata' is present twice", Reason::FILE_MALFORMED},
      {Join(snapshots_twice), "The key 'snapshots' is present twice", Reason::FILE_MALFORMED},
      {Metadata(metadata + "2"), "State file format version 2 is not supported, expected version 1",
       Reason::FILE_VERSION_UNSUPPORTED},
      {Metadata(metadata + "[]"), "Unable to parse state file format version: []",
       Reason::FILE_MALFORMED},
      {Metadata(metadata + "99999999999999999999"), "A number in 'metadata' is out of range",
       Reason::FILE_MALFORMED},
      {Metadata(metadata + "null"),
       "Unable to determine state file format version from the input file", Reason::FILE_MALFORMED},
      {Metadata(metadata + "1, \"other\": \"" + std::string(1 << 20, 'x') + "\""),
       "'metadata' is larger than 1 MiB", Reason::FILE_MALFORMED},
      {"5", "Expected JSON object, got: <class 'int'>", Reason::FILE_MALFORMED},
      {"null", "Expected JSON object, got: <class 'NoneType'>", Reason::FILE_MALFORMED},
  };
  for (const Case& c : cases) {
    absl::Status status = ReadBytes(c.text);
    EXPECT_FALSE(status.ok()) << c.sentence;
    if (!c.sentence.empty()) {
      EXPECT_EQ(SentenceOf(status), c.sentence);
    }
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_NE(HintOf(status), "") << status;
  }
}

TEST(StateFileDamageTest, FalsyImportableValuesAreNotImportable) {
  std::string start = R"("timestamp": "t", "file_version": 1)";
  for (const char* value : {"false", "null", "0", "0.0", "\"\"", "[]", "{}"}) {
    EXPECT_EQ(ReasonOf(ReadBytes(Metadata(start + ", \"importable\": " + value))),
              Reason::FILE_NOT_IMPORTABLE)
        << value;
  }
  EXPECT_EQ(ReasonOf(ReadBytes(Metadata(start))), Reason::FILE_NOT_IMPORTABLE);
  for (const char* value : {"true", "1", "\"no\"", "[0]"}) {
    EXPECT_TRUE(ReadBytes(Metadata(start + ", \"importable\": " + value)).ok()) << value;
  }
}

TEST(StateFileDamageTest, FileVersionsThatAreOne) {
  std::string start = R"("timestamp": "t", "importable": true, "file_version": )";
  for (const char* value : {"1", "\" 1\"", "\"+1\"", "\"0_1\"", "1.0", "true"}) {
    EXPECT_TRUE(ReadBytes(Metadata(start + value)).ok()) << value;
  }
  for (const char* value :
       {"\"1_\"", "\"_1\"", "\"\"", "\"1.0\"", "\"99999999999999999999\"", "1e300", "{}"}) {
    EXPECT_EQ(ReasonOf(ReadBytes(Metadata(start + value))), Reason::FILE_MALFORMED) << value;
  }
  EXPECT_EQ(ReasonOf(ReadBytes(Metadata(start + "\"-1\""))), Reason::FILE_VERSION_UNSUPPORTED);
}

// The checks come in SQLMesh's order, before damage further down is seen.
TEST(StateFileDamageTest, TheHeaderIsJudgedFirst) {
  Members members = MembersOf(AllJson());
  members[0].second = R"({"file_version": "abc", "importable": false, "timestamp": 5})";
  members[1].second = "[]";
  members[2].second = "broken";
  EXPECT_EQ(SentenceOf(ReadBytes(Join(members))), "Unable to parse state file format version: abc");
  std::swap(members[0], members[1]);
  EXPECT_EQ(SentenceOf(ReadBytes(Join(members))), "Unable to parse state file format version: abc");
  members[1].second = R"({"file_version": 1, "importable": false, "timestamp": 5})";
  EXPECT_EQ(SentenceOf(ReadBytes(Join(members))),
            "State file is marked as not importable. Aborting");
}

TEST(StateFileDamageTest, HintsSayWhere) {
  const std::string& all = AllJson();
  absl::Status cut = ReadBytes(all.substr(0, all.size() / 2));
  EXPECT_THAT(
      HintOf(cut),
      HasSubstr("line 14124, column 21 of the state file, inside environments.suffix_env:"));
  EXPECT_EQ(FactsOf(cut)["offset"], "457352");
  std::string broken = all;
  broken[broken.size() / 2] = '\x01';
  absl::Status status = ReadBytes(broken);
  EXPECT_EQ(FactsOf(status)["offset"], "457352");
  EXPECT_EQ(FactsOf(status)["path"], "environments.suffix_env");
  EXPECT_EQ(FactsOf(status)["line"], "14124");
}

TEST(StateFileDamageTest, EveryTruncationIsSeen) {
  const std::string& all = AllJson();
  int cuts = 0;
  for (size_t size = 1; size < all.size(); size += 997, ++cuts) {
    absl::Status status = ReadBytes(std::string_view(all).substr(0, size));
    ASSERT_EQ(ReasonOf(status), Reason::FILE_TRUNCATED) << size << ": " << status;
  }
  EXPECT_GT(cuts, 900);
}

// A flipped bit is an error, or it changed one character of a string or number.
TEST(StateFileDamageTest, FlippedBitsNeverGoUnnoticedInTheStructure) {
  std::string text = ReadFile(DataFile(NEWEST_CORPUS "/export_env_dev_a.json"));
  Records whole;
  ASSERT_TRUE(ReadBytes(text, &whole).ok());
  std::mt19937 random(7);
  int refused = 0, read = 0;
  for (int i = 0; i < 2000; ++i) {
    size_t at = random() % text.size();
    char flip = static_cast<char>(1 << (random() % 8));
    text[at] ^= flip;
    Records records;
    absl::Status status = ReadBytes(text, &records);
    if (status.ok()) {
      ++read;
      EXPECT_EQ(records.snapshots.size(), whole.snapshots.size()) << at;
      EXPECT_EQ(records.environments.size(), whole.environments.size()) << at;
    } else {
      ++refused;
      EXPECT_NE(ReasonOf(status), Reason::INTERNAL) << at << ": " << status;
    }
    text[at] ^= flip;
  }
  EXPECT_GT(refused, 200);
  EXPECT_GT(read, 200);
}

std::string Packed(std::string_view extension, std::string_view text) {
  auto compressor = CompressorFor("x." + std::string(extension));
  std::string out;
  EXPECT_TRUE(compressor->Add(text, true, &out).ok());
  return out;
}

TEST(StateFileDamageTest, CompressedFilesAreToldByTheirFirstBytes) {
  for (const char* extension : {"gz", "zst"}) {
    Records records;
    absl::Status status = ReadBytes(Packed(extension, AllJson()), &records);
    EXPECT_TRUE(status.ok()) << extension << status;
    EXPECT_EQ(records.snapshots.size(), 73u) << extension;
  }
}

TEST(StateFileDamageTest, MembersAndFramesInARowAreOneText) {
  std::string_view all = AllJson();
  for (const char* extension : {"gz", "zst"}) {
    std::string packed = Packed(extension, all.substr(0, 1000)) + Packed(extension, "") +
                         Packed(extension, all.substr(1000));
    EXPECT_TRUE(ReadBytes(packed).ok()) << extension << ReadBytes(packed);
  }
  std::string padded = Packed("gz", all) + std::string(512, '\0');
  EXPECT_TRUE(ReadBytes(padded).ok()) << ReadBytes(padded);
}

TEST(StateFileDamageTest, TruncatedCompressedFiles) {
  for (const char* extension : {"gz", "zst"}) {
    std::string packed = Packed(extension, AllJson());
    for (size_t size = 4; size < packed.size(); size += packed.size() / 211) {
      absl::Status status = ReadBytes(std::string_view(packed).substr(0, size));
      ASSERT_EQ(ReasonOf(status), Reason::FILE_TRUNCATED) << extension << size << ": " << status;
      ASSERT_THAT(SentenceOf(status), HasSubstr("ends early")) << extension << size;
    }
  }
}

TEST(StateFileDamageTest, FlippedBitsInCompressedFiles) {
  for (const char* extension : {"gz", "zst"}) {
    std::string packed =
        Packed(extension, ReadFile(DataFile(NEWEST_CORPUS "/export_env_dev_a.json")));
    std::mt19937 random(7);
    for (int i = 0; i < 500; ++i) {
      // Behind the header of gzip, which holds times and names nobody needs.
      size_t at = 10 + random() % (packed.size() - 10);
      packed[at] ^= 1;
      absl::Status status = ReadBytes(packed);
      // Both formats end with a checksum.
      EXPECT_FALSE(status.ok()) << extension << at;
      EXPECT_NE(ReasonOf(status), Reason::INTERNAL) << extension << at;
      packed[at] ^= 1;
    }
  }
}

TEST(StateFileDamageTest, BytesAfterACompressedFile) {
  for (const char* extension : {"gz", "zst"}) {
    absl::Status status = ReadBytes(Packed(extension, AllJson()) + "garbage");
    EXPECT_EQ(ReasonOf(status), Reason::FILE_MALFORMED) << extension << status;
    EXPECT_THAT(SentenceOf(status), HasSubstr("is damaged"));
  }
}

}  // namespace
}  // namespace stateserver::client
