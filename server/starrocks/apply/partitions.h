// SPDX-License-Identifier: Apache-2.0
//
// Partitions of a table.
#pragma once

#include <string>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

// Checks PARTITION BY and the listed partitions of a new table.
Verdict CheckPartitioning(const TableState& table);

Verdict ApplyAddPartition(const AddPartition& clause, TableState* table);
Verdict ApplyDropPartitions(const DropPartitions& clause, const std::string& name,
                            TableState* table);
Verdict ApplyRenamePartition(const RenamePartition& clause, const std::string& name,
                             TableState* table);
Verdict CheckModifyPartitions(const ModifyPartitions& clause, const std::string& name,
                              const TableState& table);
Verdict CheckTruncatePartitions(const TruncatePartitions& clause, const TableState& table);

}  // namespace stateserver::apply
