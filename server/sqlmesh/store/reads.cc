// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/reads.h"

#include <simdjson.h>

#include <algorithm>
#include <tuple>

#include "common/error.h"
#include "common/page_token.h"
#include "common/text.h"
#include "common/time.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/snapshot_names.h"
#include "server/sqlmesh/store/table_infos.h"

namespace stateserver::store {
namespace {

using postgres::ArrayLiteral;
using postgres::Result;
using postgres::Session;

std::string SummaryColumns(const Layout& layout) {
  return Cat(
      "t.name, t.identifier, t.version, t.kind_name, t.updated_ts, t.unpaused_ts, t.ttl_ms, "
      "t.unrestorable, ",
      layout.snapshot_forward_only
          ? "t.forward_only"
          : "coalesce((t.snapshot::json->>'change_category') = '3', false)");
}

SnapshotSummary ToSummary(const Result& rows, size_t row) {
  SnapshotSummary out;
  out.name = rows.Text(row, 0);
  out.identifier = rows.Text(row, 1);
  out.version = rows.Text(row, 2);
  out.kind = rows.Text(row, 3);
  out.updated_ts = rows.OptionalInt(row, 4);
  out.unpaused_ts = rows.OptionalInt(row, 5);
  out.ttl_ms = rows.Int(row, 6);
  out.unrestorable = rows.Bool(row, 7);
  out.forward_only = rows.Bool(row, 8);
  return out;
}

std::vector<SnapshotSummary> ToSummaries(const Result& rows) {
  std::vector<SnapshotSummary> out;
  for (size_t row = 0; row < rows.rows(); ++row) out.push_back(ToSummary(rows, row));
  return out;
}

std::string FilterKey(const SnapshotFilter& filter) {
  return Cat(filter.environment, '\x1e', filter.name_glob);
}

absl::StatusOr<std::vector<SnapshotReference>> References(Session& session, std::string_view schema,
                                                          const EnvironmentRow& row) {
  std::vector<SnapshotReference> out;
  TableInfoReader reader;
  RETURN_IF_ERROR(ReadEnvironmentList(
      session, schema, row, EnvironmentList::kSnapshots, [&](std::string_view array) {
        return reader.Read(array, [&](const TableInfo& info) {
          out.push_back({std::string(info.name), info.identifier, std::string(info.version),
                         std::string(info.kind_name), false});
        });
      }));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.identifier) < std::tie(b.name, b.identifier);
  });
  return out;
}

}  // namespace

absl::StatusOr<std::vector<EnvironmentSummary>> ListEnvironments(Session& session,
                                                                 std::string_view schema,
                                                                 const Layout& layout) {
  ASSIGN_OR_RETURN(auto rows, ReadEnvironments(session, schema, layout, {}));
  ASSIGN_OR_RETURN(
      Result counts,
      session.Query(Cat("SELECT name, json_array_length(snapshots::json) FROM ",
                        Qualified(schema, "_environments"), " ORDER BY name COLLATE \"C\"")));
  std::vector<EnvironmentSummary> out;
  size_t next = 0;
  for (EnvironmentRow& row : rows) {
    // Both lists are sorted by name; outside a transaction a row may appear or disappear in
    // between.
    while (next < counts.rows() && counts.Text(next, 0) < row.name) ++next;
    EnvironmentSummary summary;
    if (next < counts.rows() && counts.Text(next, 0) == row.name) {
      summary.snapshots = counts.Int(next, 1);
    }
    summary.expired = row.expiration_ts.has_value() && *row.expiration_ts <= NowMs();
    summary.row = std::move(row);
    out.push_back(std::move(summary));
  }
  return out;
}

