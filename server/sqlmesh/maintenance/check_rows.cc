// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/check_rows.h"

#include <functional>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {

namespace {

using Fields = std::vector<postgres::CopyField>;
using store::Qualified;

absl::Status Each(postgres::Session& session, const std::string& query, size_t columns,
                  const std::function<void(const Fields&)>& visit) {
  Fields fields;
  return session.CopyOut(Cat("(", query, ")"), [&](std::string_view line) -> absl::Status {
    if (!postgres::SplitCopyLine(line, columns, &fields)) {
      return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
    }
    visit(fields);
    return absl::OkStatus();
  });
}

absl::Status UnreadableIntervals(postgres::Session& session, const std::string& schema,
                                 Findings& findings) {
  return Each(
      session,
      Cat("SELECT coalesce(name, ''), coalesce(version, ''), coalesce(id, '') FROM ",
          Qualified(schema, "_intervals"),
          " WHERE name IS NULL OR version IS NULL OR created_ts IS NULL OR start_ts IS "
          "NULL OR end_ts IS NULL ORDER BY 1, 2, 3"),
      3, [&](const Fields& fields) {
        findings.Add(
            {FindingKind::kUnreadableRow, std::string(fields[0].text), "",
             Cat("Interval row ", fields[2].text, " of ", fields[0].text, " version ",
                 fields[1].text, " lacks its name, version, creation time, start or end."),
             "Delete the row; the next run of the model computes missing intervals again."});
      });
}

}  // namespace

absl::Status CheckIntervals(postgres::Session& session, const std::string& schema,
                            Findings& findings) {
  RETURN_IF_ERROR(UnreadableIntervals(session, schema, findings));
  return Each(
      session,
      Cat("SELECT t.name, t.version, count(*) FROM ", Qualified(schema, "_intervals"),
          " t WHERE NOT EXISTS (SELECT 1 FROM ", Qualified(schema, "_snapshots"),
          " s WHERE s.name = t.name AND s.version = t.version) AND t.name IS NOT NULL AND "
          "t.version IS NOT NULL GROUP BY t.name, t.version "
          "ORDER BY t.name COLLATE \"C\", t.version COLLATE \"C\""),
      3, [&](const Fields& fields) {
        findings.Add({FindingKind::kOrphanedIntervals, std::string(fields[0].text), "",
                      Cat("Rows of _intervals of ", fields[0].text, " version ", fields[1].text,
                          " (", fields[2].text, "): no snapshot has that version."),
                      "Delete the rows of that name and version; nothing reads them."});
      });
}

absl::Status CheckStatements(postgres::Session& session, const std::string& schema,
                             Findings& findings) {
  return Each(session,
              Cat("SELECT t.environment_name FROM ", Qualified(schema, "_environment_statements"),
                  " t WHERE NOT EXISTS (SELECT 1 FROM ", Qualified(schema, "_environments"),
                  " e WHERE e.name = t.environment_name) ORDER BY 1"),
              1, [&](const Fields& fields) {
                findings.Add({FindingKind::kOrphanedStatements, std::string(fields[0].text), "",
                              Cat("_environment_statements has a row of environment '",
                                  fields[0].text, "', which does not exist."),
                              "Delete the row; nothing reads it."});
              });
}

absl::Status CheckAutoRestatements(postgres::Session& session, const std::string& schema,
                                   Findings& findings) {
  return Each(
      session,
      Cat("SELECT t.snapshot_name, t.snapshot_version FROM ",
          Qualified(schema, "_auto_restatements"), " t WHERE NOT EXISTS (SELECT 1 FROM ",
          Qualified(schema, "_snapshots"),
          " s WHERE s.name = t.snapshot_name AND s.version = t.snapshot_version) "
          "ORDER BY 1, 2"),
      2, [&](const Fields& fields) {
        findings.Add({FindingKind::kOrphanedAutoRestatement, std::string(fields[0].text), "",
                      Cat("_auto_restatements has a row of ", fields[0].text, " version ",
                          fields[1].text, ", which no snapshot has."),
                      "Delete the row; nothing reads it."});
      });
}

}  // namespace stateserver::maintenance
