// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/jobs.h"

#include <charconv>
#include <map>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::starrocks {

absl::StatusOr<LabelState> ReadLabel(Connection& connection, const std::string& database,
                                     const std::string& label) {
  ASSIGN_OR_RETURN(Rows rows, connection.Query(Cat("SHOW LOAD FROM ", QuotedName(database),
                                                   " WHERE LABEL = ", QuotedText(label))));
  LabelState out = LabelState::kNone;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    std::string state = rows.Text(i, "State");
    if (state == "FINISHED") return LabelState::kDone;
    if (state != "CANCELLED") out = LabelState::kRunning;
  }
  return out;
}

namespace {

int64_t Number(const std::string& text) {
  int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string Said(const Rows& rows, size_t row, std::string_view column) {
  std::string text = rows.Text(row, column);
  return text == "NULL" || text == "N/A" ? "" : text;
}

// The row of an unfinished index takes precedence over that of a finished one.
void Merge(const Job& row, Job* job) {
  bool worse = row.state == "CANCELLED" || (job->finished() && !row.finished());
  if (!worse) return;
  job->state = row.state;
  job->progress = row.progress;
  job->message = row.message;
}

void Add(const Rows& rows, const std::string& kind, int64_t after, std::map<int64_t, Job>* jobs) {
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    int64_t id = Number(rows.Text(i, "JobId"));
    if (id <= after) continue;
    Job row{kind, id, rows.Text(i, "State"), Said(rows, i, "Progress"), Said(rows, i, "Msg")};
    auto [found, fresh] = jobs->emplace(id, row);
    if (!fresh) Merge(row, &found->second);
  }
}

// Rows of synchronous materialized views are listed under their base table.
Rows OfRollup(Rows rows, const std::string& name) {
  Rows out;
  out.columns = rows.columns;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    if (rows.Text(i, "RollupIndexName") == name) out.rows.push_back(std::move(rows.rows[i]));
  }
  return out;
}

}  // namespace

absl::StatusOr<std::vector<Job>> JobsAfter(Connection& connection, const std::string& database,
                                           const std::string& table, int64_t after) {
  std::map<int64_t, Job> jobs;
  for (const char* kind : {"COLUMN", "OPTIMIZE", "ROLLUP"}) {
    ASSIGN_OR_RETURN(Rows rows,
                     connection.Query(Cat("SHOW ALTER TABLE ", kind, " FROM ", QuotedName(database),
                                          " WHERE TableName = ", QuotedText(table),
                                          " ORDER BY CreateTime DESC LIMIT 100")));
    Add(rows, kind, after, &jobs);
  }
  if (jobs.empty()) {
    ASSIGN_OR_RETURN(Rows rows,
                     connection.Query(Cat("SHOW ALTER TABLE ROLLUP FROM ", QuotedName(database))));
    Add(OfRollup(std::move(rows), table), "ROLLUP", after, &jobs);
  }
  std::vector<Job> out;
  for (auto& [id, job] : jobs) out.push_back(std::move(job));
  return out;
}

absl::StatusOr<int64_t> NewestJob(Connection& connection, const std::string& database,
                                  const std::string& table) {
  ASSIGN_OR_RETURN(std::vector<Job> jobs, JobsAfter(connection, database, table, 0));
  return jobs.empty() ? 0 : jobs.back().id;
}

}  // namespace stateserver::starrocks
