// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/write_environments.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/records/model_fields.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

using postgres::CopyLine;
using postgres::RowBuffer;

constexpr std::string_view kProd = "prod";

// Selects the members of the JSON object `value` whose keys are not in `known`, each as ", key:
// value" with the value as it is stored.
std::string OtherMembersSql(std::string_view value, std::string_view known) {
  return Cat(
      "coalesce((SELECT string_agg(', ' || to_json(k.key)::text || ': ' || k.value::text, ''",
      " ORDER BY k.place) FROM json_each(", value, ") WITH ORDINALITY k (key, value, place)",
      " WHERE k.key NOT IN (", known, ")), '')");
}

std::string TableInfoKeys() {
  std::string keys;
  for (int i = 0; i < state::kTableInfoModel.count; ++i) {
    AppendTo(&keys, i == 0 ? "'" : ", '", state::kTableInfoModel.fields[i].name, "'");
  }
  return keys;
}

class EnvironmentWriter {
 public:
  EnvironmentWriter(postgres::Session& session, const RunOptions& options,
                    const operations::Progress& progress, const UsedSnapshots& used,
                    const Targets& targets)
      : session_(session),
        progress_(progress),
        used_(used),
        targets_(targets),
        table_(store::Qualified(options.schema, "_environments")) {}

  absl::StatusOr<EnvironmentChanges> WriteAll() {
    RETURN_IF_ERROR(Prepare());
    int64_t total = static_cast<int64_t>(used_.environments.size());
    for (int64_t i = 0; i < total; ++i) {
      RETURN_IF_ERROR(Write(used_.environments[static_cast<size_t>(i)]));
      progress_("Migrating environments", i + 1, total);
    }
    return changes_;
  }

 private:
  // Creates a table of old and new ids, for the lists that contain only ids.
  absl::Status Prepare() {
    RETURN_IF_ERROR(CreateTemp(session_, "stateserver_entries", "place integer, target integer"));
    RETURN_IF_ERROR(CreateTemp(session_, "stateserver_map", "place integer, target integer"));
    RowBuffer rows(session_, "pg_temp.stateserver_map (place, target)");
    for (NodeIndex i = 0; i < used_.graph.size(); ++i) {
      if (targets_.of_node[i] == Targets::kNone) continue;
      RETURN_IF_ERROR(rows.Add(CopyLine().Int(i).Int(targets_.of_node[i])));
    }
    RETURN_IF_ERROR(rows.Flush());
    RETURN_IF_ERROR(session_.Execute(
        "CREATE INDEX ON pg_temp.stateserver_infos (target);"
        "ANALYZE pg_temp.stateserver_infos;"
        "ANALYZE pg_temp.stateserver_map;"
        "CREATE TEMPORARY TABLE stateserver_ids ON COMMIT DROP AS"
        " SELECT u.name, u.identifier AS old, t.identifier AS new FROM pg_temp.stateserver_map m"
        " JOIN pg_temp.stateserver_used u ON u.place = m.place"
        " JOIN pg_temp.stateserver_targets t ON t.target = m.target;"
        "ANALYZE pg_temp.stateserver_ids"));
    return absl::OkStatus();
  }

  bool Moved(NodeIndex node) const {
    return node != EnvironmentLists::kNone && targets_.of_node[node] != Targets::kNone;
  }

  absl::Status Write(const EnvironmentLists& lists) {
    auto any = [&](const std::vector<NodeIndex>& nodes) {
      return std::any_of(nodes.begin(), nodes.end(), [&](NodeIndex node) { return Moved(node); });
    };
    bool snapshots = any(lists.snapshots);
    bool finalized = any(lists.previous_finalized);
    if (snapshots) RETURN_IF_ERROR(WriteInfos(lists, "snapshots", lists.snapshots));
    if (finalized) {
      RETURN_IF_ERROR(WriteInfos(lists, "previous_finalized_snapshots", lists.previous_finalized));
    }
    ASSIGN_OR_RETURN(bool promoted, WritePromoted(lists.name));
    if (snapshots || finalized || promoted) ++changes_.written;
    if (snapshots && lists.name == kProd) changes_.prod = true;
    return absl::OkStatus();
  }

