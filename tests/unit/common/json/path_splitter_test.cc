// SPDX-License-Identifier: Apache-2.0

#include "common/json/path_splitter.h"

#include <gtest/gtest.h>

#include <utility>

#include "common/error.h"

namespace stateserver::json {
namespace {

class PathRecorder : public SplitHandler {
 public:
  absl::Status OnContainer(size_t cut, ValueKind kind) override {
    log += "container " + std::to_string(cut) + " " + std::to_string(static_cast<int>(kind)) + "\n";
    return absl::OkStatus();
  }
  absl::Status OnValueBegin(const CutValue& value) override {
    log += std::to_string(value.cut) + " " + std::string(value.key) + "[" +
           std::to_string(value.index) + "] ";
    offsets.push_back(value.offset);
    first = true;
    return absl::OkStatus();
  }
  absl::Status OnValueBytes(std::string_view piece) override {
    if (std::exchange(first, false)) first_bytes += piece.front();
    log += piece;
    return absl::OkStatus();
  }
  absl::Status OnValueEnd() override {
    log += "\n";
    return absl::OkStatus();
  }

  std::string log;
  std::vector<uint64_t> offsets;
  std::string first_bytes;  // of each value
  bool first = false;
};

struct Outcome {
  std::string log;
  std::string remainder;
};

Outcome Split(std::string_view json, const std::vector<std::string>& cuts, size_t size) {
  PathRecorder recorder;
  PathSplitter splitter(cuts, &recorder);
  for (size_t at = 0; at < json.size(); at += size) {
    EXPECT_TRUE(splitter.Feed(json.substr(at, size)).ok());
  }
  EXPECT_TRUE(splitter.Finish().ok());
  for (size_t i = 0; i < recorder.offsets.size(); ++i) {
    EXPECT_EQ(json[recorder.offsets[i]], recorder.first_bytes[i]) << i;
  }
  return {recorder.log, splitter.remainder()};
}

void ExpectSplit(std::string_view json, const std::vector<std::string>& cuts, std::string_view log,
                 std::string_view remainder) {
  for (size_t size : {1, 2, 3, 7, 1000}) {
    Outcome outcome = Split(json, cuts, size);
    EXPECT_EQ(outcome.log, log) << size;
    EXPECT_EQ(outcome.remainder, remainder) << size;
  }
}

TEST(PathSplitterTest, ElementsMembersAndWholeValues) {
  ExpectSplit(R"({"metadata": {"v": 1}, "snapshots": [ {"a": 1} , 2 ], "x": [ 5 ],
                  "environments": {"d\u0065v": {"e": [ ]}, "prod": {}}})",
              {"snapshots[*]", "environments{*}", "metadata"},
              "2 [0] {\"v\":1}\n"
              "container 0 1\n0 [0] {\"a\":1}\n0 [1] 2\n"
              "container 1 0\n1 dev[0] {\"e\":[]}\n1 prod[1] {}\n",
              R"({"metadata":null,"snapshots":[],"x":[5],"environments":{}})");
}

TEST(PathSplitterTest, PathsInsideARecord) {
  ExpectSplit(R"({"environment":{"name":"dev","snapshots":[{"snapshots":[1]},"s"],
                 "previous_finalized_snapshots":[7],"z":{"snapshots":[8]}},"snapshots":[9]})",
              {"environment.snapshots[*]", "environment.previous_finalized_snapshots[*]"},
              "container 0 1\n0 [0] {\"snapshots\":[1]}\n0 [1] \"s\"\n"
              "container 1 1\n1 [0] 7\n",
              R"({"environment":{"name":"dev","snapshots":[],"previous_finalized_snapshots":[],)"
              R"("z":{"snapshots":[8]}},"snapshots":[9]})");
}

TEST(PathSplitterTest, ContainersOfTheWrongKindStayInTheRemainder) {
  ExpectSplit(R"({"snapshots":{"a":1},"environments":[1],"snapshots":null})",
              {"snapshots[*]", "environments{*}"}, "container 0 0\ncontainer 1 1\ncontainer 0 6\n",
              R"({"snapshots":{"a":1},"environments":[1],"snapshots":null})");
}

TEST(PathSplitterTest, DuplicateAndEmptyContainers) {
  ExpectSplit(R"({"a":[],"a":[1,2],"a":[3]})", {"a[*]"},
              "container 0 1\ncontainer 0 1\n0 [0] 1\n0 [1] 2\ncontainer 0 1\n0 [0] 3\n",
              R"({"a":[],"a":[],"a":[]})");
}

TEST(PathSplitterTest, NothingGoesThroughArrays) {
  ExpectSplit(R"([{"a":[1]}])", {"a[*]"}, "", R"([{"a":[1]}])");
  ExpectSplit(R"([{"a":[1]},2])", {"[*]"}, "container 0 1\n0 [0] {\"a\":[1]}\n0 [1] 2\n", "[]");
}

TEST(PathSplitterTest, PathNamesThePlace) {
  PathRecorder recorder;
  PathSplitter splitter({"snapshots[*]", "environments{*}"}, &recorder);
  ASSERT_TRUE(splitter.Feed(R"({"metadata": )").ok());
  EXPECT_EQ(splitter.path(), "metadata");
  ASSERT_TRUE(splitter.Feed(R"(1, "snapshots": [1, {"x")").ok());
  EXPECT_EQ(splitter.path(), "snapshots[1]");
  ASSERT_TRUE(splitter.Feed(R"(:1}], "environments": {"dev": {)").ok());
  EXPECT_EQ(splitter.path(), "environments.dev");
  EXPECT_FALSE(splitter.Feed("?").ok());
  EXPECT_EQ(splitter.path(), "environments.dev");
}

TEST(PathSplitterTest, TheRemainderIsLimited) {
  PathRecorder recorder;
  PathSplitter splitter({"a[*]"}, &recorder);
  std::string megabyte(1 << 20, 'x');
  absl::Status status = splitter.Feed("{\"big\":\"");
  for (int i = 0; i < 70 && status.ok(); ++i) status = splitter.Feed(megabyte);
  EXPECT_EQ(ReasonOf(status), Reason::RECORD_TOO_LARGE);
}

TEST(PathSplitterTest, ADroppedRemainderHasNoLimit) {
  PathRecorder recorder;
  PathSplitter splitter({"a[*]"}, &recorder, PathSplitter::Remainder::kDrop);
  std::string megabyte(1 << 20, 'x');
  ASSERT_TRUE(splitter.Feed("{\"big\":\"").ok());
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(splitter.Feed(megabyte).ok());
  ASSERT_TRUE(splitter.Feed("\",\"a\":[ {} ]}").ok());
  ASSERT_TRUE(splitter.Finish().ok());
  EXPECT_EQ(recorder.log, "container 0 1\n0 [0] {}\n");
  EXPECT_EQ(splitter.remainder(), "");
}

}  // namespace
}  // namespace stateserver::json
