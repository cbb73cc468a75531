// SPDX-License-Identifier: Apache-2.0
//
// Runs every fuzz target on its seeds and on large inputs, without libFuzzer. Each target's source
// is compiled with its function renamed to fuzz_TARGET.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/fuzz/large_inputs.h"

#define TARGET(name) extern "C" int fuzz_##name(const uint8_t* data, size_t size);
#include "fuzz_targets.inc"
#undef TARGET

namespace stateserver::fuzz {
namespace {

namespace fs = std::filesystem;

struct Target {
  std::string name;
  int (*run)(const uint8_t* data, size_t size);
};

std::vector<Target> Targets() {
  return {
#define TARGET(name) {#name, fuzz_##name},
#include "fuzz_targets.inc"
#undef TARGET
  };
}

int RunTarget(const Target& target, const std::string& input) {
  return target.run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

class FuzzTarget : public testing::TestWithParam<Target> {};

TEST_P(FuzzTarget, TakesItsSeeds) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::directory_iterator(fs::path(FUZZ_FOLDER) / "corpus" / GetParam().name)) {
    files.push_back(entry.path());
  }
  EXPECT_GE(files.size(), 2U) << "corpus/" << GetParam().name;
  for (const fs::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(RunTarget(GetParam(), text.str()), 0) << path;
  }
}

// A sixteenth of what scripts/test --all gives them.
TEST_P(FuzzTarget, TakesLargeInputs) {
  EXPECT_EQ(RunTarget(GetParam(), ""), 0);
  for (const std::string& input : LargeInputs(GetParam().name, kMostInputBytes / 16)) {
    EXPECT_EQ(RunTarget(GetParam(), input), 0) << input.substr(0, 80);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzTarget, testing::ValuesIn(Targets()),
                         [](const auto& info) { return info.param.name; });

TEST(LargeInputs, AreAsLargeAsTheyMayBe) {
  for (const Target& target : Targets()) {
    std::vector<std::string> inputs = LargeInputs(target.name, kMostInputBytes);
    EXPECT_GE(inputs.size(), 30U);
    for (const std::string& input : inputs) {
      EXPECT_LE(input.size(), kMostInputBytes);
      EXPECT_GE(input.size(), kMostInputBytes - 256) << target.name << ": " << input.substr(0, 80);
    }
  }
}

}  // namespace
}  // namespace stateserver::fuzz
