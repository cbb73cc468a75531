// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/drift.h"

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::revisions {

absl::StatusOr<std::vector<schema::Object>> RememberedObjects(
    const std::map<std::string, KnownObject>& known, const std::string& database) {
  std::vector<schema::Object> out;
  for (const auto& [name, object] : known) {
    if (object.statement.empty()) continue;
    schema::ParsedScript script = schema::ParseScript(object.statement, name, database);
    if (!script.errors.empty() || script.objects.size() != 1) {
      return Error(
          Reason::WAREHOUSE_UNREADABLE,
          Cat("The journal's copy of ", name, " cannot be read: ",
              script.errors.empty() ? "it is not a single statement" : script.errors[0].Text()),
          "Stamp the applied revisions: this reads the live objects again.", {{"object", name}});
    }
    out.push_back(std::move(script.objects[0]));
  }
  return out;
}

absl::StatusOr<Drift> FindDrift(const schema::LiveSchema& live,
                                const std::map<std::string, KnownObject>& known) {
  Drift out;
  std::map<std::string, std::string> digests;
  for (const schema::LiveObject& one : live.objects) {
    digests[one.object.name.name] = ObjectDigest(one.object, live.engine);
  }
  std::map<std::string, KnownObject> differing;
  for (const auto& [name, object] : known) {
    auto found = digests.find(name);
    if (found != digests.end() && found->second == object.digest) continue;
    out.drifted.push_back(name);
    differing[name] = object;
  }
  if (differing.empty()) return out;
  ASSIGN_OR_RETURN(std::vector<schema::Object> to, RememberedObjects(differing, live.database));
  schema::PlanOptions options;
  options.partitions = true;
  options.complete = true;
  options.looked_at = [&](const schema::ObjectName& name) { return differing.contains(name.name); };
  ASSIGN_OR_RETURN(out.back, MakePlan(live, /*printed=*/true, to, options));
  return out;
}

}  // namespace stateserver::revisions
