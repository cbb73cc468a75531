// SPDX-License-Identifier: Apache-2.0
//
// One statement, as far as it changes a schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/starrocks/apply/verdict.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::apply {

using schema::ObjectName;

// Place is FIRST or AFTER a column; absent if neither is written.
struct Place {
  bool first = false;
  std::string after;
};

// Clauses of ALTER TABLE.
struct AddColumns {
  std::vector<schema::Column> columns;
  std::optional<Place> place;
  std::string rollup;  // TO r
};
struct DropColumn {
  std::string name;
  std::string rollup;  // FROM r
};
struct ModifyColumn {
  schema::Column column;
  std::optional<Place> place;
};
struct CommentColumn {
  std::string name, comment;
};
struct ChangeField {
  std::string column;
  std::vector<std::string> path;         // "[*]" stands for the items of an array
  std::optional<schema::DataType> type;  // absent for DROP FIELD
  std::optional<Place> place;
  std::string comment;
};
struct AddIndex {
  schema::Index index;
};
struct DropIndex {
  std::string name;
};
struct OrderBy {
  std::vector<std::string> columns;
};
struct RenameColumn {
  std::string old_name, new_name;
};
struct RenameTable {
  std::string new_name;
};
struct RenamePartition {
  std::string old_name, new_name;
};
struct RenameRollup {
  std::string old_name, new_name;
};
struct SwapTable {
  std::string other;
};
struct CommentTable {
  std::string comment;
};
struct SetProperties {
  // In the order of the statement, which messages keep.
  std::vector<std::pair<std::string, std::string>> properties;
};
// Redistribute is DISTRIBUTED BY, or another clause that rewrites the table.
struct Redistribute {
  std::optional<schema::Distribution> distribution;
  bool default_buckets = false;      // DEFAULT BUCKETS
  bool key = false;                  // a key clause, which the engine refuses
  bool listed_partitioning = false;  // PARTITION BY RANGE or LIST, which the engine refuses
  bool other_partitioning = false;   // PARTITION BY an expression
};
struct AddRollups {
  std::vector<schema::Rollup> rollups;
};
struct DropRollups {
  std::vector<std::string> names;
};
struct AddPartition {
  schema::Partition partition;
  bool if_not_exists = false;
};
struct DropPartitions {
  std::vector<std::string> names;
  bool if_exists = false;
};
struct ModifyPartitions {
  std::vector<std::string> names;  // "*" for all
  SetProperties properties;
};
struct TruncatePartitions {
  std::vector<std::string> names;
};

using Clause =
    std::variant<AddColumns, DropColumn, ModifyColumn, CommentColumn, ChangeField, AddIndex,
                 DropIndex, OrderBy, RenameColumn, RenameTable, RenamePartition, RenameRollup,
                 SwapTable, CommentTable, SetProperties, Redistribute, AddRollups, DropRollups,
                 AddPartition, DropPartitions, ModifyPartitions, TruncatePartitions>;

struct CreateObject {
  schema::Object object;
  bool if_not_exists = false;
  bool or_replace = false;
  // The text in the message of the engine's parser, for a PARTITION BY with calls in brackets.
  std::string bracketed_calls;
  bool schedule = false;  // REFRESH SCHEDULE
};
struct AlterTable {
  ObjectName name;
  std::vector<Clause> clauses;
};
struct AlterView {
  ObjectName name;
  std::optional<schema::View> view;  // AS; only its columns and query are set
  std::string security;              // SET SECURITY
};
struct AlterMaterializedView {
  ObjectName name;
  std::optional<schema::Refresh> refresh;
  std::optional<bool> active;
  std::optional<SetProperties> set;
  std::string rename, swap;
};
struct DropObject {
  enum class Kind { kTable, kView, kMaterializedView };
  Kind kind = Kind::kTable;
  ObjectName name;
  bool if_exists = false;
};
struct RefreshMaterializedView {
  ObjectName name;
};
// Copy is INSERT INTO target (columns) query.
struct Copy {
  ObjectName target;
  std::vector<std::string> columns;  // if empty, all
  std::string query;
};
struct TruncateTable {
  ObjectName name;
};

struct Statement {
  std::variant<CreateObject, AlterTable, AlterView, AlterMaterializedView, DropObject,
               RefreshMaterializedView, Copy, TruncateTable>
      action;
};

struct ParsedStatement {
  std::optional<Statement> statement;
  // If there is no statement: kRefused for a text that the engine's grammar does not have,
  // kUnknown for one that this parser does not understand.
  Verdict verdict;
  // The object that the statement names, if it could be read.
  ObjectName object;
};

// Parses one statement, with or without a semicolon. Names without a database stay without one.
ParsedStatement ParseStatement(std::string_view sql);

}  // namespace stateserver::apply
