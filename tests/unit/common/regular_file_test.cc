// SPDX-License-Identifier: Apache-2.0

#include "common/regular_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RegularFileTest : public testing::Test {
 protected:
  RegularFileTest() {
    std::string pattern = (fs::temp_directory_path() / "file.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~RegularFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }
  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }
  size_t Files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(RegularFileTest, IsReplacedAsAWholeAndKeepsItsMode) {
  ASSERT_TRUE(ReplaceRegularFile(Path("a"), "one").ok());
  EXPECT_EQ(Read("a"), "one");
  EXPECT_EQ(ModeOf(Path("a")), 0600u);
  ASSERT_EQ(chmod(Path("a").c_str(), 0640), 0);
  ASSERT_TRUE(ReplaceRegularFile(Path("a"), "two").ok());
  EXPECT_EQ(Read("a"), "two");
  EXPECT_EQ(ModeOf(Path("a")), 0640u);
  EXPECT_EQ(Files(), 1u) << "no temporary file is left";
}

TEST_F(RegularFileTest, NoPlantedNameIsFollowed) {
  Write("victim", "precious");
  for (const char* name : {"a.new", "a.tmp", ".a.tmp", "a~"}) {
    fs::create_symlink("victim", Path(name));
  }
  ASSERT_TRUE(ReplaceRegularFile(Path("a"), "one").ok());
  EXPECT_EQ(Read("victim"), "precious");
  EXPECT_EQ(Read("a"), "one");
}

TEST_F(RegularFileTest, ALinkStaysAndItsTargetIsReplaced) {
  fs::create_directory(Path("data"));
  Write("data/real", "one");
  fs::create_symlink("data", Path("current"));
  fs::create_symlink("current/real", Path("a"));
  fs::create_symlink(Path("a"), Path("b"));
  ASSERT_TRUE(ReplaceRegularFile(Path("b"), "two").ok());
  EXPECT_TRUE(fs::is_symlink(Path("a")) && fs::is_symlink(Path("b")));
  EXPECT_EQ(fs::read_symlink(Path("a")), "current/real");
  EXPECT_FALSE(fs::is_symlink(Path("data/real")));
  EXPECT_EQ(Read("data/real"), "two");
}

TEST_F(RegularFileTest, ALinkThatLeadsNowhereIsRefused) {
  fs::create_symlink("nowhere", Path("a"));
  fs::create_symlink("loop", Path("loop"));
  absl::Status status = ReplaceRegularFile(Path("a"), "x");
  EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID);
  EXPECT_THAT(std::string(status.message()), HasSubstr("which does not exist"));
  EXPECT_FALSE(fs::exists(Path("nowhere")));
  EXPECT_FALSE(ReplaceRegularFile(Path("loop"), "x").ok());
}

TEST_F(RegularFileTest, ALinkOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a link to another user";
  Write("victim", "precious");
  fs::create_symlink("victim", Path("a"));
  ASSERT_EQ(lchown(Path("a").c_str(), 65534, 65534), 0);
  absl::Status status = ReplaceRegularFile(Path("a"), "x");
  EXPECT_THAT(std::string(status.message()), HasSubstr("a link of another user"));
  EXPECT_EQ(Read("victim"), "precious");
  ASSERT_EQ(chown(folder_.c_str(), 65534, 65534), 0);
  EXPECT_TRUE(ReplaceRegularFile(Path("a"), "x").ok()) << "the folder's owner chose the link";
}

TEST_F(RegularFileTest, APipeADeviceAndAFolderAreRefusedAtOnce) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  fs::create_directory(Path("folder"));
  fs::create_symlink("/dev/null", Path("null"));
  for (const std::string& path : {Path("pipe"), Path("folder"), Path("null")}) {
    EXPECT_THAT(std::string(ReplaceRegularFile(path, "x").message()),
                HasSubstr("is not a regular file"));
    EXPECT_FALSE(ReadRegularFile(path, 100).ok()) << path;
  }
  EXPECT_EQ(ReadRegularFile(Path("pipe"), 100).status().message(), "it is not a regular file");
  EXPECT_EQ(ReadRegularFile(Path("none"), 100).status().message(), "No such file or directory");
}

TEST_F(RegularFileTest, IsReadThroughLinksAsKubernetesMountsThem) {
  fs::create_directory(Path("..2026"));
  Write("..2026/token", "secret");
  fs::create_directory_symlink("..2026", Path("..data"));
  fs::create_symlink("..data/token", Path("token"));
  EXPECT_EQ(*ReadRegularFile(Path("token"), kMaxConfigBytes), "secret");
  EXPECT_TRUE(CheckRegularFile(Path("token"), kMaxConfigBytes).ok());
}

TEST_F(RegularFileTest, ASparseFileOfTenGigabytesIsRefusedUnread) {
  Write("sparse", "");
  ASSERT_EQ(truncate(Path("sparse").c_str(), off_t{10} << 30), 0);
  EXPECT_EQ(ReadRegularFile(Path("sparse"), kMaxConfigBytes).status().message(),
            "it is larger than 1 MiB");
  EXPECT_EQ(CheckRegularFile(Path("sparse"), kMaxPemBytes).message(), "it is larger than 16 MiB");
}

// Files in /proc claim to be empty.
TEST_F(RegularFileTest, BytesAreCountedWithoutASize) {
  EXPECT_EQ(ReadRegularFile("/proc/self/smaps", 16).status().message(),
            "it is larger than 16 bytes");
  EXPECT_TRUE(ReadRegularFile("/proc/self/stat", kMaxConfigBytes).ok());
}

TEST_F(RegularFileTest, DevicesAndSocketsAreRefused) {
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, Path("socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  for (const std::string& path : {Path("socket"), std::string("/dev/zero")}) {
    EXPECT_EQ(ReadRegularFile(path, kMaxConfigBytes).status().message(),
              "it is not a regular file");
    EXPECT_EQ(CheckRegularFile(path, kMaxConfigBytes).message(), "it is not a regular file");
  }
  close(listener);
}

TEST_F(RegularFileTest, IsReadUpToItsLimit) {
  Write("a", std::string(1 << 20, 'x'));
  EXPECT_EQ(ReadRegularFile(Path("a"), 1 << 20)->size(), size_t{1} << 20);
  Write("a", std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(ReadRegularFile(Path("a"), 1 << 20).status().message(), "it is larger than 1 MiB");
}

}  // namespace
}  // namespace stateserver
