#include "server/lifecycle/allocator.h"
#include "server/lifecycle/run.h"
#include "server/lifecycle/wiring.h"

int main(int argc, char** argv) {
  stateserver::lifecycle::BoundFreedMemory();
  return stateserver::lifecycle::Run(argc, argv, stateserver::lifecycle::ProductWiring());
}
