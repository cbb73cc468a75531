#include "server/lifecycle/run.h"
#include "server/lifecycle/wiring.h"

int main(int argc, char** argv) {
  return stateserver::lifecycle::Run(argc, argv, stateserver::lifecycle::ProductWiring());
}
