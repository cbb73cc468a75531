// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/surroundings.h"

#include <iterator>
#include <utility>

#include "common/error.h"
#include "server/starrocks/apply/apply.h"
#include "server/starrocks/ddl/references.h"

namespace stateserver::revisions {

std::set<std::string> NamesOf(const std::vector<SqlStep>& steps, const std::string& database) {
  std::set<std::string> names;
  for (const SqlStep& step : steps) {
    for (std::string& name : apply::NamesIn(apply::ParseStatement(step.statement), database)) {
      names.insert(std::move(name));
    }
  }
  return names;
}

std::set<std::string> ReadByViews(const schema::LiveSchema& live) {
  std::set<std::string> names, there;
  for (const schema::LiveObject& one : live.objects) {
    there.insert(one.object.name.name);
    names.merge(schema::RelationsIn(schema::QueryOf(one.object), live.database));
  }
  std::erase_if(names, [&](const std::string& name) { return there.contains(name); });
  return names;
}

absl::StatusOr<Surroundings> InspectSurroundings(const std::set<std::string>& names,
                                                 const std::string& database,
                                                 const Inspector& inspect) {
  constexpr int kMostRounds = 32;  // views that read views
  Surroundings out;
  out.live.database = database;
  std::set<std::string> wanted = names;
  size_t relations = 0;
  for (int round = 0; round < kMostRounds && !wanted.empty(); ++round) {
    ASSIGN_OR_RETURN(schema::LiveSchema more, inspect(wanted, /*readers=*/round == 0));
    out.live.engine = more.engine;
    for (const schema::UnreadObject& one : more.unread) {
      out.left_out += wanted.contains(one.name.name) ? 0 : 1;
    }
    more.database = database;
    std::set<std::string> next = ReadByViews(more);
    for (const schema::LiveObject& one : more.objects) out.looked_up.insert(one.object.name.name);
    std::move(more.objects.begin(), more.objects.end(), std::back_inserter(out.live.objects));
    std::move(more.unread.begin(), more.unread.end(), std::back_inserter(out.live.unread));
    out.looked_up.merge(wanted);
    wanted.clear();
    for (const std::string& name : next) {
      if (out.looked_up.contains(name)) continue;
      if (relations++ < kMostRelations) {
        wanted.insert(name);
      } else {
        ++out.left_out;
      }
    }
  }
  return out;
}

absl::StatusOr<Surroundings> InspectSurroundings(const std::set<std::string>& names,
                                                 Warehouse& warehouse) {
  return InspectSurroundings(names, warehouse.database(),
                             [&](const std::set<std::string>& some, bool readers) {
                               return warehouse.Inspect(some, readers);
                             });
}

}  // namespace stateserver::revisions
