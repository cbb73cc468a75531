// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/folder.h"

#include <sys/stat.h>

#include "client/errors.h"
#include "client/schema/sources.h"
#include "common/text.h"
#include "gtest/gtest.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

// Opening a FIFO would wait for its writer.
TEST(RevisionFolderTest, RefusesAPipeAmongTheFiles) {
  Scratch scratch;
  std::string pipe = scratch / "1_pipe.sql";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  auto folder = ReadRevisionFolder(scratch.path().string());
  EXPECT_EQ(MessageOf(folder.status()),
            Cat("'", pipe, "' cannot be read: it is not a regular file."));
  EXPECT_EQ(Describe(folder.status()).exit_code, kExitUsage);
}

TEST(RevisionFolderTest, RefusesAPipeAsTheSums) {
  Scratch scratch;
  std::string pipe = scratch / "revisions.sum";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  auto folder = ReadRevisionFolder(scratch.path().string());
  EXPECT_EQ(MessageOf(folder.status()),
            Cat("'", pipe, "' cannot be read: it is not a regular file."));
}

TEST(SchemaSourceTest, RefusesWhatIsNotARegularFile) {
  Scratch scratch;
  Interrupts interrupts;
  std::string pipe = scratch / "pipe.sql";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(MessageOf(ReadSchemaSource(pipe, "", interrupts).status()),
            Cat("'", pipe, "' cannot be read: it is not a regular file."));
  EXPECT_EQ(MessageOf(ReadSchemaSource("/dev/zero", "", interrupts).status()),
            "'/dev/zero' cannot be read: it is not a regular file.");
}

}  // namespace
}  // namespace stateserver::client
