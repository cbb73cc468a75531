// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rollback_plan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/platform/postgres/dependents.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/restore_points/origin.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::migrations {
namespace {

// The number of restore points that an error lists.
constexpr size_t kListedPoints = 5;

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string VersionsText(const store::Versions& versions) {
  return Cat("SQLMesh ", versions.sqlmesh_version, " (schema version ", versions.schema_version,
             ")");
}

// Returns nullopt unless the table has one row.
absl::StatusOr<std::optional<store::Versions>> BackedUpVersions(postgres::Session& session,
                                                                const std::string& schema) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT schema_version, sqlglot_version, sqlmesh_version FROM ",
                        store::Qualified(schema, BackupName("_versions")), " LIMIT 2")));
  if (rows.rows() != 1) return std::nullopt;
  return store::Versions{static_cast<int>(rows.Int(0, 0)), std::string(rows.Text(0, 1)),
                         std::string(rows.Text(0, 2))};
}

absl::StatusOr<int64_t> LatestTime(postgres::Session& session, const std::string& schema) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query(Cat("SELECT greatest((SELECT max(updated_ts) FROM ",
                                     store::Qualified(schema, BackupName("_snapshots")),
                                     "), (SELECT max(finalized_ts) FROM ",
                                     store::Qualified(schema, BackupName("_environments")), "))")));
  return rows.Int(0, 0);
}

// TargetFinder looks for the state before the last migration.
class TargetFinder {
 public:
  TargetFinder(postgres::Session& session, const restore_points::StateChangeOptions& options)
      : session_(session), options_(options), schema_(options.schema) {}

  absl::StatusOr<RollbackTarget> Find() {
    ASSIGN_OR_RETURN(std::optional<store::Versions> versions,
                     store::ReadVersions(session_, schema_));
    if (!versions.has_value()) return store::NotMigrated(options_.database, schema_);
    target_.before = *std::move(versions);
    RETURN_IF_ERROR(ReadTables());
    ASSIGN_OR_RETURN(auto origin, restore_points::FindOrigin(session_, schema_, target_.before));
    ASSIGN_OR_RETURN(bool proven, BackupsAreOf(origin.transaction));
    if (origin.restore_point.has_value()) {
      target_.restore_point_id = origin.restore_point->id;
      target_.after = origin.restore_point->versions;
      target_.time_ts = origin.restore_point->created_ts;
      if (proven) target_.discard = Backups();
      return std::move(target_);
    }
    if (!proven) return Missing();
    target_.after = *backed_up_;
    ASSIGN_OR_RETURN(target_.time_ts, LatestTime(session_, schema_));
    PlanTables();
    return std::move(target_);
  }

 private:
  absl::Status ReadTables() {
    tables_ = BackedUpTables();
    if (store::IsNewerSchema(target_.before)) {
      ASSIGN_OR_RETURN(auto more, store::AdditionalBackedUpTables(session_, schema_));
      tables_.insert(tables_.end(), more.begin(), more.end());
    }
    std::vector<std::string> names;
    for (const std::string& table : tables_) {
      names.push_back(table);
      names.push_back(BackupName(table));
    }
    ASSIGN_OR_RETURN(there_, ExistingTables(session_, schema_, names));
    if (!Contains(there_, BackupName("_versions"))) return absl::OkStatus();
    ASSIGN_OR_RETURN(backed_up_, BackedUpVersions(session_, schema_));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> BackupsAreOf(const std::string& transaction) {
    // These tables exist in every SQLMesh release.
    for (std::string_view table : {"_snapshots", "_environments", "_versions"}) {
      if (!Contains(there_, BackupName(table))) return false;
    }
    if (!backed_up_.has_value() || *backed_up_ == target_.before) return false;
    return restore_points::BackupTablesAreOf(session_, schema_, transaction);
  }

  std::vector<std::string> Backups() const {
    std::vector<std::string> out;
    for (const std::string& table : tables_) {
      if (Contains(there_, BackupName(table))) out.push_back(BackupName(table));
    }
    return out;
  }

  void PlanTables() {
    store::Layout layout(target_.after.schema_version);
    for (const std::string& table : tables_) {
      bool live = Contains(there_, table);
      if (Contains(there_, BackupName(table))) {
        (live ? target_.replace : target_.reappear).push_back(table);
      } else if (live && ((table == "_auto_restatements" && !layout.auto_restatements) ||
                          (table == "_environment_statements" && !layout.environment_statements))) {
        target_.drop.push_back(table);
      }
    }
  }

  // Says what exists instead of a way back.
  absl::Status Missing() {
    ASSIGN_OR_RETURN(auto points, restore_points::ListRestorePoints(session_, schema_));
    if (points.empty() && !backed_up_.has_value()) {
      return Error(Reason::BACKUP_MISSING, "There are no prior migrations to roll back to.",
                   "The state has neither restore points nor backup tables.");
    }
    std::string exists;
    for (size_t i = 0; i < std::min(points.size(), kListedPoints); ++i) {
      AppendTo(&exists, i == 0 ? "Restore points: " : ", ", points[i].id, " of ",
               FormatTimestamp(points[i].created_ts), " before ", points[i].reason, ", ",
               VersionsText(points[i].versions));
    }
    if (points.size() > kListedPoints) {
      AppendTo(&exists, ", and ", points.size() - kListedPoints, " more");
    }
    if (!points.empty()) exists += ". Restore the one that you want.";
    if (backed_up_.has_value()) {
      AppendTo(&exists, exists.empty() ? "" : " ", "The backup tables hold ",
               VersionsText(*backed_up_),
               " and may belong to an earlier migration; `sqlmesh rollback` restores them all the "
               "same.");
    }
    return Error(Reason::BACKUP_MISSING,
                 Cat("No restore point and no backup tables provably belong to the last migration, "
                     "which led to ",
                     VersionsText(target_.before), "."),
                 exists);
  }

  postgres::Session& session_;
  const restore_points::StateChangeOptions& options_;
  const std::string& schema_;
  RollbackTarget target_;
  // The tables that the last migration may have backed up.
  std::vector<std::string> tables_;
  std::vector<std::string> there_;
  std::optional<store::Versions> backed_up_;
};

void Show(std::string_view name, std::vector<std::string>* names) {
  if (names->size() >= kShownLosses || (!names->empty() && names->back() == name)) return;
  names->emplace_back(name);
}

// LossFinder compares the state with the records of the target.
class LossFinder {
 public:
  LossFinder(postgres::Session& session, const std::string& schema, const RollbackTarget& target)
      : session_(session), schema_(schema), target_(target) {}

