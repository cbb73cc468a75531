// SPDX-License-Identifier: Apache-2.0
//
// Writes the large inputs of a fuzz target into an existing folder, for the target's program:
//   write_large_inputs TARGET FOLDER
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/fuzz/large_inputs.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: write_large_inputs TARGET FOLDER\n", stderr);
    return 2;
  }
  int number = 0;
  using stateserver::fuzz::kMostInputBytes;
  for (const std::string& input : stateserver::fuzz::LargeInputs(argv[1], kMostInputBytes)) {
    std::ofstream file(std::string(argv[2]) + "/" + std::to_string(number++), std::ios::binary);
    file << input;
    if (!file.flush()) return 1;
  }
  return 0;
}
