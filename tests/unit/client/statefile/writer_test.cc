// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "common/json/restyler.h"
#include "tests/unit/client/statefile_testing.h"

namespace stateserver::client {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

const std::string kToken = std::string(32, 'a') + std::string(32, '7');
constexpr char kTokenLines[] = ",\n    \"stateserver\": {\n      \"token\": \"";

// The records as another writer's parts, `size` bytes each.
absl::Status Copy(StateFileReader* reader, StateFileWriter* writer, std::string_view token) {
  RETURN_IF_ERROR(writer->WriteHeader(reader->header()));
  ASSIGN_OR_RETURN(RecordCounts counts, reader->ReadRecords([&](const RecordPart& part) {
    return writer->Write(part);
  }));
  EXPECT_EQ(writer->counts().snapshots, counts.snapshots);
  EXPECT_EQ(writer->counts().environments, counts.environments);
  return writer->Finish(token);
}

absl::Status CopyFile(const std::string& from, const std::string& to, WriterOptions options = {},
                      std::string_view token = kToken) {
  ASSIGN_OR_RETURN(auto reader, StateFileReader::Open(from, {.must_import = false}));
  ASSIGN_OR_RETURN(auto writer, StateFileWriter::Open(to, options));
  return Copy(reader.get(), writer.get(), token);
}

std::string WithToken(std::string text, const std::string& token) {
  size_t end = text.find("\n  },\n  \"versions\"");
  return text.insert(end, kTokenLines + token + "\"\n    }");
}

int FilesIn(const std::filesystem::path& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class StateFileWriterTest : public TemporaryFolderTest {
 protected:
  const std::string source_ = DataFile(NEWEST_CORPUS "/export_env_dev_a.json");
  const std::string text_ = ReadFile(source_);
};

TEST_F(StateFileWriterTest, EveryFileOfSqlmeshComesBackByteForByte) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(TEST_DATA_DIR "/sqlmesh")) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    std::string want = ReadFile(entry.path());
    ASSERT_TRUE(CopyFile(entry.path(), Path("plain"), {.with_token = false}, "").ok());
    EXPECT_TRUE(ReadFile(Path("plain")) == want) << entry.path();
    absl::Status status = CopyFile(entry.path(), Path("token"));
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(ReadFile(Path("token")) == WithToken(want, kToken)) << entry.path();
  }
  EXPECT_GE(files, 30);
}

TEST_F(StateFileWriterTest, CompactHasNoWhiteSpace) {
  ASSERT_TRUE(CopyFile(source_, Path("compact"), {.compact = true, .with_token = false}, "").ok());
  json::Style style{json::Layout::kCompact, json::Charset::kAscii, 0};
  EXPECT_TRUE(ReadFile(Path("compact")) == json::Restyle(text_, style));
  ASSERT_TRUE(CopyFile(source_, Path("token"), {.compact = true}).ok());
  EXPECT_THAT(ReadFile(Path("token")),
              HasSubstr("\"stateserver\":{\"token\":\"" + kToken + "\"}}"));
  EXPECT_TRUE(json::Restyle(WithToken(text_, kToken), style) == ReadFile(Path("token")));
}

TEST_F(StateFileWriterTest, NoRecords) {
  auto writer = StateFileWriter::Open(Path("empty"), {.with_token = false});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)
                  ->WriteHeader({.timestamp = "2026-11-22 10:03:00+00:00",
                                 .importable = false,
                                 .token = "",
                                 .versions = {102, "30.8.0", "0.236.4"}})
                  .ok());
  ASSERT_TRUE((*writer)->Finish("").ok());
  EXPECT_EQ(ReadFile(Path("empty")), R"({
  "metadata": {
    "timestamp": "2026-11-22 10:03:00+00:00",
    "file_version": 1,
    "importable": false
  },
  "versions": {
    "schema_version": 102,
    "sqlglot_version": "30.8.0",
    "sqlmesh_version": "0.236.4"
  },
  "snapshots": [],
  "environments": {}
})");
}

TEST_F(StateFileWriterTest, PartsMayBeCutAnywhereAndAreNormalised) {
  auto writer = StateFileWriter::Open(Path("out"), {.compact = true, .with_token = false});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->WriteHeader({}).ok());
  std::string record = "{ \"n\\u00e4me\": \"\xf0\x9f\x98\x80\\/\" }";
  for (size_t i = 0; i < record.size(); ++i) {
    RecordPart part{Section::kSnapshots, "", std::string_view(record).substr(i, 1), i == 0, false};
    ASSERT_TRUE((*writer)->Write(part).ok());
  }
  ASSERT_TRUE((*writer)->Write({Section::kSnapshots, "", "", false, true}).ok());
  ASSERT_TRUE((*writer)->Write({Section::kEnvironments, "d\xc3\xa9v\"", "{}"}).ok());
  ASSERT_TRUE((*writer)->Finish("").ok());
  EXPECT_THAT(ReadFile(Path("out")), HasSubstr(R"("snapshots":[{"n\u00e4me":"\ud83d\ude00/"}],)"
                                               R"("environments":{"d\u00e9v\"":{}}})"));
}

