// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/expired_plan.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/sqlmesh/maintenance/expired.h"
#include "server/sqlmesh/maintenance/physical_names.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/table_infos.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::maintenance {
namespace {

using store::EnvironmentList;
using store::EnvironmentRow;
using transfer::KeyOf;

constexpr size_t kPlanColumns = 7;

class ExpiredPlanner {
 public:
  ExpiredPlanner(postgres::Session& session, const std::string& schema,
                 const std::string& environment)
      : session_(session),
        schema_(schema),
        environment_(environment),
        layout_(store::NewestVersions().schema_version) {}

  absl::StatusOr<ExpiredPlan> Plan() {
    ASSIGN_OR_RETURN(auto now, session_.Query("SELECT (extract(epoch FROM clock_timestamp()) * "
                                              "1000)::bigint"));
    plan_.now_ms = now.Int(0, 0);
    RETURN_IF_ERROR(ReadEnvironments());
    if (plan_.environment_lives) return std::move(plan_);
    RETURN_IF_ERROR(ReadSnapshots());
    ASSIGN_OR_RETURN(plan_.tables, ExpiredTables(session_, schema_, plan_.snapshots));
    return std::move(plan_);
  }

 private:
  bool Goes(const EnvironmentRow& row) const {
    bool in_scope = environment_.empty() || row.name == environment_;
    return in_scope && row.expiration_ts.has_value() && *row.expiration_ts <= plan_.now_ms;
  }

  absl::Status ReadEnvironments() {
    ASSIGN_OR_RETURN(auto rows, store::ReadEnvironments(session_, schema_, layout_, {}));
    RETURN_IF_ERROR(FindScope(rows));
    for (const EnvironmentRow& row : rows) {
      RETURN_IF_ERROR(Goes(row) ? AddExpired(row) : Keep(row));
    }
    return absl::OkStatus();
  }

  absl::Status FindScope(const std::vector<EnvironmentRow>& rows) {
    if (environment_.empty()) return absl::OkStatus();
    const EnvironmentRow* found = store::FindEnvironment(rows, environment_);
    if (found == nullptr) return store::EnvironmentNotFound(environment_);
    environment_ = found->name;
    plan_.environment = found->name;
    plan_.environment_lives = !Goes(*found);
    plan_.environment_expires_ms = found->expiration_ts.value_or(0);
    return absl::OkStatus();
  }

  absl::Status AddExpired(const EnvironmentRow& row) {
    ExpiredEnvironment expired;
    expired.name = row.name;
    expired.expiration_ts = *row.expiration_ts;
    expired.reason = Cat("It expired at ", FormatTimestamp(expired.expiration_ts), ".");
    size_t place = plan_.environments.size();
    auto used = [&](const store::TableInfo& info) {
      used_by_expired_.emplace(KeyOf(info.name, info.identifier), place);
    };
    RETURN_IF_ERROR(Visit(row, EnvironmentList::kSnapshots, [&](const store::TableInfo& info) {
      ++expired.snapshots;
      used(info);
    }));
    RETURN_IF_ERROR(VisitPrevious(row, used));
    plan_.environments.push_back(std::move(expired));
    return absl::OkStatus();
  }

  absl::Status Keep(const EnvironmentRow& row) {
    auto keep = [&](const store::TableInfo& info) {
      kept_.insert(KeyOf(info.name, info.identifier));
    };
    RETURN_IF_ERROR(Visit(row, EnvironmentList::kSnapshots, keep));
    return VisitPrevious(row, keep);
  }

  // Until it is finalized, an environment also uses its previous snapshots.
  absl::Status VisitPrevious(const EnvironmentRow& row,
                             const std::function<void(const store::TableInfo&)>& visit) {
    if (row.finalized_ts.has_value()) return absl::OkStatus();
    return Visit(row, EnvironmentList::kPreviousFinalized, visit);
  }

  absl::Status Visit(const EnvironmentRow& row, EnvironmentList list,
                     const std::function<void(const store::TableInfo&)>& visit) {
    absl::Status status = store::ReadEnvironmentList(
        session_, schema_, row, list,
        [&](std::string_view array) { return infos_.Read(array, visit); });
    if (status.ok()) return status;
    return WithFact(WithPrefix(Cat("Environment '", row.name, "': "), status), "environment",
                    row.name);
  }