absl::StatusOr<int64_t> CountPromoted(const EnvironmentRow& row, int64_t snapshots) {
  if (!row.promoted_snapshot_ids.has_value()) return snapshots;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  RETURN_IF_ERROR(
      state::ParseDocument(&parser, *row.promoted_snapshot_ids, Reason::STATE_CORRUPT,
                           Cat("The promoted snapshots of environment '", row.name, "'"), &root));
  simdjson::dom::array ids;
  if (root.is_null()) return snapshots;
  if (root.get(ids) != simdjson::SUCCESS) {
    return Error(Reason::STATE_CORRUPT,
                 Cat("The promoted snapshots of environment '", row.name, "' are not a list."),
                 "Restore the row from a backup; Check finds all such rows.",
                 {{"record", row.name}});
  }
  return static_cast<int64_t>(ids.size());
}

EnvironmentDifference DiffEnvironments(const std::vector<SnapshotReference>& from,
                                       const std::vector<SnapshotReference>& to) {
  EnvironmentDifference out;
  size_t a = 0, b = 0;
  while (a < from.size() || b < to.size()) {
    if (b == to.size() || (a < from.size() && from[a].name < to[b].name)) {
      out.differences.push_back({&from[a++], nullptr});
    } else if (a == from.size() || to[b].name < from[a].name) {
      out.differences.push_back({nullptr, &to[b++]});
    } else {
      if (from[a].identifier == to[b].identifier) {
        ++out.unchanged;
      } else {
        out.differences.push_back({&from[a], &to[b]});
      }
      ++a, ++b;
    }
  }
  return out;
}

absl::StatusOr<std::vector<SnapshotReference>> EnvironmentSnapshots(Session& session,
                                                                    std::string_view schema,
                                                                    const EnvironmentRow& row) {
  ASSIGN_OR_RETURN(auto references, References(session, schema, row));
  std::vector<std::string_view> names, identifiers;
  for (const SnapshotReference& reference : references) {
    names.push_back(reference.name);
    identifiers.push_back(reference.identifier);
  }
  ASSIGN_OR_RETURN(
      Result rows,
      session.Query(Cat("SELECT t.name, t.identifier FROM ", Qualified(schema, "_snapshots"),
                        " t JOIN unnest($1::text[], $2::text[]) AS r(name, identifier) ON t.name "
                        "= r.name AND t.identifier = r.identifier ORDER BY t.name COLLATE \"C\", "
                        "t.identifier COLLATE \"C\""),
                    {ArrayLiteral(names), ArrayLiteral(identifiers)}));
  size_t next = 0;
  for (SnapshotReference& reference : references) {
    auto key =
        std::make_pair(std::string_view(reference.name), std::string_view(reference.identifier));
    while (next < rows.rows() && std::make_pair(rows.Text(next, 0), rows.Text(next, 1)) < key) {
      ++next;
    }
    reference.exists =
        next < rows.rows() && std::make_pair(rows.Text(next, 0), rows.Text(next, 1)) == key;
  }
  return references;
}

std::string PageTokenAfter(const SnapshotSummary& last, const SnapshotFilter& filter) {
  return KeyToken({last.name, last.identifier}, FilterKey(filter));
}

absl::StatusOr<SnapshotPage> ListSnapshots(Session& session, std::string_view schema,
                                           const Layout& layout, const SnapshotFilter& filter,
                                           int page_size, std::string_view page_token) {
  std::string where = "true";
  postgres::Parameters parameters;
  auto parameter = [&](std::string value) {
    parameters.push_back(std::move(value));
    return Cat('$', parameters.size());
  };
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(KeyPosition token, ParseKeyToken(page_token, FilterKey(filter)));
    AppendTo(&where, " AND (t.name COLLATE \"C\", t.identifier COLLATE \"C\") > (",
             parameter(token.name), "::text, ", parameter(token.identifier), "::text)");
  }
  if (!filter.name_glob.empty()) {
    ASSIGN_OR_RETURN(std::string pattern, GlobToRegex(filter.name_glob));
    std::string regex = parameter(std::move(pattern));
    AppendTo(&where, " AND (t.name ~ ", regex, " OR ", WithoutQuotesSql("t.name"), " ~ ", regex,
             ")");
  }
  std::string join;
  SnapshotPage page;
  if (!filter.environment.empty()) {
    ASSIGN_OR_RETURN(auto rows, ReadEnvironments(session, schema, layout, {filter.environment}));
    page.environment = rows.front().name;
    ASSIGN_OR_RETURN(auto references, References(session, schema, rows.front()));
    std::vector<std::string_view> names, identifiers;
    for (const SnapshotReference& reference : references) {
      names.push_back(reference.name);
      identifiers.push_back(reference.identifier);
    }
    join = Cat(" JOIN unnest(", parameter(ArrayLiteral(names)), "::text[], ",
               parameter(ArrayLiteral(identifiers)),
               "::text[]) AS r(name, identifier) ON t.name = r.name AND t.identifier = "
               "r.identifier");
  }
  ASSIGN_OR_RETURN(
      Result rows,
      session.Query(
          Cat("SELECT ", SummaryColumns(layout), " FROM ", Qualified(schema, "_snapshots"), " t",
              join, " WHERE ", where,
              " ORDER BY t.name COLLATE \"C\", t.identifier COLLATE \"C\" LIMIT ", page_size + 1),
          parameters));
  page.snapshots = ToSummaries(rows);
  if (page.snapshots.size() > static_cast<size_t>(page_size)) {
    page.snapshots.pop_back();
    const SnapshotSummary& last = page.snapshots.back();
    page.next_page_token = PageTokenAfter(last, filter);
  }
  return page;
}

