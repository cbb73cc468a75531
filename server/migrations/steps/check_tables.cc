#include <map>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "server/migrations/steps/tables.h"
#include "server/store/layout.h"

namespace stateserver::migrations {
namespace {

enum class Type { kText, kInteger, kBoolean };

struct Column {
  std::string_view table;
  std::string_view name;
  Type type;
  int since;  // the schema version that has it
};

// What the steps read or write, and the columns they add. Columns that only
// move along are not looked at.
constexpr Column kColumns[] = {
    {"_snapshots", "name", Type::kText, 60},
    {"_snapshots", "identifier", Type::kText, 60},
    {"_snapshots", "version", Type::kText, 60},
    {"_snapshots", "snapshot", Type::kText, 60},
    {"_snapshots", "kind_name", Type::kText, 60},
    {"_snapshots", "updated_ts", Type::kInteger, 60},
    {"_snapshots", "unpaused_ts", Type::kInteger, 60},
    {"_snapshots", "ttl_ms", Type::kInteger, 60},
    {"_snapshots", "unrestorable", Type::kBoolean, 60},
    {"_snapshots", "forward_only", Type::kBoolean, 90},
    {"_snapshots", "dev_version", Type::kText, 94},
    {"_snapshots", "fingerprint", Type::kText, 94},
    {"_environments", "name", Type::kText, 60},
    {"_environments", "snapshots", Type::kText, 60},
    {"_environments", "previous_finalized_snapshots", Type::kText, 60},
    {"_environments", "promoted_snapshot_ids", Type::kText, 60},
    {"_environments", "gateway_managed", Type::kBoolean, 79},
    {"_intervals", "id", Type::kText, 60},
    {"_intervals", "created_ts", Type::kInteger, 60},
    {"_intervals", "name", Type::kText, 60},
    {"_intervals", "identifier", Type::kText, 60},
    {"_intervals", "version", Type::kText, 60},
    {"_intervals", "start_ts", Type::kInteger, 60},
    {"_intervals", "end_ts", Type::kInteger, 60},
    {"_intervals", "is_dev", Type::kBoolean, 60},
    {"_intervals", "is_removed", Type::kBoolean, 60},
    {"_intervals", "is_compacted", Type::kBoolean, 60},
    {"_intervals", "is_pending_restatement", Type::kBoolean, 66},
    {"_intervals", "dev_version", Type::kText, 71},
    {"_intervals", "last_altered_ts", Type::kInteger, 99},
    {"_auto_restatements", "snapshot_name", Type::kText, 66},
    {"_auto_restatements", "snapshot_version", Type::kText, 66},
    {"_auto_restatements", "next_auto_restatement_ts", Type::kInteger, 66},
    {"_environment_statements", "environment_name", Type::kText, 72},
    {"_environment_statements", "plan_id", Type::kText, 72},
    {"_environment_statements", "environment_statements", Type::kText, 72},
};

// Tables that a step creates, and that may be there before it.
bool MayBeLeftBehind(std::string_view table) {
  return table == "_auto_restatements" || table == "_environment_statements";
}

std::string_view NameOf(Type type) {
  switch (type) {
    case Type::kText:
      return "text";
    case Type::kInteger:
      return "bigint";
    default:
      return "boolean";
  }
}

bool Fits(Type type, std::string_view postgres_type) {
  switch (type) {
    case Type::kText:
      return postgres_type == "text" || postgres_type == "character varying";
    case Type::kInteger:
      return postgres_type == "bigint" || postgres_type == "integer";
    default:
      return postgres_type == "boolean";
  }
}

absl::Status Corrupt(std::string_view schema, std::string_view table, std::string_view column,
                     std::string_view what) {
  std::string of = column.empty() ? "" : Cat(" column ", column);
  Facts facts = {{"table", std::string(table)}};
  if (!column.empty()) facts["field"] = std::string(column);
  return Error(Reason::STATE_CORRUPT, Cat("table ", schema, ".", table, of, what),
               "Restore the state tables from a backup, or correct them as its schema version in "
               "_versions says, and migrate again; nothing was changed.",
               std::move(facts));
}

// By table, then column: PostgreSQL's name of the type.
using Definitions = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

absl::StatusOr<Definitions> ReadDefinitions(postgres::Session& session, std::string_view schema) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query("SELECT c.relname, a.attname, format_type(a.atttypid, NULL) "
                                 "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                 "JOIN pg_attribute a ON a.attrelid = c.oid "
                                 "WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') "
                                 "AND a.attnum > 0 AND NOT a.attisdropped",
                                 {std::string(schema)}));
  Definitions definitions;
  for (size_t i = 0; i < rows.rows(); ++i) {
    definitions[std::string(rows.Text(i, 0))][std::string(rows.Text(i, 1))] = rows.Text(i, 2);
  }
  return definitions;
}

absl::Status CheckColumn(const Definitions& definitions, std::string_view schema, int from,
                         const Column& column) {
  auto table = definitions.find(column.table);
  bool is_due = column.since <= from;
  if (table == definitions.end()) {
    return is_due ? Corrupt(schema, column.table, "",
                            Cat(" is missing, which schema version ", from, " has"))
                  : absl::OkStatus();
  }
  auto type = table->second.find(std::string(column.name));
  if (type == table->second.end()) {
    if (!is_due && !MayBeLeftBehind(column.table)) return absl::OkStatus();
    return Corrupt(schema, column.table, column.name,
                   Cat(" is missing, which schema version ", column.since, " has"));
  }
  if (!is_due && !MayBeLeftBehind(column.table)) {
    return Corrupt(schema, column.table, column.name,
                   Cat(" is there, which only schema version ", column.since,
                       " has, and _versions says ", from));
  }
  if (Fits(column.type, type->second)) return absl::OkStatus();
  return Corrupt(schema, column.table, column.name,
                 Cat(" has type ", type->second, " and not ", NameOf(column.type)));
}

absl::Status CheckUnique(postgres::Session& session, std::string_view schema) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.Query(Cat("SELECT name, identifier, count(*) FROM ",
                                     store::Qualified(schema, "_snapshots"),
                                     " GROUP BY 1, 2 HAVING count(*) > 1 OR name IS NULL OR "
                                     "identifier IS NULL ORDER BY 1, 2 LIMIT 1")));
  if (rows.rows() == 0) return absl::OkStatus();
  std::string name(rows.Text(0, 0));
  std::string identifier(rows.Text(0, 1));
  bool is_null = rows.IsNull(0, 0) || rows.IsNull(0, 1);
  return Error(Reason::STATE_CORRUPT,
               Cat("snapshot ", name, " (", identifier, "): ",
                   is_null ? "its name or identifier is NULL"
                           : Cat("stands ", rows.Int(0, 2), " times in _snapshots")),
               "Delete the rows that are too many, and migrate again; nothing was changed.",
               {{"record", name}, {"identifier", identifier}});
}

}  // namespace

absl::Status CheckTables(postgres::Session& session, std::string_view schema, int from) {
  ASSIGN_OR_RETURN(Definitions definitions, ReadDefinitions(session, schema));
  for (const Column& column : kColumns) {
    RETURN_IF_ERROR(CheckColumn(definitions, schema, from, column));
  }
  return CheckUnique(session, schema);
}

}  // namespace stateserver::migrations
