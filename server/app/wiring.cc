// SPDX-License-Identifier: Apache-2.0

#include "server/app/wiring.h"

#include <memory>
#include <utility>

#include "common/error.h"
#include "server/app/state_gauges.h"
#include "server/rpc/operations/operations_service.h"
#include "server/rpc/sqlmesh/maintenance_service.h"
#include "server/rpc/sqlmesh/state_service.h"
#include "server/rpc/starrocks/revision_service.h"
#include "server/rpc/starrocks/schema_service.h"

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
