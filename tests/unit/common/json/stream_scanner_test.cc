// SPDX-License-Identifier: Apache-2.0

#include "common/json/stream_scanner.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/error.h"

namespace stateserver::json {
namespace {

// Writes down what it is told.
class Recorder : public ScanHandler {
 public:
  absl::Status OnKey(std::string_view key, int depth) override {
    log.push_back("key " + std::string(key) + " " + std::to_string(depth));
    return absl::OkStatus();
  }
  absl::Status OnBegin(ValueKind kind, int depth, uint64_t offset) override {
    log.push_back("begin " + std::to_string(static_cast<int>(kind)) + " " + std::to_string(depth) +
                  " @" + std::to_string(offset));
    return fail_at_begin ? Error(Reason::CANCELLED, "stop") : absl::OkStatus();
  }
  absl::Status OnEnd(int depth, uint64_t offset) override {
    log.push_back("end " + std::to_string(depth) + " @" + std::to_string(offset));
    return absl::OkStatus();
  }
  absl::Status OnText(std::string_view piece) override {
    text.append(piece);
    return absl::OkStatus();
  }

  std::vector<std::string> log;
  std::string text;
  bool fail_at_begin = false;
};

absl::Status Scan(std::string_view json, size_t size, Recorder* recorder = nullptr) {
  Recorder own;
  StreamScanner scanner(recorder != nullptr ? recorder : &own);
  if (recorder != nullptr) {
    scanner.SetEventDepth(99);
    EXPECT_TRUE(scanner.SetCopy(true).ok());
  }
  for (size_t at = 0; at < json.size(); at += size) {
    absl::Status status = scanner.Feed(json.substr(at, size));
    if (!status.ok()) return status;
  }
  return scanner.Finish();
}

// The outcome must not depend on where the text is cut.
absl::Status Check(std::string_view json) {
  absl::Status whole = Scan(json, json.size() + 1);
  for (size_t size = 1; size <= 20; ++size) {
    absl::Status cut = Scan(json, size);
    EXPECT_EQ(cut.ok(), whole.ok()) << json << " cut by " << size << ": " << cut;
    EXPECT_EQ(ReasonOf(cut), ReasonOf(whole)) << json << " cut by " << size << ": " << cut;
  }
  return whole;
}

TEST(StreamScannerTest, AcceptsTheWholeGrammar) {
  for (std::string_view json :
       {"{}",
        "[]",
        "0",
        "-0",
        "10",
        "-1.5",
        "1e5",
        "1E+5",
        "0.5e-10",
        "\"\"",
        "true",
        "false",
        "null",
        " \t\r\n[ 1 , 2 ] \n",
        R"({"a":{"b":[{}]},"a":1})",
        R"("\"\\\/\b\f\n\r\t\u0000\uFFff")",
        R"("\ud83d\ude00")",
        "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"",
        "\"\x7f\"",
        R"("a string longer than thirty-two bytes, so that runs are found")"}) {
    EXPECT_TRUE(Check(json).ok()) << json << ": " << Check(json);
  }
}

TEST(StreamScannerTest, RefusesMalformedText) {
  for (std::string_view json : {"hello",
                                "{,}",
                                "{1:2}",
                                "{\"a\" 1}",
                                "{\"a\":1,}",
                                "[1,]",
                                "[,1]",
                                "[1 2]",
                                "{\"a\":1]",
                                "[1}",
                                "01",
                                "-",
                                "-a",
                                "1.",
                                "1.e5",
                                "1e",
                                "1e+",
                                "+1",
                                ".5",
                                "1x",
                                "trux",
                                "nul1",
                                "NaN",
                                "Infinity",
                                "'a'",
                                "\"\n\"",
                                "\"\t\"",
                                R"("\x")",
                                R"("\u12g4")",
                                R"("\ud800")",
                                R"("\ud800x")",
                                R"("\ud800\n")",
                                R"("\ud800\u0041")",
                                R"("\udc00")",
                                R"("\ud800\ud800")",
                                "\"\xff\"",
                                "\"\xc3(\"",
                                "\"\xc0\xaf\"",
                                "\"\xed\xa0\x80\"",
                                "\"\xf4\x90\x80\x80\"",
                                "\"\x80\"",
                                "{} {}",
                                "[]]",
                                "1 2",
                                "{}x",
                                "\xef\xbb\xbf{}",
                                "[1,/* no */2]",
                                "{\"a\":1,\"b\"}",
                                "[\"a\"\"b\"]"}) {
    absl::Status status = Check(json);
    // What only lacks its end is truncated.
    bool cut = json == "-" || json == "1." || json == "1e" || json == "1e+";
    EXPECT_EQ(ReasonOf(status), cut ? Reason::FILE_TRUNCATED : Reason::FILE_MALFORMED)
        << json << ": " << status;
  }
}

TEST(StreamScannerTest, EveryPrefixOfAValueIsTruncated) {
  std::string_view json =
      "{\"k\xc3\xa9\\u00e9\\ud83d\\ude00\": [1.5e3, true, {\"b\": \"\\n\"}, [], null], \"c\": "
      "-0.1}";
  ASSERT_TRUE(Check(json).ok());
  for (size_t size = 0; size < json.size(); ++size) {
    absl::Status status = Check(json.substr(0, size));
    EXPECT_EQ(ReasonOf(status), Reason::FILE_TRUNCATED) << json.substr(0, size) << ": " << status;
  }
}

TEST(StreamScannerTest, SentencesAreSqlmeshs) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"hello", "Invalid JSON character: 'h' at index 0"},
      {"{\"a\":trux}", "Invalid JSON character: 'x' at index 8"},
      {"\xef\xbb\xbf{}", "Invalid JSON character: '\\u{feff}' at index 0"},
      {"[\"abc", "Unterminated string at end of file at index 5"},
      {"{\"a\":", "Unterminated object at end of file"},
      {"{\"a\":[1", "Unterminated list at end of file"},
      {"{\"a\":\"x\\u12", "Unterminated unicode literal at end of file at index 11"},
      {"[\"\\x\"]", "Invalid string escape: x at index 3"},
      {"[\"\\ud800\"]", "Unpaired UTF-16 surrogate at index 8"},
      {"{\"a\" 1}", "Invalid JSON character: '1' at index 5, expected ':'"},
      {"[1 2]", "Invalid JSON character: '2' at index 3, expected ',' or ']'"},
      {"{} x", "Unexpected text after the end of the JSON value: 'x' at index 3"},
      {"", "Expected a JSON value, got the end of the file at index 0"},
  };
  for (const auto& [json, sentence] : cases) {
    EXPECT_EQ(std::string(Check(json).message()), sentence) << json;
    // Cut inside a character only its first byte can be shown.
    EXPECT_EQ(std::string(Scan(json, 3).message()), sentence) << json;
  }
}

