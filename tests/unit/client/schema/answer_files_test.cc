// SPDX-License-Identifier: Apache-2.0
//
// A server cannot choose where the client writes.
#include "client/schema/answer_files.h"

#include <sys/stat.h>

#include <set>

#include "client/connection/answer_limit.h"
#include "client/errors.h"
#include "client/folder_file.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/schema.pb.h"
#include "tests/unit/client/hostile_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;
namespace pb = stateserver::v1;

const char kRevision[] =
    "-- revision: a1\n-- down_revision:\n-- message: x\n-- created: 2026-11-22T10:03:00Z\n\n"
    "-- +upgrade\nCREATE TABLE a (id INT);\n-- +downgrade\nDROP TABLE a;\n";

std::vector<std::string> BadNames() {
  return {"",
          ".sql",
          ".",
          "..",
          "../x.sql",
          "../../x.sql",
          "/x.sql",
          "a/x.sql",
          "a\\x.sql",
          "..\\x.sql",
          ".x.sql",
          "-x.sql",
          "x.sh",
          "x.sql.sh",
          "x",
          "x.py",
          std::string("x\0.sql", 6),
          "x\n.sql",
          "x\x1b[8m.sql",
          "x\xc2\x9b.sql",
          "x\xe2\x80\xae.sql",
          std::string(252, 'x') + ".sql"};
}

TEST(FileNameTest, IsOnePlainComponent) {
  EXPECT_TRUE(CheckFileName("a.sql", ".sql").ok());
  EXPECT_TRUE(CheckFileName("20261122_a1_größe~2.%2F.sql", ".sql").ok());
  EXPECT_TRUE(CheckFileName("models.py", ".py").ok());
  EXPECT_TRUE(CheckFileName(std::string(251, 'x') + ".sql", ".sql").ok());
  EXPECT_TRUE(HasClientReason(CheckFileName("x\xff.sql", ".sql"), ClientReason::ANSWER_INVALID));
  for (const std::string& name : BadNames()) {
    EXPECT_TRUE(HasClientReason(CheckFileName(name, ".sql"), ClientReason::ANSWER_INVALID)) << name;
  }
}

TEST(AnswerFilesTest, JoinsPiecesAndRefusesASecondFileOfAName) {
  AnswerFiles files(".sql");
  EXPECT_TRUE(files.Add("a.sql", "1").ok());
  EXPECT_TRUE(files.Add("a.sql", "2").ok());
  EXPECT_TRUE(files.Add("b.sql", "").ok());
  EXPECT_TRUE(HasClientReason(files.Add("a.sql", "3"), ClientReason::ANSWER_INVALID));
  std::vector<SchemaText> all = files.Release();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].text, "12");
}

TEST(AnswerFilesTest, CountsFiles) {
  AnswerFiles files(".sql");
  for (size_t i = 0; i < AnswerFiles::kMostFiles; ++i) {
    ASSERT_TRUE(files.Add(std::to_string(i) + ".sql", "").ok());
  }
  EXPECT_TRUE(HasClientReason(files.Add("x.sql", ""), ClientReason::ANSWER_INVALID));
}

TEST(AnswerLimitTest, CountsBytesAndMessages) {
  AnswerLimit bytes;
  EXPECT_TRUE(bytes.Count(AnswerLimit::kMostBytes / 2).ok());
  EXPECT_TRUE(
      HasClientReason(bytes.Count(AnswerLimit::kMostBytes / 2), ClientReason::ANSWER_INVALID));
  AnswerLimit messages;
  size_t count = 0;
  while (messages.Count(0).ok()) ++count;
  EXPECT_LT(count, 10'000'000u);
}

// Everything below a folder, with the contents of files and the targets of links.
std::set<std::string> Everything(const fs::path& folder) {
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::string line = entry.path().string();
    if (entry.is_symlink()) line += " -> " + fs::read_symlink(entry.path()).string();
    if (entry.is_regular_file()) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      line += ": " + text.str();
    }
    all.insert(line);
  }
  return all;
}

class AnswerFilesCommandTest : public testing::Test {
 protected:
  AnswerFilesCommandTest() {
    run.env["STATESERVER_SERVER"] = server.address();
    run.env["XDG_CONFIG_HOME"] = (scratch.path() / "config").string();
    fs::create_directories(scratch.path() / "work/deep/schema");
    fs::create_directories(scratch.path() / "work/deep/revisions");
    fs::current_path(scratch.path() / "work/deep");
    std::ofstream("schema/a.sql") << "CREATE TABLE a (id INT);\n";
    pb::GetStatusResponse status;
    status.add_alembic_heads("a1");
    server.Answer("GetStatus", {&status});
  }
  ~AnswerFilesCommandTest() override { fs::current_path("/"); }

  // Answers Generate with a good file and then this one, Autogenerate with a revision.
  void Name(const std::string& name) {
    pb::GenerateResponse good, bad;
    good.mutable_file()->set_name("good.sql");
    good.mutable_file()->set_text("good");
    bad.mutable_file()->set_name(name);
    bad.mutable_file()->set_text("bad");
    server.Answer("Generate", {&good, &bad});
    pb::AutogenerateResponse revision;
    revision.set_revision("a1");
    revision.mutable_file()->set_name(name);
    revision.mutable_file()->set_text(kRevision);
    server.Answer("Autogenerate", {&revision});
  }

