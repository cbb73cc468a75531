// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "common/json/restyler.h"
#include "tests/unit/client/statefile_testing.h"

namespace stateserver::client {
namespace {

using testing::HasSubstr;

TEST(StateFileReaderTest, ReadsHeaderAndRecords) {
  auto reader = StateFileReader::Open(DataFile(NEWEST_CORPUS "/export_all_warmcache.json"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  const StateFileHeader& header = (*reader)->header();
  EXPECT_EQ(header.timestamp, "2026-11-22 10:03:00+00:00");
  EXPECT_EQ(header.file_version, 1);
  EXPECT_TRUE(header.importable);
  EXPECT_EQ(header.token, "");
  EXPECT_EQ(header.versions.schema_version, 102);
  EXPECT_EQ(header.versions.sqlglot_version, "30.8.0");
  EXPECT_EQ(header.versions.sqlmesh_version, NEWEST_CORPUS);
  Records records;
  ASSERT_TRUE(Collect(reader->get(), &records).ok());
  EXPECT_EQ(records.snapshots.size(), 73u);  // as in SQLMesh's transcript
  EXPECT_EQ(records.environments.size(), 8u);
}

TEST(StateFileReaderTest, RecordsAreTheTextWithoutWhiteSpace) {
  Records records;
  ASSERT_TRUE(ReadBytes(AllJson(), &records).ok());
  std::string snapshots = "[", environments = "{";
  for (const std::string& json : records.snapshots) snapshots += json + ",";
  for (const auto& [name, json] : records.environments) {
    json::AppendQuoted(name, json::Charset::kAscii, &environments);
    environments += ":" + json + ",";
  }
  snapshots.back() = ']';
  environments.back() = '}';
  json::Style style{json::Layout::kCompact, json::Charset::kAscii, 0};
  Members members = MembersOf(AllJson());
  EXPECT_TRUE(snapshots == json::Restyle(members[2].second, style));
  EXPECT_TRUE(environments == json::Restyle(members[3].second, style));
}

TEST(StateFileReaderTest, TopLevelKeysComeInAnyOrder) {
  Records want;
  ASSERT_TRUE(ReadBytes(AllJson(), &want).ok());
  Members members = MembersOf(AllJson());
  std::sort(members.begin(), members.end());
  int orders = 0;
  do {
    Records got;
    absl::Status status = ReadBytes(Join(members), &got);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(got.snapshots == want.snapshots);
    EXPECT_TRUE(got.environments == want.environments);
    ++orders;
  } while (std::next_permutation(members.begin(), members.end()));
  EXPECT_EQ(orders, 24);
}

TEST(StateFileReaderTest, UnknownTopLevelKeysAreIgnoredButChecked) {
  Members members = MembersOf(AllJson());
  members.insert(members.begin() + 2, {"extra", "{\"snapshots\": [1, 2]}"});
  members.emplace_back("more", "null");
  EXPECT_TRUE(ReadBytes(Join(members)).ok());
  members.back().second = "nul";
  EXPECT_EQ(ReasonOf(ReadBytes(Join(members))), Reason::FILE_MALFORMED);
}

TEST(StateFileReaderTest, ReadsTheToken) {
  std::string token(64, 'a');
  auto read = [](std::string metadata) {
    std::string text = With("metadata", metadata);
    auto reader = StateFileReader::FromBytes(text);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return (*reader)->header().token;
  };
  std::string start =
      R"({"timestamp": "t", "file_version": 1, "importable": true, "stateserver": )";
  EXPECT_EQ(read(start + "{\"token\": \"" + token + "\"}}"), token);
  EXPECT_EQ(read(start + "{\"token\": \"short\"}}"), "");
  EXPECT_EQ(read(start + "{\"token\": 5}}"), "");
  EXPECT_EQ(read(start + "7}"), "");
}

TEST(StateFileReaderTest, HeadersOfNotImportableFilesCanBeRead) {
  std::string path = DataFile(NEWEST_CORPUS "/export_local.json");
  EXPECT_EQ(ReasonOf(StateFileReader::Open(path).status()), Reason::FILE_NOT_IMPORTABLE);
  auto reader = StateFileReader::Open(path, {.must_import = false});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_FALSE((*reader)->header().importable);
  Records records;
  EXPECT_TRUE(Collect(reader->get(), &records).ok());
  EXPECT_EQ(records.environments.size(), 0u);
}

TEST(StateFileReaderTest, VersionsAreReadAsSqlmeshReadsThem) {
  std::string text = With("versions", R"({"schema_version": "1_02", "sqlmesh_version": null})");
  auto reader = StateFileReader::FromBytes(text);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->header().versions.schema_version, 102);
  EXPECT_EQ((*reader)->header().versions.sqlmesh_version, "0.0.0");
  EXPECT_EQ((*reader)->header().versions.sqlglot_version, "0.0.0");
}

TEST(StateFileReaderTest, TheSinksErrorEndsTheReadingUnchanged) {
  auto reader = StateFileReader::FromBytes(AllJson());
  ASSERT_TRUE(reader.ok());
  int calls = 0;
  absl::Status mine = Error(Reason::CANCELLED, "enough", "my hint", {{"line", "1"}});
  auto counts = (*reader)->ReadRecords([&](const RecordPart&) {
    ++calls;
    return mine;
  });
  EXPECT_EQ(counts.status(), mine);
  EXPECT_EQ(calls, 1);
}

TEST(StateFileReaderTest, LongRecordsComeInBoundedParts) {
  std::string big = "[{\"sql\":\"" + std::string(3'000'000, 'x') + "\"}]";
  Records records;
  ASSERT_TRUE(ReadBytes(With("snapshots", big), &records).ok());
  ASSERT_EQ(records.snapshots.size(), 1u);
  EXPECT_EQ("[" + records.snapshots[0] + "]", big);
  EXPECT_LE(records.largest_part, 256u * 1024);
}

class StateFileSourceTest : public TemporaryFolderTest {
 protected:
  // Reads `text` through a named pipe, in pieces of `size`.
  absl::Status ReadPipe(const std::string& text, size_t size, Records* records) {
    std::string path = Path("pipe");
    ::unlink(path.c_str());
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    std::thread writer([&] {
      int fd = ::open(path.c_str(), O_WRONLY);
      for (size_t at = 0; at < text.size(); at += size) {
        std::string_view piece = std::string_view(text).substr(at, size);
        if (::write(fd, piece.data(), piece.size()) < 0) break;
      }
      ::close(fd);
    });
    auto reader = StateFileReader::Open(path);
    absl::Status status = reader.ok() ? Collect(reader->get(), records) : reader.status();
    writer.join();
    return status;
  }
};

TEST_F(StateFileSourceTest, APipeWithTheHeaderFirst) {
  Records records;
  absl::Status status = ReadPipe(AllJson(), 4096, &records);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(records.snapshots.size(), 73u);
}

TEST_F(StateFileSourceTest, APipeWithTheHeaderLastIsSpooled) {
  Members members = MembersOf(AllJson());
  std::reverse(members.begin(), members.end());
  // More than is kept in memory.
  members.insert(members.begin(), {"extra", "\"" + std::string(3'000'000, 'x') + "\""});
  Records records;
  absl::Status status = ReadPipe(Join(members), 60'000, &records);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(records.snapshots.size(), 73u);
  EXPECT_EQ(records.environments.size(), 8u);
}

TEST_F(StateFileSourceTest, SpoolingNeedsATemporaryFolder) {
  std::string text = With("extra", "");
  Members members = MembersOf(AllJson());
  members.insert(members.begin(), {"extra", "\"" + std::string(1'500'000, 'x') + "\""});
  WriteFile(Path("late.json"), Join(members));
  ::setenv("TMPDIR", Path("missing").c_str(), 1);
  std::string command = "cat " + Path("late.json");
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  auto reader = StateFileReader::Open("/dev/fd/" + std::to_string(::fileno(pipe)));
  ::unsetenv("TMPDIR");
  EXPECT_EQ(ReasonOf(reader.status()), Reason::ARGUMENT_INVALID);
  EXPECT_THAT(SentenceOf(reader.status()),
              HasSubstr("Cannot create a temporary file for '/dev/fd/"));
  EXPECT_THAT(SentenceOf(reader.status()), HasSubstr(Path("missing")));
  ::pclose(pipe);
}

TEST_F(StateFileSourceTest, FilesThatCannotBeRead) {
  absl::Status missing = StateFileReader::Open(Path("nofile.json")).status();
  EXPECT_EQ(SentenceOf(missing),
            "Cannot read '" + Path("nofile.json") + "': No such file or directory");
  EXPECT_EQ(ReasonOf(missing), Reason::ARGUMENT_INVALID);
  EXPECT_EQ(FactsOf(missing)["errno"], "ENOENT");
  absl::Status folder = StateFileReader::Open(folder_.string()).status();
  EXPECT_EQ(FactsOf(folder)["errno"], "EISDIR");
}

}  // namespace
}  // namespace stateserver::client