TEST(StreamScannerTest, ErrorsKnowOffsetLineAndColumn) {
  for (size_t size : {1, 3, 100}) {
    Facts facts = FactsOf(Scan("{\n  \"a\": 1,\n  \"b\": x\n}", size));
    EXPECT_EQ(facts["offset"], "19") << size;
    EXPECT_EQ(facts["line"], "3") << size;
    EXPECT_EQ(facts["column"], "8") << size;
    facts = FactsOf(Scan("{\n  \"a\": 1,\n  \"b", size));
    EXPECT_EQ(facts["offset"], "16") << size;
    EXPECT_EQ(facts["line"], "3") << size;
    EXPECT_EQ(facts["column"], "5") << size;
  }
}

TEST(StreamScannerTest, DepthIsLimited) {
  std::string most(StreamScanner::kMaxDepth, '[');
  EXPECT_TRUE(Check(most + std::string(StreamScanner::kMaxDepth, ']')).ok());
  absl::Status status = Check(most + "[");
  EXPECT_EQ(ReasonOf(status), Reason::FILE_MALFORMED);
  EXPECT_EQ(std::string(status.message()), "JSON nested deeper than 256 levels at index 256");
}

TEST(StreamScannerTest, EventsHaveDepthsOffsetsAndUnescapedKeys) {
  std::vector<std::string> want = {"begin 0 0 @1", "key a\n 1", "begin 1 1 @9", "begin 3 2 @10",
                                   "end 2 @12",    "end 1 @13", "key b 1",      "begin 4 1 @18",
                                   "end 1 @22",    "end 0 @23"};
  for (size_t size : {1, 2, 5, 100}) {
    Recorder recorder;
    ASSERT_TRUE(Scan(" {\"a\\n\": [12],\"b\":true}", size, &recorder).ok());
    EXPECT_EQ(recorder.log, want) << size;
  }
}

TEST(StreamScannerTest, CopiesWithoutWhiteSpaceOutsideStrings) {
  for (size_t size : {1, 2, 7, 100}) {
    Recorder recorder;
    ASSERT_TRUE(Scan(" { \"a b\" :\n\t[ 1 , \" x \" ] } ", size, &recorder).ok());
    EXPECT_EQ(recorder.text, R"({"a b":[1," x "]})") << size;
  }
}

TEST(StreamScannerTest, ARootNumberEndsWithTheText) {
  Recorder recorder;
  ASSERT_TRUE(Scan("12", 1, &recorder).ok());
  EXPECT_EQ(recorder.log.back(), "end 0 @2");
  EXPECT_EQ(recorder.text, "12");
}

TEST(StreamScannerTest, LongStringsAreHandedOnInPieces) {
  std::string json = "\"" + std::string(1'000'000, 'x') + "\"";
  Recorder recorder;
  ASSERT_TRUE(Scan(json, 3000, &recorder).ok());
  EXPECT_TRUE(recorder.text == json);
}

TEST(StreamScannerTest, OverlongKeysOfInterestAreRefused) {
  std::string json = "{\"" + std::string(StreamScanner::kMaxKey + 1, 'k') + "\":1}";
  Recorder recorder;
  EXPECT_EQ(ReasonOf(Scan(json, 1000, &recorder)), Reason::FILE_MALFORMED);
  EXPECT_TRUE(Scan(json, 1000).ok());  // nobody asked for it
}

TEST(StreamScannerTest, AHandlersErrorEndsTheScanForGood) {
  Recorder recorder;
  recorder.fail_at_begin = true;
  StreamScanner scanner(&recorder);
  EXPECT_EQ(ReasonOf(scanner.Feed("[1]")), Reason::CANCELLED);
  EXPECT_EQ(ReasonOf(scanner.Feed("[1]")), Reason::CANCELLED);
  EXPECT_EQ(ReasonOf(scanner.Finish()), Reason::CANCELLED);
  EXPECT_EQ(recorder.log.size(), 1u);
}

}  // namespace
}  // namespace stateserver::json
