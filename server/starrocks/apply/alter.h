// SPDX-License-Identifier: Apache-2.0
//
// ALTER TABLE, VIEW and MATERIALIZED VIEW.
#pragma once

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/engine.h"

namespace stateserver::apply {

Verdict ApplyAlterTable(const AlterTable& alter, const schema::Engine& engine, Catalog* catalog);
Verdict ApplyAlterView(const AlterView& alter, const schema::Engine& engine, Catalog* catalog);
Verdict ApplyAlterMaterializedView(const AlterMaterializedView& alter, const schema::Engine& engine,
                                   Catalog* catalog);

}  // namespace stateserver::apply