  absl::Status WriteInfos(const EnvironmentLists& lists, std::string_view column,
                          const std::vector<NodeIndex>& nodes) {
    RETURN_IF_ERROR(session_.Execute("TRUNCATE pg_temp.stateserver_entries"));
    RowBuffer rows(session_, "pg_temp.stateserver_entries (place, target)");
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!Moved(nodes[i])) continue;
      CopyLine line;
      line.Int(static_cast<int64_t>(i) + 1).Int(targets_.of_node[nodes[i]]);
      RETURN_IF_ERROR(rows.Add(line));
    }
    RETURN_IF_ERROR(rows.Flush());
    RETURN_IF_ERROR(session_.Execute("ANALYZE pg_temp.stateserver_entries"));
    // Elements without unknown fields are not split into members, which takes time.
    std::string info =
        lists.unknown_fields
            ? Cat("left(i.info, -1) || ", OtherMembersSql("x.value", TableInfoKeys()), " || '}'")
            : "i.info";
    return session_
        .Query(Cat("UPDATE ", table_, " SET ", column, " = (SELECT '[' || string_agg(", "coalesce(",
                   info, ", x.value::text), ', ' ORDER BY x.place) || ']' FROM",
                   " json_array_elements(", column, "::json) WITH ORDINALITY x (value, place)",
                   " LEFT JOIN pg_temp.stateserver_entries e ON e.place = x.place",
                   " LEFT JOIN pg_temp.stateserver_infos i ON i.target = e.target)",
                   " WHERE name = $1"),
               {lists.name})
        .status();
  }

  // SQLMesh leaves the old ids here; see docs/migrations.md.
  absl::StatusOr<bool> WritePromoted(const std::string& name) {
    auto result = session_.Query(
        Cat("UPDATE ", table_, " SET promoted_snapshot_ids = l.list FROM (SELECT count(m.new),",
            " '[' || string_agg(CASE WHEN m.new IS NULL THEN x.value::text ELSE",
            " '{\"name\": ' || to_json(m.name) || ', \"identifier\": ' || to_json(m.new) || ",
            OtherMembersSql("x.value", "'name', 'identifier'"), " || '}' END, ', '",
            " ORDER BY x.place) || ']' FROM ", table_, " e,",
            " json_array_elements(e.promoted_snapshot_ids::json) WITH ORDINALITY x (value, place)",
            " LEFT JOIN pg_temp.stateserver_ids m",
            " ON m.name = x.value ->> 'name' AND m.old = x.value ->> 'identifier'",
            " WHERE e.name = $1) l (moved, list) WHERE name = $1 AND l.moved > 0"),
        {name});
    if (result.ok()) return result->affected_rows() > 0;
    auto sqlstate = FactsOf(result.status())["sqlstate"];
    // The text is not JSON, or not a list.
    if (sqlstate != "22P02" && sqlstate != "22023") return result.status();
    return Error(
        Reason::STATE_CORRUPT,
        Cat("Environment '", name, "': column promoted_snapshot_ids does not hold a JSON list"),
        "Correct the row of _environments, or restore the state from a backup.",
        {{"environment", name}});
  }

  postgres::Session& session_;
  const operations::Progress& progress_;
  const UsedSnapshots& used_;
  const Targets& targets_;
  const std::string table_;
  EnvironmentChanges changes_;
};

}  // namespace

absl::StatusOr<EnvironmentChanges> WriteEnvironments(postgres::Session& session,
                                                     const RunOptions& options,
                                                     const operations::Progress& progress,
                                                     const UsedSnapshots& used,
                                                     const Targets& targets) {
  return EnvironmentWriter(session, options, progress, used, targets).WriteAll();
}

absl::Status UnpauseProd(postgres::Session& session, const RunOptions& options,
                         const UsedSnapshots& used) {
  RETURN_IF_ERROR(CreateTemp(session, "stateserver_prod",
                             "name text, identifier text, version text, forward_only boolean"));
  RowBuffer rows(session, "pg_temp.stateserver_prod (name, identifier, version, forward_only)");
  for (const EnvironmentLists& lists : used.environments) {
    if (lists.name != kProd) continue;
    for (NodeIndex index : lists.snapshots) {
      const Node& node = used.graph[index];
      CopyLine line;
      line.Text(node.name).Text(node.changed() ? node.new_identifier : node.identifier);
      line.Text(node.version).Bool(node.forward_only);
      RETURN_IF_ERROR(rows.Add(line));
    }
  }
  RETURN_IF_ERROR(rows.Flush());
  RETURN_IF_ERROR(session.Execute("ANALYZE pg_temp.stateserver_prod"));
  return session.Execute(Cat(
      "WITH now AS MATERIALIZED"
      " (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ts),"
      " found AS (SELECT s.tableoid AS part, s.ctid AS id,"
      "  bool_or(s.identifier = p.identifier) AS target,"
      "  bool_or(s.version = p.version AND s.forward_only = NOT p.forward_only) AS opposite"
      "  FROM ",
      store::Qualified(options.schema, "_snapshots"),
      " s JOIN pg_temp.stateserver_prod p ON p.name = s.name GROUP BY s.tableoid, s.ctid)"
      " UPDATE ",
      store::Qualified(options.schema, "_snapshots"),
      " s SET unpaused_ts = CASE WHEN found.target THEN now.ts END,"
      " updated_ts = CASE WHEN found.target OR found.opposite THEN now.ts ELSE s.updated_ts END,"
      " unrestorable = CASE WHEN found.opposite THEN true ELSE s.unrestorable END"
      " FROM found, now WHERE s.tableoid = found.part AND s.ctid = found.id"
      " AND (found.target OR found.opposite OR s.unpaused_ts IS NOT NULL)"));
}

}  // namespace stateserver::migrations
