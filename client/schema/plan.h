// SPDX-License-Identifier: Apache-2.0
//
// A plan of changes of a schema, as its events arrive.
#pragma once

#include <vector>

#include "stateserver/v1/schema.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

struct SchemaPlan {
  pb::EngineFacts engine;
  std::vector<pb::SchemaStep> steps;
  std::vector<pb::SchemaRefusal> refusals;
  std::vector<pb::SchemaWarning> warnings;
  std::vector<pb::UnmanagedSchemaItem> unmanaged;
  std::vector<pb::SchemaFinding> findings;

  void Add(const pb::PlanEvent& event) {
    if (event.has_engine()) engine = event.engine();
    if (event.has_step()) steps.push_back(event.step());
    if (event.has_refusal()) refusals.push_back(event.refusal());
    if (event.has_warning()) warnings.push_back(event.warning());
    if (event.has_unmanaged()) unmanaged.push_back(event.unmanaged());
    if (event.has_finding()) findings.push_back(event.finding());
  }
};

}  // namespace stateserver::client
