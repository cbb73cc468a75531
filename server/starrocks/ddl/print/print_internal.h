// SPDX-License-Identifier: Apache-2.0
//
// What the printers share.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/model/view.h"
#include "server/starrocks/ddl/print/print.h"

namespace stateserver::schema {

// `a`, `b`
std::string PrintNames(const std::vector<std::string>& names);
// "k" = "v", "l" = "w"
std::string PrintPropertyList(const Properties& properties, std::string_view between);
// "\nPROPERTIES (…)", or nothing.
std::string PrintPropertiesClause(const Properties& properties);

// "INDEX `i` (`a`) USING BITMAP", "PARTITION `p` VALUES …", "`r` (`a`, `b`)".
std::string PrintIndex(const Index& index);
std::string PrintPartition(const Partition& partition);
std::string PrintRollup(const Rollup& rollup);

// "REFRESH DEFERRED ASYNC EVERY (INTERVAL 2 HOUR)".
std::string PrintRefresh(const Refresh& refresh);

std::string PrintTable(const ObjectName& name, const Table& table);
std::string PrintView(const ObjectName& name, const View& view);
std::string PrintMaterializedView(const ObjectName& name, const MaterializedView& view);

}  // namespace stateserver::schema
