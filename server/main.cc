// SPDX-License-Identifier: Apache-2.0

#include "server/app/allocator.h"
#include "server/app/application.h"
#include "server/app/run.h"

int main(int argc, char** argv) {
  stateserver::app::BoundFreedMemory();
  return stateserver::app::Run(argc, argv, stateserver::app::ProductWiring());
}
