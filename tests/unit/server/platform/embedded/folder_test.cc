// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/error.h"
#include "gmock/gmock.h"
#include "server/platform/embedded/layout.h"
#include "tests/unit/server/platform/embedded/scratch.h"

namespace stateserver::postgres::embedded {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t kOther = 65534;

class FolderTest : public Scratch {
 protected:
  // A folder, outside of the cluster's, that nothing may change.
  FolderTest() : victim_(base_ + "/victim") {
    fs::create_directory(victim_);
    chmod(victim_.c_str(), 0755);
    std::ofstream(victim_ + "/file") << "precious";
    chmod((victim_ + "/file").c_str(), 0644);
    user_ = *CurrentUser();
  }
  ~FolderTest() override {
    EXPECT_EQ(Mode(victim_), 0755);
    EXPECT_EQ(Mode(victim_ + "/file"), 0644);
    EXPECT_EQ(Owner(victim_), geteuid());
    EXPECT_EQ(Owner(victim_ + "/file"), geteuid());
    std::string text;
    std::getline(std::ifstream(victim_ + "/file"), text);
    EXPECT_EQ(text, "precious");
    EXPECT_EQ(std::distance(fs::directory_iterator(victim_), {}), 1);
  }

  static mode_t Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }
  static uid_t Owner(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
    return info.st_uid;
  }
  // Makes a folder that every user may write to.
  std::string OpenToAll(const std::string& name) const {
    std::string path = base_ + "/" + name;
    fs::create_directory(path);
    chmod(path.c_str(), 0777);
    return path;
  }
  static std::string MessageOf(const absl::Status& status) {
    EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID) << status;
    return std::string(status.message());
  }

  std::string victim_;
  OsUser user_;
};

TEST_F(FolderTest, RefusesALinkInAFolderThatOthersMayWrite) {
  std::string link = OpenToAll("open") + "/state";
  fs::create_directory_symlink(victim_, link);
  for (mode_t mode : {0777, 0770, 01777, 0720}) {
    chmod((base_ + "/open").c_str(), mode);
    EXPECT_EQ(MessageOf(Start(link).status()),
              "'" + link +
                  "' is a link in a folder that other users may write to, and is not "
                  "followed");
    EXPECT_THAT(MessageOf(Start(link + "/deep").status()), HasSubstr("'" + link + "' is a link"));
    EXPECT_THAT(MessageOf(DescribeEmbedded(link).status()), HasSubstr("is a link in a folder"));
  }
}

TEST_F(FolderTest, RefusesALinkOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make another user's link";
  std::string link = base_ + "/link";
  fs::create_directory_symlink(victim_, link);
  ASSERT_EQ(lchown(link.c_str(), kOther, kOther), 0);
  absl::Status status = Start(link).status();
  EXPECT_EQ(MessageOf(status), "'" + link +
                                   "' is a link that belongs to another user (user id "
                                   "65534), and is not followed");
  EXPECT_THAT(HintOf(status), HasSubstr("Name the folder to which it leads"));
}

TEST_F(FolderTest, FollowsALinkThatOnlyTheServersUserCanHaveMade) {
  fs::create_directory(base_ + "/disk");
  fs::create_directory_symlink("disk", base_ + "/link");
  auto folder = Folder::Open(base_ + "/link");
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->path(), base_ + "/disk");
  EXPECT_EQ(*ResolvePath(base_ + "/link/./a/../not/yet"), base_ + "/disk/not/yet");
  EXPECT_EQ(LayoutOf(base_ + "/link/")->dir, base_ + "/disk");
}

TEST_F(FolderTest, EndsAtALinkThatLeadsToItself) {
  fs::create_symlink("loop", base_ + "/loop");
  EXPECT_THAT(MessageOf(Folder::Open(base_ + "/loop").status()),
              HasSubstr("Cannot follow the link '" + base_ + "/loop'"));
}

// The folder itself exists, and a link has the name of one of its parts.
TEST_F(FolderTest, RefusesAPlantedLinkForEachPartOfTheCluster) {
  UseMadeCluster();
  for (const std::string name : {"run", "log", "data"}) {
    SCOPED_TRACE(name);
    std::string part = dir_ + "/" + name;
    fs::rename(part, base_ + "/kept");
    fs::create_directory_symlink(victim_, part);
    chmod(dir_.c_str(), 0777);
    EXPECT_THAT(MessageOf(Start(dir_).status()), HasSubstr("'" + part + "' is a link in a folder"));
    chmod(dir_.c_str(), 0711);
    fs::remove(part);
    fs::rename(base_ + "/kept", part);
  }
}

TEST_F(FolderTest, RefusesAPlantedLinkForEachFile) {
  UseMadeCluster();
  for (const std::string name : {"stateserver.lock", "log/postgres.log"}) {
    SCOPED_TRACE(name);
    std::string file = dir_ + "/" + name;
    fs::remove(file);
    fs::create_symlink(victim_ + "/file", file);
    EXPECT_EQ(MessageOf(Start(dir_).status()), "'" + file + "' is a link, and is not used");
    fs::remove(file);
    fs::create_hard_link(victim_ + "/file", file);
    EXPECT_EQ(MessageOf(Start(dir_).status()),
              "'" + file + "' is not a regular file with a single name, and is not used");
    fs::remove(file);
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
    EXPECT_NE(MessageOf(Start(dir_).status()), "");
    fs::remove(file);
  }
}

