// SPDX-License-Identifier: Apache-2.0
//
// The tests, or with --as-server first the server that they start and stop.
#include <string_view>

#include "gtest/gtest.h"
#include "server/app/run.h"
#include "tests/unit/server/app/test_wiring.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--as-server") {
    argv[1] = argv[0];
    return stateserver::app::Run(argc - 1, argv + 1, stateserver::app::TestWiring());
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
