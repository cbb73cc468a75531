// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/journal/read.h"

#include <charconv>

#include "common/error.h"
#include "common/page_size.h"
#include "common/text.h"
#include "server/starrocks/revisions/journal/tables.h"

namespace stateserver::revisions {
namespace {

constexpr char kRunColumns[] =
    "r.id, r.revision, r.message, r.direction, r.status, r.operation_id, r.principal, r.peer, "
    "r.started_ts, coalesce(r.finished_ts, 0), r.error, (SELECT count(*) FROM "
    "stateserver.revision_statements s WHERE s.run_id = r.id AND s.status = 'done' AND NOT "
    "s.compensates)";
constexpr char kEntryColumns[] =
    "run_id, compensates, seq, object, statement, statement_digest, object_digest, label, "
    "foretold, newest_job, job_id, job_kind, status, started_ts, coalesce(finished_ts, 0), error";

std::string Text(const postgres::Result& rows, size_t row, size_t column) {
  return std::string(rows.Text(row, column));
}

Direction DirectionOf(std::string_view text) {
  if (text == "downgrade") return Direction::kDowngrade;
  return text == "stamp" ? Direction::kStamp : Direction::kUpgrade;
}

EntryStatus StatusOf(std::string_view text) {
  if (text == "sent") return EntryStatus::kSent;
  if (text == "done") return EntryStatus::kDone;
  return text == "failed" ? EntryStatus::kFailed : EntryStatus::kIntended;
}

Run ReadRun(const postgres::Result& rows, size_t row) {
  Run run;
  run.id = rows.Int(row, 0);
  run.revision = Text(rows, row, 1);
  run.message = Text(rows, row, 2);
  run.direction = DirectionOf(rows.Text(row, 3));
  run.status = Text(rows, row, 4);
  run.operation_id = Text(rows, row, 5);
  run.principal = Text(rows, row, 6);
  run.peer = Text(rows, row, 7);
  run.started_ts = rows.Int(row, 8);
  run.finished_ts = rows.Int(row, 9);
  run.error = Text(rows, row, 10);
  run.statements = static_cast<int>(rows.Int(row, 11));
  return run;
}

Entry ReadEntry(const postgres::Result& rows, size_t row) {
  Entry entry;
  entry.compensates = rows.Bool(row, 1);
  entry.seq = static_cast<int>(rows.Int(row, 2));
  entry.object = Text(rows, row, 3);
  entry.statement = Text(rows, row, 4);
  entry.statement_digest = Text(rows, row, 5);
  entry.object_digest = Text(rows, row, 6);
  entry.label = Text(rows, row, 7);
  entry.foretold = Text(rows, row, 8);
  entry.newest_job = rows.Int(row, 9);
  entry.job_id = rows.Int(row, 10);
  entry.job_kind = Text(rows, row, 11);
  entry.status = StatusOf(rows.Text(row, 12));
  entry.started_ts = rows.Int(row, 13);
  entry.finished_ts = rows.Int(row, 14);
  entry.error = Text(rows, row, 15);
  return entry;
}

absl::Status ReadApplied(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT revision, sum, is_head FROM"
                                         " stateserver.revision_applied WHERE gateway = $1 AND"
                                         " database = $2 ORDER BY revision",
                                         {key.gateway, key.database}));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out->applied[Text(rows, i, 0)] = Text(rows, i, 1);
    if (rows.Bool(i, 2)) out->heads.push_back(Text(rows, i, 0));
  }
  return absl::OkStatus();
}

absl::Status ReadOpen(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(postgres::Result runs,
                   session.QueryPrepared(Cat("SELECT ", kRunColumns,
                                             " FROM stateserver.revision_runs r WHERE gateway = $1"
                                             " AND database = $2 AND finished_ts IS NULL"),
                                         {key.gateway, key.database}));
  if (runs.rows() == 0) return absl::OkStatus();
  out->open = ReadRun(runs, 0);
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(Cat("SELECT ", kEntryColumns,
                                " FROM stateserver.revision_statements WHERE run_id = $1::bigint"
                                " ORDER BY compensates, seq"),
                            {Cat(out->open->id)}));
  for (size_t i = 0; i < rows.rows(); ++i) out->entries.push_back(ReadEntry(rows, i));
  return absl::OkStatus();
}