  absl::StatusOr<RollbackLosses> Find() {
    RETURN_IF_ERROR(target_.restore_point_id.empty() ? ReadBackups() : ReadRestorePoint());
    RETURN_IF_ERROR(CompareSnapshots());
    RETURN_IF_ERROR(CompareEnvironments());
    return std::move(losses_);
  }

 private:
  void AddSnapshot(std::string_view name, std::string_view identifier, std::string_view version) {
    ids_.insert(transfer::KeyOf(name, identifier));
    versions_.insert(transfer::KeyOf(name, version));
  }

  absl::Status ReadRestorePoint() {
    return restore_points::LoadColumns(
        session_, schema_, target_.restore_point_id,
        {{"_snapshots", {"name", "identifier", "version"}}, {"_environments", {"name", "plan_id"}}},
        [&](const std::string& table, const std::vector<std::string_view>& values) {
          if (table == "_snapshots") {
            AddSnapshot(values[0], values[1], values[2]);
          } else {
            plans_.emplace(values[0], values[1]);
          }
          return absl::OkStatus();
        });
  }

  absl::Status ReadBackups() {
    RETURN_IF_ERROR(Each(Cat("SELECT name, identifier, version FROM ",
                             store::Qualified(schema_, BackupName("_snapshots"))),
                         [&](const postgres::Fields& row) {
                           AddSnapshot(Text(row[0]), Text(row[1]), Text(row[2]));
                         }));
    return Each(
        Cat("SELECT name, plan_id FROM ", store::Qualified(schema_, BackupName("_environments"))),
        [&](const postgres::Fields& row) { plans_.emplace(Text(row[0]), Text(row[1])); });
  }

  absl::Status CompareSnapshots() {
    // Compares text, because the JSON of a damaged row cannot be parsed.
    std::string sql =
        Cat("SELECT name, identifier, version, CASE WHEN strpos(snapshot, '\"migrated\": true') > 0"
            " OR strpos(snapshot, '\"migrated\":true') > 0 THEN 'migrated' END FROM ",
            store::Qualified(schema_, "_snapshots"), " ORDER BY name COLLATE \"C\"");
    return Each(sql, [&](const postgres::Fields& row) {
      if (ids_.contains(transfer::KeyOf(Text(row[0]), Text(row[1])))) return;
      bool migrated = row[3].has_value();
      if (migrated && versions_.contains(transfer::KeyOf(Text(row[0]), Text(row[2])))) return;
      ++losses_.snapshots;
      Show(Text(row[0]), &losses_.snapshot_names);
    });
  }

  absl::Status CompareEnvironments() {
    return Each(Cat("SELECT name, plan_id FROM ", store::Qualified(schema_, "_environments"),
                    " ORDER BY name COLLATE \"C\""),
                [&](const postgres::Fields& row) {
                  auto plan = plans_.find(std::string(Text(row[0])));
                  if (plan == plans_.end()) {
                    ++losses_.environments;
                    Show(Text(row[0]), &losses_.environment_names);
                  } else if (plan->second != Text(row[1])) {
                    ++losses_.reverted;
                    Show(Text(row[0]), &losses_.reverted_names);
                  }
                });
  }

  static std::string_view Text(const std::optional<std::string_view>& value) {
    return value.value_or(std::string_view());
  }

  absl::Status Each(const std::string& query,
                    const std::function<void(const postgres::Fields&)>& visit) {
    ASSIGN_OR_RETURN(auto rows, session_.StartCopyFields(Cat("(", query, ")")));
    return rows->Read([&](const postgres::Fields& row) {
      visit(row);
      return absl::OkStatus();
    });
  }

  postgres::Session& session_;
  const std::string& schema_;
  const RollbackTarget& target_;
  transfer::SnapshotKeySet ids_;
  transfer::SnapshotKeySet versions_;
  std::map<std::string, std::string> plans_;
  RollbackLosses losses_;
};

}  // namespace

absl::StatusOr<RollbackTarget> FindRollbackTarget(
    postgres::Session& session, const restore_points::StateChangeOptions& options) {
  return TargetFinder(session, options).Find();
}

absl::Status CheckTargetReachable(postgres::Session& session, const std::string& schema,
                                  const RollbackTarget& target) {
  std::vector<std::string> dropped = target.replace;
  dropped.insert(dropped.end(), target.drop.begin(), target.drop.end());
  dropped.insert(dropped.end(), target.discard.begin(), target.discard.end());
  RETURN_IF_ERROR(
      postgres::RefuseDependents(session, schema, dropped, "The rollback would drop state tables"));
  if (target.restore_point_id.empty()) return absl::OkStatus();
  return restore_points::CheckRestorable(session, schema, target.restore_point_id);
}

absl::StatusOr<RollbackLosses> FindLosses(postgres::Session& session, const std::string& schema,
                                          const RollbackTarget& target) {
  return LossFinder(session, schema, target).Find();
}

}  // namespace stateserver::migrations
