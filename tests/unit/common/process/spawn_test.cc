// SPDX-License-Identifier: Apache-2.0

#include "common/process/spawn.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/text.h"

namespace stateserver {
namespace {

// Returns what a shell prints for `script`, or the error.
std::string OutputOf(SpawnOptions options, const std::string& script) {
  options.command = {"/bin/sh", "-c", script};
  Pipe output = *MakePipe();
  auto spawned = Spawn(options, STDIN_FILENO, output.write.get(), output.write.get());
  if (!spawned.ok()) return std::string(MessageOf(spawned.status()));
  output.write.Close();
  std::string text;
  char buffer[256];
  for (ssize_t count; (count = read(output.read.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  waitpid(spawned->pid, nullptr, 0);
  return text;
}

TEST(Spawn, FilesArePrivateOnRequest) {
  SpawnOptions options;
  options.private_files = true;
  EXPECT_EQ(OutputOf(options, "umask"), "0077\n");
}

TEST(Spawn, ForbidsCoreDumps) {
  SpawnOptions options;
  EXPECT_EQ(OutputOf(options, "ulimit -c"), "0\n");
}

TEST(Spawn, TheSameUserNeedsNoRights) {
  SpawnOptions options;
  options.user = OsUser{"me", geteuid(), getegid(), {getegid()}};
  EXPECT_EQ(OutputOf(options, "id -u"), Cat(geteuid(), "\n"));
}

TEST(Spawn, NamesTheUserThatItCannotBecome) {
  if (geteuid() == 0) GTEST_SKIP() << "root may become any user";
  SpawnOptions options;
  options.user = OsUser{"other", geteuid() + 1, getegid(), {getegid()}};
  EXPECT_EQ(OutputOf(options, "id -u"), "'/bin/sh' as the user 'other': Operation not permitted");
}

TEST(Spawn, NamesAProgramThatIsMissing) {
  SpawnOptions options;
  options.command = {"/nonexistent/program"};
  absl::Status status = Spawn(options, 0, 1, 2).status();
  EXPECT_EQ(MessageOf(status), "'/nonexistent/program': No such file or directory");
  EXPECT_EQ(ReasonOf(status), Reason::INTERNAL);
}

}  // namespace
}  // namespace stateserver