  absl::Status ReadSnapshots() {
    std::string source =
        Cat("(SELECT name, identifier, version, dev_version, kind_name, updated_ts, ttl_ms FROM ",
            store::Qualified(schema_, "_snapshots"),
            " ORDER BY name COLLATE \"C\", identifier COLLATE \"C\")");
    std::vector<postgres::CopyField> fields;
    RETURN_IF_ERROR(session_.CopyOut(source, [&](std::string_view line) -> absl::Status {
      if (!postgres::SplitCopyLine(line, kPlanColumns, &fields)) {
        return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
      }
      AddSnapshot(fields);
      return absl::OkStatus();
    }));
    FinishName();
    return absl::OkStatus();
  }

  // The snapshots of one name are collected and decided together.
  void AddSnapshot(const std::vector<postgres::CopyField>& fields) {
    if (fields[0].text != name_) {
      FinishName();
      name_ = fields[0].text;
    }
    VersionedSnapshot& snapshot = of_name_.emplace_back();
    snapshot.identifier = fields[1].text;
    snapshot.version = fields[2].text;
    snapshot.dev_version = fields[3].text;
    kinds_.emplace_back(fields[4].text);
    auto number = [&](size_t column) {
      return std::strtoll(std::string(fields[column].text).c_str(), nullptr, 10);
    };
    snapshot.updated_ts = number(5);
    expires_.push_back(snapshot.updated_ts + number(6));
    auto key = KeyOf(name_, snapshot.identifier);
    auto user = used_by_expired_.find(key);
    bool in_scope = environment_.empty() || user != used_by_expired_.end();
    if (kept_.contains(key) || !in_scope) return;
    // Like a comparison with NULL in SQL: never expired.
    bool over = !fields[5].is_null && !fields[6].is_null && expires_.back() <= plan_.now_ms;
    snapshot.expired = over;
    plan_.kept_by_ttl += !over;
  }

  std::string ReasonOf(const VersionedSnapshot& snapshot, int64_t expires) const {
    auto user = used_by_expired_.find(KeyOf(name_, snapshot.identifier));
    std::string who = user == used_by_expired_.end()
                          ? "No environment uses it"
                          : Cat("Only expired environments use it ('",
                                plan_.environments[user->second].name, "')");
    return Cat(who, ", and its time to live ended at ", FormatTimestamp(expires), ".");
  }

  void FinishName() {
    std::map<size_t, bool> targets;
    for (const CleanupTarget& target : CleanupTargets(of_name_)) {
      targets[target.snapshot] = target.dev_table_only;
    }
    for (size_t i = 0; i < of_name_.size(); ++i) {
      VersionedSnapshot& each = of_name_[i];
      if (!each.expired) continue;
      ExpiredSnapshot& out = plan_.snapshots.emplace_back();
      out.reason = ReasonOf(each, expires_[i]);
      out.name = name_;
      out.identifier = std::move(each.identifier);
      out.version = std::move(each.version);
      out.dev_version = std::move(each.dev_version);
      out.kind = std::move(kinds_[i]);
      out.expired_ts = expires_[i];
      auto target = targets.find(i);
      out.cleans_up = target != targets.end();
      out.dev_table_only = out.cleans_up && target->second;
    }
    of_name_.clear();
    kinds_.clear();
    expires_.clear();
  }

  postgres::Session& session_;
  const std::string& schema_;
  std::string environment_;  // as a user named it, then as it is stored
  const store::Layout layout_;
  store::TableInfoReader infos_;
  ExpiredPlan plan_;
  transfer::SnapshotKeySet kept_;
  // Maps a snapshot to the first environment of the plan that uses it.
  absl::flat_hash_map<transfer::SnapshotKey, size_t> used_by_expired_;

  std::string name_;
  std::vector<VersionedSnapshot> of_name_;
  std::vector<std::string> kinds_;
  std::vector<int64_t> expires_;
};

}  // namespace

absl::StatusOr<ExpiredPlan> PlanExpired(postgres::Session& session, const std::string& schema,
                                        const std::string& environment) {
  return ExpiredPlanner(session, schema, environment).Plan();
}

}  // namespace stateserver::maintenance
