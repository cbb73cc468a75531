// SPDX-License-Identifier: Apache-2.0

#include "client/suggestions.h"

namespace stateserver::client {
namespace {

constexpr Suggestion kTable[] = {
    // The state.
    {Reason::NOT_MIGRATED, "", "", "`stateclient migrate` migrates it."},
    {Reason::STATE_BEHIND, "", "", "`stateclient migrate` migrates it."},
    {Reason::STATE_TOO_OLD, "state_schema_version", "", "`stateclient migrate` migrates it."},
    {Reason::VERSION_MISMATCH, "", "",
     "`stateclient upgrade-file` upgrades a file, and `stateclient migrate` migrates a state."},
    {Reason::STATE_AHEAD, "state_schema_version", "",
     "`stateclient export` exports the state as it is stored, and the commands that only read "
     "work."},
    {Reason::STATE_CHANGED, "field", "if_unchanged_since", "The flag is `--if-unchanged-since`."},
    {Reason::STATE_CHANGED, "field", "if_after", "The flag is `--dry-run`."},
    {Reason::STATE_CORRUPT, "state_schema", "", "`stateclient migrate` creates the tables."},
    {Reason::STATE_CORRUPT, "restore_point", "", "`stateclient restore-points` lists them."},
    {Reason::STATE_CORRUPT, "column", "",
     "`stateclient restore` and `stateclient rollback` restore the state."},
    {Reason::STATE_CORRUPT, "table", "",
     "`stateclient restore-points` lists the stored copies of the state."},
    {Reason::STATE_CORRUPT, "record", "", "`stateclient check` lists the rows that are damaged."},
    {Reason::ENVIRONMENT_NOT_FOUND, "", "", "`stateclient environments` lists them."},
    {Reason::SNAPSHOT_NOT_FOUND, "", "", "`stateclient snapshots --name GLOB` lists them."},
    {Reason::DANGLING_REFERENCE, "", "", "The flag is `--drop-dangling`."},
    {Reason::FINGERPRINTS_UNSUPPORTED, "", "", "The flag is `--keep-unsupported-fingerprints`."},
    {Reason::BACKUP_MISSING, "", "",
     "`stateclient restore-points` lists all restore points, and `stateclient restore` restores "
     "one."},
    {Reason::RESTORE_POINT_NOT_FOUND, "", "", "`stateclient restore-points` lists them."},
    {Reason::RESTORE_POINT_INCOMPATIBLE, "restore_point", "",
     "`stateclient export --restore-point {restore_point}` exports it."},

    // Operations.
    {Reason::OPERATION_NOT_FOUND, "", "", "`stateclient operations` lists them."},
    {Reason::OPERATION_RUNNING, "operation", "",
     "`stateclient operation {operation} --watch` waits for its end."},
    {Reason::OPERATION_ENDED, "operation", "", "`stateclient operation {operation}` shows it."},
    {Reason::COMMIT_IN_DOUBT, "operation", "",
     "`stateclient operation {operation}` shows the outcome."},
    {Reason::INTERNAL, "field", "details_json", "`stateclient operation ID` shows it."},

    // Gateways and credentials.
    {Reason::GATEWAY_NOT_FOUND, "", "",
     "`stateclient gateways` lists them, and `--gateway` names one."},
    {Reason::WAREHOUSE_MISSING, "", "",
     "`stateclient gateways` lists them, and `--gateway` names one."},
    {Reason::UNAUTHENTICATED, "", "",
     "The flags are `--token-file` (or STATESERVER_TOKEN), `--tls-cert` and `--tls-key`."},

    // Revisions.
    {Reason::REVISION_NOT_FOUND, "unfinished", "",
     "`stateclient schema current` shows what is applied, and `stateclient schema history --runs` "
     "what was run."},
    {Reason::REVISION_NOT_FOUND, "direction", "",
     "`stateclient schema repair --abandon` ends the run as it is."},
    {Reason::REVISION_CHANGED, "statement", "",
     "`stateclient schema repair --abandon` ends the run as it is."},
    {Reason::REVISION_NOT_FOUND, "label", "", "`stateclient schema heads` lists the branches."},
    {Reason::REVISION_NOT_FOUND, "revision", "",
     "`stateclient schema history` lists the revisions."},
    {Reason::REVISION_NOT_FOUND, "", "", "`stateclient schema revision` creates one."},
    {Reason::REVISION_IRREVERSIBLE, "statement", "",
     "`stateclient schema repair` finishes it, and `stateclient schema repair --abandon` ends the "
     "run as it is."},
    {Reason::REVISION_IRREVERSIBLE, "direction", "",
     "`stateclient schema repair` finishes it, and `stateclient schema repair --abandon` ends the "
     "run as it is."},
    {Reason::NOT_AT_HEAD, "revision", "",
     "`stateclient schema upgrade` finishes it, and `stateclient schema repair` finishes, undoes "
     "or abandons it."},
    {Reason::NOT_AT_HEAD, "objects", "", "`--force` stamps nevertheless."},
    {Reason::NOT_AT_HEAD, "", "",
     "`stateclient schema upgrade head` upgrades, and `stateclient schema revision --head` names "
     "another revision."},
    {Reason::VERSION_TABLE_DIFFERS, "journal", "",
     "`stateclient schema check --drift --adopt` writes such a revision, `stateclient schema "
     "stamp` "
     "records one, and `--no-version-table` ignores the table."},
    {Reason::VERSION_TABLE_DIFFERS, "alembic", "",
     "`stateclient schema init --from-alembic` converts it, and `stateclient schema stamp` records "
     "the revision."},
    {Reason::PLAN_CHANGED, "", "", "`--dry-run` prints the plan, and `--plan DIGEST` approves it."},
    {Reason::WAREHOUSE_LOCKED, "", "", "`--lock-timeout` sets how long to wait."},
    {Reason::STATEMENT_FAILED, "unknown", "",
     "`--dry-run` prints the plan, and `--plan DIGEST` approves it."},
    {Reason::STATEMENT_FAILED, "live", "",
     "`stateclient schema check --drift` shows what was changed by hand, and `stateclient schema "
     "stamp` records a revision that is applied already."},
    {Reason::STATEMENT_FAILED, "statement", "",
     "`stateclient schema repair --on-failure compensate` undoes it, and `stateclient schema "
     "repair "
     "--abandon` ends the run as it is."},
    {Reason::STATEMENT_FAILED, "table", "alembic_version",
     "The flags are `--version-table-property replication_num=1` and `--no-version-table`."},
    {Reason::STATEMENT_UNFINISHED, "running", "",
     "`stateclient schema repair` without `--abandon` waits for it and continues the run."},
    {Reason::STATEMENT_UNFINISHED, "", "", "`--timeout` sets the time limit."},
    {Reason::REPAIR_NEEDED, "", "",
     "`stateclient schema repair` has the flags `--assume done`, `--assume not-done`, "
     "`--on-failure compensate` and `--abandon`."},
    {Reason::WAREHOUSE_UNREADABLE, "object", "", "`stateclient schema stamp` stamps them."},

    // Fields of a request.
    {Reason::ARGUMENT_INVALID, "heads", "", "`stateclient schema merge` writes such a revision."},
    {Reason::ARGUMENT_INVALID, "applied", "", "`stateclient schema downgrade` goes back."},
    {Reason::ARGUMENT_INVALID, "revision", "",
     "`stateclient schema current` shows what is applied."},
    {Reason::ARGUMENT_INVALID, "field", "to", "The flag is `--to`."},
    {Reason::ARGUMENT_INVALID, "field", "if_unchanged_since",
     "The flag is `--if-unchanged-since`."},
    {Reason::ARGUMENT_INVALID, "field", "database", "The flag is `--database`."},
    {Reason::ARGUMENT_INVALID, "field", "filter",
     "They come from `--include`, `--exclude` and the file .schemaignore."},
};

std::string Filled(const Suggestion& row, const std::string& value) {
  std::string text(row.text);
  const std::string mark = "{" + std::string(row.fact) + "}";
  if (size_t at = text.find(mark); at != text.npos) text.replace(at, mark.size(), value);
  return text;
}

}  // namespace

std::span<const Suggestion> SuggestionTable() { return kTable; }

std::string SuggestionFor(const absl::Status& status) {
  if (status.ok()) return "";
  const Reason reason = ReasonOf(status);
  const Facts facts = FactsOf(status);
  for (const Suggestion& row : kTable) {
    if (row.reason != reason) continue;
    if (row.fact.empty()) return std::string(row.text);
    auto found = facts.find(std::string(row.fact));
    if (found == facts.end() || found->second.empty()) continue;
    if (!row.value.empty() && found->second != row.value) continue;
    return Filled(row, found->second);
  }
  return "";
}

}  // namespace stateserver::client
