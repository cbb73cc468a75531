// SPDX-License-Identifier: Apache-2.0
//
// The contents of a database, as its engine reports them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Activity records whether the engine refreshes a materialized view and uses it to rewrite queries.
struct Activity {
  bool active = true;
  std::string reason;  // the engine's reason; empty while the view is active
};

struct LiveObject {
  // A table includes its rollups. Synchronous materialized views are separate objects and not among
  // them.
  Object object;
  std::optional<Activity> activity;  // set for asynchronous materialized views
  std::string printed;               // the result of SHOW CREATE
};

// UnreadObject is an object that was listed but could not be read into `objects`.
struct UnreadObject {
  ObjectName name;
  std::string kind;    // "table", "view", "mv"
  std::string reason;  // one sentence
};

struct LiveSchema {
  Engine engine;
  std::string database;
  std::vector<LiveObject> objects;  // sorted by name
  std::vector<UnreadObject> unread;
};

}  // namespace stateserver::schema
