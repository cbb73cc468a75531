// SPDX-License-Identifier: Apache-2.0
//
// What a database holds, as its engine shows it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Of a materialized view: whether the engine refreshes it and rewrites with it.
struct Activity {
  bool active = true;
  std::string reason;  // the engine's; empty while it is active
};

struct LiveObject {
  // A table has its rollups; synchronous materialized views are objects of their
  // own and not among them.
  Object object;
  std::optional<Activity> activity;  // of asynchronous materialized views
  std::string printed;               // what SHOW CREATE said
};

// An object that was listed but is not in `objects`.
struct UnreadObject {
  ObjectName name;
  std::string kind;    // "table", "view", "mv"
  std::string reason;  // one sentence
};

struct LiveSchema {
  Engine engine;
  std::string database;
  std::vector<LiveObject> objects;  // by name
  std::vector<UnreadObject> unread;
};

}  // namespace stateserver::schema