absl::Status ReadLock(postgres::Session& session, const WarehouseKey& key, JournalState* out) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(Cat("SELECT holder, operation_id, principal, since_ts, expires_ts,"
                                " holder <> '' AND expires_ts > ",
                                kNow,
                                ", version_table FROM stateserver.revision_locks WHERE gateway = $1"
                                " AND database = $2"),
                            {key.gateway, key.database}));
  if (rows.rows() == 0) return absl::OkStatus();
  out->lock = {Text(rows, 0, 0), Text(rows, 0, 1), Text(rows, 0, 2),
               rows.Int(0, 3),   rows.Int(0, 4),   rows.Bool(0, 5)};
  out->version_table = Text(rows, 0, 6);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> TokenId(const std::string& token) {
  if (token.empty()) return INT64_MAX;
  int64_t id = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), id);
  if (error == std::errc() && end == token.data() + token.size()) return id;
  return Error(Reason::ARGUMENT_INVALID, Cat("page token \"", token, "\" is not one of this list"),
               "Give `next_page_token` of the page before.", {{"field", "page_token"}});
}

}  // namespace

std::string DirectionName(Direction direction) {
  constexpr const char* kNames[] = {"upgrade", "downgrade", "stamp"};
  return kNames[static_cast<size_t>(direction)];
}

absl::StatusOr<JournalState> ReadState(postgres::Session& session, const WarehouseKey& key) {
  JournalState out;
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return out;
  RETURN_IF_ERROR(ReadApplied(session, key, &out));
  RETURN_IF_ERROR(ReadOpen(session, key, &out));
  RETURN_IF_ERROR(ReadLock(session, key, &out));
  return out;
}

absl::StatusOr<std::map<std::string, KnownObject>> ReadObjects(postgres::Session& session,
                                                               const WarehouseKey& key) {
  std::map<std::string, KnownObject> out;
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return out;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared("SELECT object, digest, statement, revision FROM"
                                         " stateserver.revision_objects WHERE gateway = $1 AND"
                                         " database = $2",
                                         {key.gateway, key.database}));
  for (size_t i = 0; i < rows.rows(); ++i) {
    out[Text(rows, i, 0)] = {Text(rows, i, 1), Text(rows, i, 2), Text(rows, i, 3)};
  }
  return out;
}

absl::StatusOr<RunPage> ReadRuns(postgres::Session& session, const WarehouseKey& key,
                                 const RunPageOptions& options) {
  RunPage page;
  ASSIGN_OR_RETURN(int size, PageSize(options.page_size));
  ASSIGN_OR_RETURN(int64_t before, TokenId(options.page_token));
  ASSIGN_OR_RETURN(bool exist, TablesExist(session));
  if (!exist) return page;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("SELECT ", kRunColumns,
              " FROM stateserver.revision_runs r WHERE gateway = $1 AND database = $2 AND"
              " id < $3::bigint AND ($4 = '' OR revision = $4) ORDER BY id DESC LIMIT $5::int"),
          {key.gateway, key.database, Cat(before), options.revision, Cat(size + 1)}));
  for (size_t i = 0; i < rows.rows(); ++i) page.runs.push_back(ReadRun(rows, i));
  if (page.runs.size() > static_cast<size_t>(size)) {
    page.runs.pop_back();
    page.next_page_token = Cat(page.runs.back().id);
  }
  if (!options.entries || page.runs.empty()) return page;
  ASSIGN_OR_RETURN(
      postgres::Result entries,
      session.QueryPrepared(Cat("SELECT ", kEntryColumns,
                                " FROM stateserver.revision_statements WHERE run_id IN (SELECT id"
                                " FROM stateserver.revision_runs WHERE gateway = $1 AND database ="
                                " $2 AND ($5 = '' OR revision = $5)) AND run_id BETWEEN $3::bigint"
                                " AND $4::bigint ORDER BY run_id, compensates, seq"),
                            {key.gateway, key.database, Cat(page.runs.back().id),
                             Cat(page.runs.front().id), options.revision}));
  for (size_t i = 0; i < entries.rows(); ++i) {
    page.entries[entries.Int(i, 0)].push_back(ReadEntry(entries, i));
  }
  return page;
}

}  // namespace stateserver::revisions
