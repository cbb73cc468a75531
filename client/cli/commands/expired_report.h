// SPDX-License-Identifier: Apache-2.0
//
// What has expired, gathered from a stream and shown.
#pragma once

#include <ostream>
#include <string>

#include "stateserver/v1/maintenance.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// Tables for people: environments, snapshots with the reason, and the physical
// tables under `tables_title`. Empty ones are left out.
void PrintExpired(std::ostream& out, const pb::ExpiredRecords& records,
                  const std::string& tables_title);

// "1 environment, 3 snapshots, 5 physical tables".
std::string ExpiredCounts(const pb::ExpiredSummary& summary);

}  // namespace stateserver::client
