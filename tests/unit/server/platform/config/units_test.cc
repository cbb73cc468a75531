// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/units.h"

#include "gtest/gtest.h"

namespace stateserver::config {
namespace {

TEST(ParseSize, ReadsBinaryDecimalAndPlainBytes) {
  EXPECT_EQ(ParseSize("4MiB"), 4 << 20);
  EXPECT_EQ(ParseSize("512 KiB"), 512 << 10);
  EXPECT_EQ(ParseSize("2GiB"), int64_t{2} << 30);
  EXPECT_EQ(ParseSize("64KB"), 64000);
  EXPECT_EQ(ParseSize("1MB"), 1000000);
  EXPECT_EQ(ParseSize("100B"), 100);
  EXPECT_EQ(ParseSize("4096"), 4096);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "MiB", "0", "0MiB", "-1", "4mib", "4MiBs", "1.5MiB", "4M",
                           "9223372036854775807GiB", "99999999999999999999"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, ReadsEveryUnitAndSums) {
  EXPECT_EQ(ParseDuration("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(ParseDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(ParseDuration("10m"), absl::Minutes(10));
  EXPECT_EQ(ParseDuration("30d"), absl::Hours(720));
  EXPECT_EQ(ParseDuration("1w"), absl::Hours(168));
  EXPECT_EQ(ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("0s"), absl::ZeroDuration());
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "30", "s", "30 s", "-5s", "30sec", "1h30", "100000000000000d",
                           "36525d1ms", "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Texts, AreReadBackAsTheSameValue) {
  for (int64_t bytes : {int64_t{1}, int64_t{1023}, int64_t{4} << 20, (int64_t{1} << 30) + 1}) {
    EXPECT_EQ(ParseSize(SizeText(bytes)), bytes);
  }
  for (const char* text : {"0s", "1ms", "1500ms", "90s", "2h", "30d"}) {
    auto duration = ParseDuration(text);
    EXPECT_EQ(ParseDuration(DurationText(*duration)), duration) << text;
  }
  EXPECT_EQ(SizeText(4 << 20), "4MiB");
  EXPECT_EQ(DurationText(absl::Hours(720)), "30d");
}

}  // namespace
}  // namespace stateserver::config
