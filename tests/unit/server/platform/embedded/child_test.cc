// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "gmock/gmock.h"
#include "server/platform/embedded/processes.h"
#include "tests/unit/server/platform/embedded/scratch.h"

namespace stateserver::postgres::embedded {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OsUser Me() { return *CurrentUser(); }

std::string OutputOf(const std::string& script, const OsUser& user = Me(),
                     const std::string& input = "") {
  auto finished = embedded::Run({"/bin/sh", "-c", script}, user, input);
  if (!finished.ok()) return finished.status().ToString();
  return finished->output;
}

TEST(Child, GetsItsInputAndGivesBothOutputs) {
  EXPECT_EQ(OutputOf("cat; echo error >&2", Me(), "in\n"), "in\nerror\n");
}

TEST(Child, TellsSuccessFromFailure) {
  EXPECT_TRUE(embedded::Run({"/bin/true"}, Me())->ok);
  EXPECT_FALSE(embedded::Run({"/bin/false"}, Me())->ok);
  EXPECT_FALSE(embedded::Run({"/bin/sh", "-c", "kill -9 $$"}, Me())->ok);
}

TEST(Child, KeepsTheEndOfALongOutput) {
  std::string output = OutputOf("seq 1 100000; echo last");
  EXPECT_LE(output.size(), 64 << 10);
  EXPECT_TRUE(output.ends_with("100000\nlast\n"));
}

TEST(Child, NamesAProgramThatCannotRun) {
  absl::Status status = embedded::Run({"/nonexistent/initdb"}, Me()).status();
  EXPECT_EQ(status.message(), "Cannot run '/nonexistent/initdb' as the user '" + Me().name +
                                  "': No such file or directory");
  EXPECT_EQ(ReasonOf(status), Reason::DATABASE_UNREACHABLE);
}

// An inherited descriptor would hold the folder's lock after a server was killed.
TEST(Child, InheritsNoDescriptor) {
  FileDescriptor leak(open("/etc/passwd", O_RDONLY));
  FileDescriptor high(dup2(leak.get(), 200));
  EXPECT_THAT(OutputOf("ls -l /proc/self/fd"), Not(HasSubstr("/etc/passwd")));
}

TEST(Child, InheritsNoSignalSettings) {
  signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  std::string status = OutputOf("grep -E '^Sig(Blk|Ign)' /proc/self/status");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGUSR1, SIG_DFL);
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Child, InheritsNoPostgresEnvironment) {
  setenv("PGDATA", "/elsewhere", 1);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  std::string environment = OutputOf("env");
  unsetenv("PGDATA");
  unsetenv("LC_ALL");
  EXPECT_THAT(environment, Not(HasSubstr("PGDATA")));
  EXPECT_THAT(environment, HasSubstr("LC_ALL=C\n"));
}

TEST(Child, HasASessionOfItsOwn) {
  EXPECT_NE(OutputOf("cut -d' ' -f6 /proc/self/stat"), std::to_string(getsid(0)) + "\n");
}

TEST(Child, BecomesTheUserForGood) {
  if (geteuid() != 0) GTEST_SKIP() << "only for root";
  OsUser nobody = *UserByName("nobody");
  std::string uid = std::to_string(nobody.uid);
  EXPECT_EQ(OutputOf("grep ^Uid /proc/self/status", nobody),
            "Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid + "\n");
  EXPECT_EQ(OutputOf("id -G", nobody), std::to_string(nobody.gid) + "\n");
  EXPECT_THAT(OutputOf("grep ^CapEff /proc/self/status", nobody), HasSubstr("0000000000000000"));
  EXPECT_EQ(geteuid(), 0);
}

TEST(FirstNotEnterable, NamesTheFirst) {
  if (geteuid() != 0) GTEST_SKIP() << "only for root";
  std::string base = MakeOpenFolder();
  std::string closed = base + "/closed";
  mkdir(closed.c_str(), 0700);
  OsUser nobody = *UserByName("nobody");
  EXPECT_EQ(*FirstNotEnterable({"/", base}, nobody), "");
  EXPECT_EQ(*FirstNotEnterable({"/", base, closed, closed + "/x"}, nobody), closed);
  EXPECT_EQ(*FirstNotEnterable({"/", base, closed}, Me()), "");
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace stateserver::postgres::embedded
