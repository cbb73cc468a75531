#include "server/lifecycle/wiring.h"

#include <memory>
#include <utility>

#include "common/error.h"
#include "server/lifecycle/state_gauges.h"
#include "server/rpc/maintenance_service.h"
#include "server/rpc/operations_service.h"
#include "server/rpc/revision_service.h"
#include "server/rpc/schema_service.h"
#include "server/rpc/state_service.h"

namespace stateserver::lifecycle {

Wiring ProductWiring() {
  Wiring wiring;
  wiring.services = [](const rpc::ServiceContext& context) {
    Wiring::Services services;
    services.push_back(std::make_unique<rpc::StateServiceImpl>(context));
    services.push_back(std::make_unique<rpc::OperationsServiceImpl>(context));
    services.push_back(std::make_unique<rpc::MaintenanceServiceImpl>(context));
    services.push_back(std::make_unique<rpc::SchemaServiceImpl>(context));
    services.push_back(std::make_unique<rpc::RevisionServiceImpl>(context));
    return services;
  };
  wiring.state_gauges = ReadStateGauges;
  return wiring;
}

}  // namespace stateserver::lifecycle
