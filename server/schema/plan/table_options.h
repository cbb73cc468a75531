// What the plan of one table has to know of the other objects.
#pragma once

#include <vector>

#include "server/schema/plan/pairing.h"
#include "server/schema/plan/table_plan.h"

namespace stateserver::schema {

// `live` under its new name; `there` are the objects that there will be.
TablePlanOptions TableOptions(const Pairing& pairing, const std::vector<const Object*>& there,
                              const Object& live, const Object& declared,
                              const PlanOptions& options);

}  // namespace stateserver::schema