TEST_F(StateFileWriterTest, CallsOutOfOrderAreErrors) {
  auto open = [&] { return std::move(StateFileWriter::Open(Path("out"))).value(); };
  RecordPart snapshot{Section::kSnapshots, "", "{}"};
  RecordPart environment{Section::kEnvironments, "dev", "{}"};
  EXPECT_EQ(ReasonOf(open()->Write(snapshot)), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(open()->Finish(kToken)), Reason::INTERNAL);
  auto writer = open();
  ASSERT_TRUE(writer->WriteHeader({}).ok());
  EXPECT_EQ(ReasonOf(writer->WriteHeader({})), Reason::INTERNAL);
  ASSERT_TRUE(writer->Write(environment).ok());
  EXPECT_EQ(ReasonOf(writer->Write(snapshot)), Reason::INTERNAL);
  environment.begin = false;
  EXPECT_EQ(ReasonOf(writer->Write(environment)), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(writer->Finish("")), Reason::INTERNAL);
  EXPECT_EQ(ReasonOf(writer->Finish("xyz")), Reason::INTERNAL);
  EXPECT_TRUE(writer->Finish(kToken).ok());
  EXPECT_EQ(ReasonOf(writer->Finish(kToken)), Reason::INTERNAL);
}

TEST_F(StateFileWriterTest, RecordsThatAreNoJsonAreRefused) {
  for (const char* json : {"", "{", "{}}", "\"a"}) {
    auto writer = StateFileWriter::Open(Path("out"));
    ASSERT_TRUE((*writer)->WriteHeader({}).ok());
    EXPECT_EQ(ReasonOf((*writer)->Write({Section::kSnapshots, "", json})), Reason::RECORD_INVALID)
        << json;
  }
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

TEST_F(StateFileWriterTest, WithoutFinishTheOldFileStaysAndNothingElse) {
  WriteFile(Path("out"), "old");
  {
    auto writer = StateFileWriter::Open(Path("out"));
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->WriteHeader({}).ok());
    EXPECT_EQ(FilesIn(folder_), 2);
  }
  EXPECT_EQ(ReadFile(Path("out")), "old");
  EXPECT_EQ(FilesIn(folder_), 1);
}