absl::StatusOr<std::vector<SnapshotSummary>> SnapshotsNamed(Session& session,
                                                            std::string_view schema,
                                                            const Layout& layout,
                                                            std::string_view name) {
  ASSIGN_OR_RETURN(Result rows,
                   session.Query(Cat("SELECT ", SummaryColumns(layout), " FROM ",
                                     Qualified(schema, "_snapshots"), " t WHERE t.name = $1 OR ",
                                     WithoutQuotesSql("t.name"),
                                     " = $2 ORDER BY t.updated_ts DESC NULLS LAST, t.identifier"),
                                 {std::string(name), WithoutQuotes(name)}));
  return ToSummaries(rows);
}

absl::StatusOr<Stats> GetStats(Session& session, std::string_view schema, const Layout& layout) {
  Stats stats;
  for (const std::string& table : StateTables()) {
    bool absent = (table == "_auto_restatements" && !layout.auto_restatements) ||
                  (table == "_environment_statements" && !layout.environment_statements);
    if (absent) continue;
    std::string name = Qualified(schema, table);
    ASSIGN_OR_RETURN(Result row,
                     session.Query(Cat("SELECT count(*), pg_total_relation_size(",
                                       postgres::QuoteLiteral(name), "::regclass) FROM ", name)));
    stats.tables.push_back({table, row.Int(0, 0), row.Int(0, 1)});
    stats.bytes += row.Int(0, 1);
    if (table == "_snapshots") stats.snapshots = row.Int(0, 0);
    if (table == "_environments") stats.environments = row.Int(0, 0);
    if (table == "_intervals") stats.interval_rows = row.Int(0, 0);
  }
  ASSIGN_OR_RETURN(Result kinds, session.Query(Cat("SELECT kind_name, count(*) FROM ",
                                                   Qualified(schema, "_snapshots"),
                                                   " GROUP BY 1 ORDER BY 2 DESC, 1")));
  for (size_t row = 0; row < kinds.rows(); ++row) {
    stats.kinds.emplace_back(kinds.Text(row, 0), kinds.Int(row, 1));
  }
  ASSIGN_OR_RETURN(auto environments, ReadEnvironments(session, schema, layout, {}));
  std::vector<std::pair<std::string, std::string>> used;
  for (const EnvironmentRow& row : environments) {
    stats.expired_environments += row.expiration_ts.has_value() && *row.expiration_ts <= NowMs();
    ASSIGN_OR_RETURN(auto references, EnvironmentSnapshots(session, schema, row));
    for (SnapshotReference& reference : references) {
      if (reference.exists) {
        used.emplace_back(std::move(reference.name), std::move(reference.identifier));
      }
    }
  }
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  stats.unused_snapshots = stats.snapshots - static_cast<int64_t>(used.size());
  return stats;
}

}  // namespace stateserver::store