  HostileServer server;
  Scratch scratch;
  Runner run;
};

TEST_F(AnswerFilesCommandTest, NoCommandWritesElsewhere) {
  const std::vector<std::vector<std::string>> lines = {
      {"schema", "inspect", "--as", "sql", "-o", "new"},
      {"schema", "inspect", "--as", "sql", "-o", "new", "--force"},
      {"schema", "revision", "--autogenerate"},
      {"schema", "check", "--drift", "--adopt"},
  };
  const std::set<std::string> before = Everything(scratch.path());
  for (const std::string& name : BadNames()) {
    Name(name);
    for (const auto& line : lines) {
      RunResult result = run(line);
      EXPECT_NE(result.exit_code, 0) << line[1] << " " << name;
      EXPECT_NE(result.err.find("The server named a file"), std::string::npos) << result.err;
      EXPECT_EQ(Everything(scratch.path()), before) << line[1] << " " << name;
    }
  }
  Name("good.sql/../x.sql");
  fs::create_directories("project/schema");
  fs::create_directories("project/revisions");
  const std::set<std::string> with_project = Everything(scratch.path());
  RunResult result = run({"schema", "init", "project", "--from-alembic"});
  EXPECT_NE(result.err.find("The server named a file"), std::string::npos) << result.err;
  EXPECT_EQ(Everything(scratch.path()), with_project);
}

TEST_F(AnswerFilesCommandTest, GoodNamesAreWritten) {
  Name("b.sql");
  RunResult result = run({"schema", "inspect", "--as", "sql", "-o", "new"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(scratch.Read("work/deep/new/good.sql"), "good");
  EXPECT_EQ(scratch.Read("work/deep/new/b.sql"), "bad");
  result = run({"schema", "revision", "--autogenerate"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(scratch.Read("work/deep/revisions/b.sql"), kRevision);
}

TEST_F(AnswerFilesCommandTest, LinksAreReplacedNotFollowed) {
  Name("b.sql");
  std::string victim = scratch.Write("victim", "untouched");
  fs::create_directories(scratch.path() / "real");
  fs::create_directory_symlink(scratch.path() / "real", "linked");
  fs::create_symlink(victim, "linked/b.sql");
  RunResult result = run({"schema", "inspect", "--as", "sql", "-o", "linked"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_EQ(scratch.Read("victim"), "untouched");
  result = run({"schema", "inspect", "--as", "sql", "-o", "linked", "--force"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(scratch.Read("victim"), "untouched");
  EXPECT_FALSE(fs::is_symlink("linked/b.sql"));
  EXPECT_EQ(scratch.Read("real/b.sql"), "bad");

  // A revision is never written over anything, not even through a link that leads nowhere.
  fs::create_symlink(scratch.path() / "nowhere", "revisions/b.sql");
  fs::create_symlink(victim, "revisions/revisions.sum");
  EXPECT_NE(run({"schema", "revision", "--autogenerate"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(scratch.path() / "nowhere"));
  fs::remove("revisions/b.sql");
  std::ofstream(victim) << "";
  EXPECT_EQ(run({"schema", "revision", "--autogenerate"}).exit_code, 0);
  EXPECT_EQ(scratch.Read("victim"), "");
  EXPECT_FALSE(fs::is_symlink("revisions/revisions.sum"));
}

TEST_F(AnswerFilesCommandTest, SamplesAndContextsFollowNoLinks) {
  std::string victim = scratch.Write("victim", "untouched");
  fs::create_directories("project");
  fs::create_symlink(scratch.path() / "nowhere", "project/.schemaignore");
  EXPECT_EQ(run({"schema", "init", "project"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(scratch.path() / "nowhere"));

  fs::path config = scratch.path() / "config/stateclient";
  fs::create_directories(config);
  fs::create_symlink(victim, config / "config.yaml.new");
  EXPECT_EQ(run({"context", "set", "a", "--server", "a:1"}).exit_code, 0);
  EXPECT_EQ(scratch.Read("victim"), "untouched");
  EXPECT_NE(scratch.Read("config/stateclient/config.yaml").find("a:1"), std::string::npos);
}

TEST(FolderFileTest, KeepsTheModeAndReportsWhatIsInTheWay) {
  Scratch scratch;
  std::string folder = scratch.path().string();
  EXPECT_TRUE(WriteFolderFile(folder, "a", "1", IfExists::kFail).ok());
  EXPECT_TRUE(HasClientReason(WriteFolderFile(folder, "a", "2", IfExists::kFail),
                              ClientReason::OUTPUT_FAILED));
  ::chmod((scratch / "a").c_str(), 0640);
  EXPECT_TRUE(WriteFolderFile(folder, "a", "3", IfExists::kReplace).ok());
  EXPECT_EQ(scratch.Read("a"), "3");
  struct stat info;
  ASSERT_EQ(::stat((scratch / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  fs::create_directories(scratch.path() / "taken");
  EXPECT_TRUE(HasClientReason(WriteFolderFile(folder, "taken", "4", IfExists::kReplace),
                              ClientReason::OUTPUT_FAILED));
  EXPECT_TRUE(HasClientReason(WriteFolderFile(folder + "/none", "a", "5", IfExists::kReplace),
                              ClientReason::OUTPUT_FAILED));
  EXPECT_EQ(scratch.Names().size(), 2u) << "no temporary file is left";
}

}  // namespace
}  // namespace stateserver::client