TEST_F(StateFileWriterTest, TheModeOfAnOldFileIsKeptAndANewOneFollowsUmask) {
  WriteFile(Path("old"), "old");
  ::chmod(Path("old").c_str(), 0640);
  mode_t mask = ::umask(027);
  absl::Status old_status = CopyFile(source_, Path("old"));
  absl::Status new_status = CopyFile(source_, Path("new"));
  ::umask(mask);
  ASSERT_TRUE(old_status.ok() && new_status.ok());
  struct stat info;
  ASSERT_EQ(::stat(Path("old").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  ASSERT_EQ(::stat(Path("new").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  EXPECT_EQ(FilesIn(folder_), 2);
}

TEST_F(StateFileWriterTest, SymbolicLinksAreWrittenThrough) {
  std::filesystem::create_directory(Path("real"));
  WriteFile(Path("real/file"), "old");
  std::filesystem::create_symlink("real/file", Path("link"));
  std::filesystem::create_symlink("link", Path("second"));
  std::filesystem::create_symlink("real/new", Path("dangling"));
  std::filesystem::create_symlink("loop", Path("loop"));
  ASSERT_TRUE(CopyFile(source_, Path("second")).ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("second")));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_TRUE(ReadFile(Path("real/file")) == WithToken(text_, kToken));
  ASSERT_TRUE(CopyFile(source_, Path("dangling")).ok());
  EXPECT_TRUE(ReadFile(Path("real/new")) == WithToken(text_, kToken));
  EXPECT_EQ(FactsOf(StateFileWriter::Open(Path("loop")).status())["errno"], "ELOOP");
}

TEST_F(StateFileWriterTest, PlacesThatCannotBeWritten) {
  absl::Status missing = StateFileWriter::Open(Path("no/such/file")).status();
  EXPECT_EQ(SentenceOf(missing),
            "Cannot write '" + Path("no/such/file") + "': No such file or directory");
  EXPECT_EQ(ReasonOf(missing), Reason::ARGUMENT_INVALID);
  EXPECT_EQ(FactsOf(StateFileWriter::Open(folder_.string()).status())["errno"], "EISDIR");
  EXPECT_EQ(FactsOf(StateFileWriter::Open(Path("new/")).status())["errno"], "EISDIR");
  WriteFile(Path("file"), "");
  EXPECT_EQ(FactsOf(StateFileWriter::Open(Path("file/x")).status())["errno"], "ENOTDIR");
  EXPECT_EQ(FactsOf(StateFileWriter::Open("").status())["errno"], "ENOENT");
}

// In a child process: a limit on the size of files stands for a full disk.
[[noreturn]] void CopyOntoFullDisk(const std::string& target) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = {2000, 2000};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  absl::Status status = CopyFile(DataFile(NEWEST_CORPUS "/export_all.json"), target);
  bool right =
      SentenceOf(status) == "Cannot write '" + target + "': File too large" && HintOf(status) != "";
  ::_exit(right ? 0 : 1);
}

TEST_F(StateFileWriterTest, AFullDiskLeavesTheOldFileAndNamesIt) {
  WriteFile(Path("out.json"), "old");
  for (const char* extension : {"json", "json.gz", "json.zst"}) {
    std::string target = Path(std::string("out.") + extension);
    EXPECT_EXIT(CopyOntoFullDisk(target), testing::ExitedWithCode(0), "") << extension;
  }
  EXPECT_EQ(ReadFile(Path("out.json")), "old");
  EXPECT_EQ(FilesIn(folder_), 1);
}

TEST_F(StateFileWriterTest, AFullDevice) {
  absl::Status status = CopyFile(source_, "/dev/full");
  EXPECT_EQ(SentenceOf(status), "Cannot write '/dev/full': No space left on device");
  EXPECT_TRUE(CopyFile(source_, "/dev/null").ok());
}

TEST_F(StateFileWriterTest, APipeGetsTheWholeFile) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reading([&] { got = ReadFile(Path("pipe")); });
  absl::Status status = CopyFile(source_, Path("pipe"));
  reading.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(got == WithToken(text_, kToken));
}

TEST_F(StateFileWriterTest, StandardOutputIsWrittenAtTheEndOnly) {
  int saved = ::dup(STDOUT_FILENO);
  int out = ::open(Path("stdout").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
  ASSERT_EQ(::write(out, "before:", 7), 7);
  ::dup2(out, STDOUT_FILENO);
  {
    auto unfinished = StateFileWriter::Open("-");
    ASSERT_TRUE(unfinished.ok() && (*unfinished)->WriteHeader({}).ok());
  }
  absl::Status dash = CopyFile(source_, "-", {.with_token = false}, "");
  absl::Status device = CopyFile(source_, "/dev/stdout", {.with_token = false}, "");
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(out);
  EXPECT_TRUE(dash.ok() && device.ok()) << dash << device;
  EXPECT_TRUE(ReadFile(Path("stdout")) == "before:" + text_ + text_);
}

TEST_F(StateFileWriterTest, AClosedPipeIsAnError) {
  ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  absl::Status status = CopyFile(source_, "/dev/fd/" + std::to_string(ends[1]));
  ::close(ends[1]);
  EXPECT_THAT(SentenceOf(status), MatchesRegex("Cannot write '/dev/fd/.*': Broken pipe"));
}

class CompressedWriterTest : public StateFileWriterTest {
 protected:
  // What another program makes of our file.
  std::string Run(const std::string& command) {
    std::string line = command + " > " + Path("unpacked");
    EXPECT_EQ(std::system(line.c_str()), 0) << line;
    return ReadFile(Path("unpacked"));
  }
};

TEST_F(CompressedWriterTest, OtherProgramsUnpackThem) {
  std::string all = DataFile(NEWEST_CORPUS "/export_all.json");
  std::string want = WithToken(ReadFile(all), kToken);
  ASSERT_TRUE(CopyFile(all, Path("x.json.gz")).ok());
  ASSERT_TRUE(CopyFile(all, Path("x.json.zst")).ok());
  EXPECT_TRUE(Run("gzip -dc " + Path("x.json.gz")) == want);
  EXPECT_TRUE(Run("python3 -c 'import gzip, sys; "
                  "sys.stdout.write(gzip.open(sys.argv[1], \"rt\").read())' " +
                  Path("x.json.gz")) == want);
  EXPECT_TRUE(Run("zstd -dc " + Path("x.json.zst")) == want);
  EXPECT_LT(std::filesystem::file_size(Path("x.json.gz")), want.size() / 8);
  EXPECT_LT(std::filesystem::file_size(Path("x.json.zst")), want.size() / 8);
}

TEST_F(CompressedWriterTest, WeReadThemWithTheirToken) {
  for (const char* name : {"x.gz", "x.zst"}) {
    for (bool compact : {false, true}) {
      ASSERT_TRUE(CopyFile(source_, Path(name), {.compact = compact}).ok());
      auto reader = StateFileReader::Open(Path(name));
      ASSERT_TRUE(reader.ok()) << reader.status();
      EXPECT_EQ((*reader)->header().token, kToken);
      Records records;
      EXPECT_TRUE(Collect(reader->get(), &records).ok());
    }
  }
}

TEST_F(CompressedWriterTest, WeReadWhatOtherProgramsPack) {
  for (const char* command :
       {"gzip -c", "gzip -1 -c", "zstd -c", "zstd -19 -c", "zstd --no-check -c"}) {
    std::string packed = Run(command + (" " + source_));
    Records records;
    absl::Status status = ReadBytes(packed, &records);
    EXPECT_TRUE(status.ok()) << command << status;
    EXPECT_GT(records.snapshots.size(), 0u) << command;
  }
}

}  // namespace
}  // namespace stateserver::client
