// SPDX-License-Identifier: Apache-2.0
//
// The properties unique_constraints and foreign_key_constraints.
#pragma once

#include <string>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

struct ConstraintContext {
  const Catalog& catalog;
  const TableState& table;
  const std::string& name;  // of the table
  bool alter = false;       // SET, whose messages differ from those of CREATE
};

// Checks the columns and the parents that the property names.
Verdict CheckConstraint(const std::string& key, const std::string& value,
                        const ConstraintContext& context);

}  // namespace stateserver::apply
