// SPDX-License-Identifier: Apache-2.0
//
// Listed partitions in one form.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/model/table.h"

namespace stateserver::schema {

// LESS THAN becomes [lower, upper), with the upper bound of the partition before
// it, or none, as the lower one; START … END … EVERY becomes what it makes.
// False for a batch that this cannot do: a unit other than HOUR, DAY, MONTH and
// YEAR, or a bound that is no date or number.
bool NormalPartitions(const Partitioning& partitioning, std::vector<Partition>* out);

// Whether they hold the same rows: no lower bound is the least value of a type,
// and the members of LIST are a set.
bool SameBounds(const Partition& a, const Partition& b);

// "[("2030-01-01"), ("2030-02-01"))" or "IN (…)".
std::string PrintBounds(const Partition& partition);

}  // namespace stateserver::schema
