// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/part_spool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "common/error.h"

namespace stateserver::client {
namespace {

TEST(PartSpoolTest, GivesBackWhatWasAddedInOrder) {
  PartSpool spool(Section::kEnvironments, "a test");
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(
        std::string(static_cast<size_t>(i * 37 % 9000), static_cast<char>('a' + i % 26)));
    RecordPart part{Section::kEnvironments, "dev_é", texts.back(), i % 3 == 0, i % 3 == 2};
    ASSERT_TRUE(spool.Add(part).ok());
  }
  size_t at = 0;
  absl::Status status = spool.Replay([&](const RecordPart& part) {
    EXPECT_EQ(part.section, Section::kEnvironments);
    EXPECT_EQ(part.name, "dev_é");
    EXPECT_EQ(part.json, texts.at(at));
    EXPECT_EQ(part.begin, at % 3 == 0);
    EXPECT_EQ(part.end, at % 3 == 2);
    ++at;
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(at, texts.size());
}

TEST(PartSpoolTest, NothingAddedNeedsNoFile) {
  ::setenv("TMPDIR", "/nonexistent", 1);
  PartSpool spool(Section::kEnvironments, "a test");
  EXPECT_TRUE(spool.Replay([](const RecordPart&) { return absl::InternalError("none"); }).ok());
  absl::Status status = spool.Add({Section::kEnvironments, "prod", "{}"});
  ::unsetenv("TMPDIR");
  EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID);
  EXPECT_NE(status.message().find("/nonexistent"), std::string::npos) << status;
  EXPECT_NE(status.message().find("a test"), std::string::npos) << status;
}

TEST(PartSpoolTest, TheReadersErrorEndsIt) {
  PartSpool spool(Section::kEnvironments, "a test");
  ASSERT_TRUE(spool.Add({Section::kEnvironments, "prod", "{}"}).ok());
  ASSERT_TRUE(spool.Add({Section::kEnvironments, "dev", "{}"}).ok());
  int calls = 0;
  absl::Status status = spool.Replay([&](const RecordPart&) {
    ++calls;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(status, absl::CancelledError("enough"));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace stateserver::client
