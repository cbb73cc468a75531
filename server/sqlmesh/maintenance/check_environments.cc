// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/check_environments.h"

#include <simdjson.h>

#include <optional>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"

namespace stateserver::maintenance {

namespace {

using simdjson::dom::element;
using store::EnvironmentList;
using store::EnvironmentRow;
using transfer::KeyOf;

constexpr std::string_view kProd = "prod";

std::string PlanCommand(const EnvironmentRow& row) { return Cat("`sqlmesh plan ", row.name, "`"); }

}  // namespace

absl::Status EnvironmentChecks::Check() {
  ASSIGN_OR_RETURN(auto rows, store::ReadEnvironments(session_, schema_, layout_, {}));
  environments_ = static_cast<int64_t>(rows.size());
  for (const EnvironmentRow& row : rows) RETURN_IF_ERROR(One(row));
  return absl::OkStatus();
}

void EnvironmentChecks::Unreadable(const EnvironmentRow& row, std::string_view what) {
  findings_.Add({FindingKind::kUnreadableRow, row.name, "",
                 Cat("Environment '", row.name, "': ", what, "."),
                 "Restore the row from a backup or a restore point."});
}

absl::Status EnvironmentChecks::One(const EnvironmentRow& row) {
  transfer::SnapshotKeySet own;
  if (!row.snapshots_bytes.has_value()) Unreadable(row, "column snapshots is NULL");
  RETURN_IF_ERROR(List(row, EnvironmentList::kSnapshots, [&](const store::TableInfo& info) {
    auto key = KeyOf(info.name, info.identifier);
    own.insert(key);
    used_.insert(key);
    if (row.name == kProd) {
      prod_.insert(key);
      prod_.insert(KeyOf(info.name, ""));
    }
    if (present_.contains(key)) return;
    findings_.Add({FindingKind::kDanglingReference, row.name, info.identifier,
                   Cat("Environment '", row.name, "' names the snapshot ", info.name, " ",
                       info.identifier, ", which does not exist."),
                   Cat("Export the environment and import the file with `drop_dangling`, which "
                       "leaves the entry out; ",
                       PlanCommand(row), " then adds the model again.")});
  }));
  bool stale = false;
  RETURN_IF_ERROR(List(row, EnvironmentList::kPreviousFinalized, [&](const store::TableInfo& info) {
    auto key = KeyOf(info.name, info.identifier);
    if (!row.finalized_ts.has_value()) used_.insert(key);
    if (present_.contains(key)) return;
    stale = true;
    // SQLMesh reads the list only if the environment is not finalized.
    if (row.finalized_ts.has_value()) return;
    findings_.Add(
        {FindingKind::kStalePreviousFinalized, row.name, info.identifier,
         Cat("Environment '", row.name,
             "' is not finalized, and its "
             "previous_finalized_snapshots name ",
             info.name, " ", info.identifier, ", which does not exist."),
         Cat("Apply a plan to the environment, which finalizes it: ", PlanCommand(row), ".")});
  }));
  if (stale && row.finalized_ts.has_value()) unread_.Add(row.name);
  Promoted(row, own);
  JsonColumns(row);
  return absl::OkStatus();
}

// An unreadable list is a finding; a lost connection is an error.
absl::Status EnvironmentChecks::List(const EnvironmentRow& row, EnvironmentList list,
                                     const std::function<void(const store::TableInfo&)>& visit) {
  // PostgreSQL splits long lists itself, and may fail to parse them.
  RETURN_IF_ERROR(session_.Execute("SAVEPOINT list"));
  absl::Status status =
      store::ReadEnvironmentList(session_, schema_, row, list,
                                 [&](std::string_view array) { return infos_.Read(array, visit); });
  if (status.ok()) return session_.Execute("RELEASE SAVEPOINT list");
  if (ReasonOf(status) != Reason::STATE_CORRUPT) return status;
  RETURN_IF_ERROR(session_.Execute("ROLLBACK TO SAVEPOINT list; RELEASE SAVEPOINT list"));
  Unreadable(row, Cat(list == EnvironmentList::kSnapshots ? "column snapshots: "
                                                          : "column previous_finalized_snapshots: ",
                      MessageOf(status)));
  return absl::OkStatus();
}

void EnvironmentChecks::Promoted(const EnvironmentRow& row, const transfer::SnapshotKeySet& own) {
  if (!row.promoted_snapshot_ids.has_value()) return;
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array ids;
  absl::Status parsed =
      state::ParseDocument(&parser, *row.promoted_snapshot_ids, Reason::STATE_CORRUPT,
                           "column promoted_snapshot_ids", &root);
  if (!parsed.ok()) return Unreadable(row, MessageOf(parsed));
  if (root.is_null()) return;
  if (root.get(ids) != simdjson::SUCCESS) {
    return Unreadable(row, "column promoted_snapshot_ids does not hold a list");
  }
  for (element id : ids) {
    std::string_view name, identifier;
    if (id["name"].get(name) != simdjson::SUCCESS ||
        id["identifier"].get(identifier) != simdjson::SUCCESS) {
      return Unreadable(row,
                        "column promoted_snapshot_ids has an element without name or "
                        "identifier");
    }
    auto key = KeyOf(name, identifier);
    if (own.contains(key)) continue;
    findings_.Add(
        {FindingKind::kStalePromotedId, row.name, std::string(identifier),
         Cat("Environment '", row.name, "': promoted_snapshot_ids name ", name, " ", identifier,
             ", which ",
             present_.contains(key) ? "the environment does not use." : "does not exist."),
         row.name == kProd
             ? "Set the column promoted_snapshot_ids to NULL: prod promotes all of its snapshots."
             : Cat("Recreate the environment: `sqlmesh invalidate ", row.name, "`, then ",
                   PlanCommand(row), ".")});
  }
}

void EnvironmentChecks::JsonColumns(const EnvironmentRow& row) {
  const std::pair<const std::optional<std::string>*, std::string_view> columns[] = {
      {&row.requirements, "column requirements"},
      {&row.statements, "column environment_statements"}};
  simdjson::dom::parser parser;
  for (const auto& [text, what] : columns) {
    if (!text->has_value()) continue;
    element root;
    absl::Status parsed = state::ParseDocument(&parser, **text, Reason::STATE_CORRUPT, what, &root);
    if (!parsed.ok()) Unreadable(row, MessageOf(parsed));
  }
}

}  // namespace stateserver::maintenance