TEST_F(FolderTest, ReplacesALinkThatTheClustersUserPutInPlaceOfAFile) {
  UseMadeCluster();
  for (const std::string name : {"pg_hba.conf", "pg_hba.conf.tmp", "pg_ident.conf"}) {
    fs::remove(data() + "/" + name);
    fs::create_symlink(victim_ + "/file", data() + "/" + name);
  }
  ASSERT_NE(MustStart(), nullptr);
  EXPECT_FALSE(fs::is_symlink(data() + "/pg_hba.conf"));
}

// Reading the file as root must not wait for a writer that never comes.
TEST_F(FolderTest, DoesNotWaitForPipesInTheData) {
  UseMadeCluster();
  ASSERT_EQ(mkfifo((data() + "/postmaster.pid").c_str(), 0600), 0);
  EXPECT_EQ(ReadPostmasterFile(data()).pid, 0);
  fs::remove(data() + "/PG_VERSION");
  ASSERT_EQ(mkfifo((data() + "/PG_VERSION").c_str(), 0600), 0);
  EXPECT_THAT(MessageOf(Start(dir_).status()), HasSubstr("has no readable PG_VERSION"));
  ASSERT_EQ(mkfifo((base_ + "/log").c_str(), 0600), 0);
  EXPECT_EQ(TailOf(base_ + "/log"), "");
}

TEST_F(FolderTest, ServesDataOnAnotherDisk) {
  UseMadeCluster();
  fs::rename(data(), base_ + "/disk");
  fs::create_directory_symlink(base_ + "/disk", data());
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(Ask(*cluster, "SELECT 1"), "1");
  EXPECT_FALSE(ProcessesOn(base_ + "/disk").empty());
}

TEST_F(FolderTest, NamesTheFolderOnTheWayToTheDataThatItsUserCannotEnter) {
  if (geteuid() != 0) GTEST_SKIP() << "the cluster's user is the server's";
  UseMadeCluster();
  fs::create_directory(base_ + "/closed");
  chmod((base_ + "/closed").c_str(), 0700);
  fs::rename(data(), base_ + "/closed/disk");
  fs::create_directory_symlink(base_ + "/closed/disk", data());
  EXPECT_THAT(
      MessageOf(Start(dir_).status()),
      HasSubstr("cannot enter '" + base_ + "/closed', which leads to '" + base_ + "/closed/disk'"));
}

TEST_F(FolderTest, DoesNotReplaceALinkToADiskThatIsNotMounted) {
  UseMadeCluster();
  fs::remove_all(data());
  fs::create_directory_symlink(base_ + "/disk", data());
  absl::Status status = Start(dir_).status();
  EXPECT_EQ(MessageOf(status),
            "'" + data() + "' is a link to '" + base_ + "/disk', which is not a folder");
  EXPECT_THAT(HintOf(status), HasSubstr("Mount the disk"));
  EXPECT_TRUE(fs::is_symlink(data()));
}

TEST_F(FolderTest, GivesContentsButNotWhatLinksLeadTo) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  std::string folder = base_ + "/given";
  fs::create_directories(folder + "/below");
  std::ofstream(folder + "/below/file") << "x";
  fs::create_directory_symlink(victim_, folder + "/folder-link");
  fs::create_symlink(victim_ + "/file", folder + "/below/file-link");
  OsUser other{"nobody", kOther, kOther, {kOther}};
  ASSERT_TRUE(Folder::Open(folder)->GiveContents(other).ok());
  for (const char* name : {"", "/below", "/below/file", "/below/file-link", "/folder-link"}) {
    EXPECT_EQ(Owner(folder + name), kOther) << name;
  }
}

TEST_F(FolderTest, DoesNotGiveAFileThatIsAlsoElsewhere) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  std::string folder = base_ + "/given";
  fs::create_directory(folder);
  fs::create_hard_link(victim_ + "/file", folder + "/file");
  OsUser other{"nobody", kOther, kOther, {kOther}};
  EXPECT_THAT(
      MessageOf(Folder::Open(folder)->GiveContents(other)),
      AllOf(HasSubstr("'" + folder + "/file' has a second name"), HasSubstr("not changed")));
}

// The path of the socket's folder is read from a file that DIR's owner can edit.
TEST_F(FolderTest, CreatesNoFolderThatSomebodyElseChose) {
  UseMadeCluster();
  std::string made = dir_;
  fs::create_directory(base_ + "/" + std::string(120, 'x'));
  dir_ = base_ + "/" + std::string(120, 'x') + "/long";
  fs::rename(made, dir_);
  std::ofstream(dir_ + "/run.path") << victim_ << "/stateserver-chosen\n";
  auto cluster = MustStart();
  ASSERT_NE(cluster, nullptr);
  EXPECT_FALSE(fs::exists(victim_ + "/stateserver-chosen"));
  std::string host = cluster->conninfo().substr(6, cluster->conninfo().find("' port=") - 6);
  cluster = nullptr;
  fs::remove_all(host);
}

TEST_F(FolderTest, CreatesParentsRegardlessOfTheUmask) {
  mode_t before = umask(077);
  auto folder = Folder::OpenOrCreate(base_ + "/a/b", 0711);
  umask(before);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(Mode(base_ + "/a"), 0711);
  EXPECT_EQ(Mode(base_ + "/a/b"), 0711);
  EXPECT_TRUE(folder->Give(user_, 0700).ok());
  EXPECT_EQ(Mode(base_ + "/a/b"), 0700);
}

}  // namespace
}  // namespace stateserver::postgres::embedded
