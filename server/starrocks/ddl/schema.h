// SPDX-License-Identifier: Apache-2.0
//
// Types of StarRocks columns, in one spelling each.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stateserver::schema {

struct StructField;

// `name` is upper-case and the engine's own: INT for INTEGER, VARCHAR for
// STRING and TEXT, DECIMAL for NUMERIC and the DECIMAL32 to DECIMALV2 that are
// stored so, VARBINARY for BINARY. Display widths of integers and the precision
// of FLOAT are dropped, since the engine drops them; a length or a precision
// left out is the engine's default (VARCHAR(1), DECIMAL(10, 0)).
struct DataType {
  std::string name;
  std::optional<int> length;            // CHAR, VARCHAR: bytes; VARBINARY may have none
  std::optional<int> precision, scale;  // DECIMAL
  // ARRAY: one, MAP: key and value; both without names. STRUCT: in order.
  std::vector<StructField> fields;

  bool operator==(const DataType&) const;
};

struct StructField {
  std::string name;
  DataType type;

  bool operator==(const StructField& other) const {
    return name == other.name && type == other.type;
  }
};

// Written out: clang 14 breaks on a defaulted one that comes back to itself.
inline bool DataType::operator==(const DataType& other) const {
  return name == other.name && length == other.length && precision == other.precision &&
         scale == other.scale && fields == other.fields;
}

// What STRING is.
inline constexpr int kStringLength = 65533;

// Columns of tables.

struct DefaultValue {
  enum class Kind {
    kText,        // DEFAULT "7"; numbers are written as texts, too
    kNull,        // DEFAULT NULL
    kTimestamp,   // DEFAULT CURRENT_TIMESTAMP, with `text` "3" for (3)
    kExpression,  // DEFAULT (uuid())
  };
  Kind kind = Kind::kText;
  std::string text;

  bool operator==(const DefaultValue&) const = default;
};

// The state of an aggregate function as a column: `AVG(BIGINT)`.
struct AggregateState {
  std::string function;  // lower-case
  std::vector<DataType> arguments;

  bool operator==(const AggregateState&) const = default;
};

struct Column {
  std::string name;  // as spelled; two names are the same whatever their case
  // Absent for a column that is the state of an aggregate.
  std::optional<DataType> type;
  std::optional<AggregateState> state;
  bool key = false;                      // the marker KEY
  std::optional<std::string> aggregate;  // upper-case: SUM, REPLACE_IF_NOT_NULL
  std::optional<bool> nullable;          // absent: not said
  bool auto_increment = false;
  std::optional<DefaultValue> default_value;
  std::optional<std::string> generated;  // the expression's text
  std::string comment;

  bool operator==(const Column&) const = default;
};

// Keys keep their case; the engine folds it. Values are texts.
using Properties = std::map<std::string, std::string>;

enum class KeyModel { kDuplicate, kAggregate, kUnique, kPrimary };

struct KeyClause {
  KeyModel model = KeyModel::kDuplicate;
  std::vector<std::string> columns;

  bool operator==(const KeyClause&) const = default;
};

// A bound or a member of a partition.
struct PartitionValue {
  enum class Kind { kText, kMaximum, kNull };
  Kind kind = Kind::kText;
  std::string text;

  bool operator==(const PartitionValue&) const = default;
};
using PartitionTuple = std::vector<PartitionValue>;

// One listed partition.
struct Partition {
  enum class Kind {
    kLessThan,  // VALUES LESS THAN upper
    kFixed,     // VALUES [lower, upper)
    kIn,        // VALUES IN members
    kBatch,     // START lower END upper EVERY step; no name
  };
  Kind kind = Kind::kLessThan;
  std::string name;
  PartitionTuple lower, upper;
  std::vector<PartitionTuple> members;
  std::string step;  // "INTERVAL 7 DAY" or "2"
  Properties properties;

  bool operator==(const Partition&) const = default;
};

struct Partitioning {
  enum class Kind {
    kRange,       // RANGE(a, b) (…)
    kList,        // LIST(a, b) (…)
    kExpression,  // date_trunc('day', ts), or a list of columns and calls: automatic
  };
  Kind kind = Kind::kRange;
  // Names of columns, or of kExpression the text of each expression, of which a
  // column is one. RANGE(str2date(…)) has one expression.
  std::vector<std::string> terms;
  std::vector<Partition> partitions;

  bool operator==(const Partitioning&) const = default;
};

struct Distribution {
  bool random = false;
  std::vector<std::string> columns;  // of HASH
  std::optional<int> buckets;        // absent: the engine chooses

  bool operator==(const Distribution&) const = default;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;
  std::string type;  // upper-case: BITMAP, NGRAMBF, GIN, VECTOR; BITMAP when not said
  Properties properties;
  std::string comment;

  bool operator==(const Index&) const = default;
};

struct Rollup {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> duplicate_key;
  std::string from;  // the rollup it is made from; empty: the table
  Properties properties;

  bool operator==(const Rollup&) const = default;
};

struct Table {
  std::vector<Column> columns;
  std::vector<Index> indexes;
  std::string engine = "OLAP";  // upper-case
  std::optional<KeyClause> key;
  std::string comment;
  std::optional<Partitioning> partitioning;
  std::optional<Distribution> distribution;
  std::vector<std::string> order_by;
  std::vector<Rollup> rollups;
  Properties properties;

  bool operator==(const Table&) const = default;
};

// Views and materialized views.

struct ViewColumn {
  std::string name;
  std::string comment;

  bool operator==(const ViewColumn&) const = default;
};

struct View {
  std::vector<ViewColumn> columns;  // empty: those of the query
  std::string comment;
  std::string security;  // NONE or INVOKER; empty: not said
  std::string query;     // as written, without white space and comments around it

  bool operator==(const View&) const = default;
};

struct Refresh {
  enum class Moment { kNotSaid, kImmediate, kDeferred };
  enum class Mode { kAsync, kManual, kIncremental };
  Moment moment = Moment::kNotSaid;
  Mode mode = Mode::kAsync;  // SCHEDULE is kAsync
  std::string start;         // the text of START; empty: none
  std::string every;         // "INTERVAL 2 HOUR"; empty: none

  bool operator==(const Refresh&) const = default;
};

struct MaterializedView {
  std::vector<ViewColumn> columns;
  std::string comment;
  std::optional<Partitioning> partitioning;  // kExpression
  std::optional<Distribution> distribution;
  std::vector<std::string> order_by;
  // Absent where the statement has none of REFRESH, PARTITION, DISTRIBUTED and
  // ORDER BY: then the engine makes a synchronous one, a rollup of its table.
  std::optional<Refresh> refresh;
  Properties properties;
  std::string query;

  bool synchronous() const {
    return !refresh && !partitioning && !distribution && order_by.empty();
  }
  bool operator==(const MaterializedView&) const = default;
};

// Names are case-sensitive. `database` is empty where neither the statement nor
// USE nor the caller says one.
struct ObjectName {
  std::string database;
  std::string name;

  // "db.name", for messages.
  std::string Text() const { return database.empty() ? name : database + "." + name; }
  auto operator<=>(const ObjectName&) const = default;
};

struct SourcePlace {
  std::string source;  // a file's name, or what the caller calls the text
  int line = 1;        // from 1
  int column = 1;      // from 1, in bytes

  bool operator==(const SourcePlace&) const = default;
};

struct Object {
  ObjectName name;
  std::variant<Table, View, MaterializedView> definition;
  SourcePlace place;
};

// Whether it is a synchronous materialized view: a rollup of its table.
inline bool IsRollup(const Object& object) {
  const auto* view = std::get_if<MaterializedView>(&object.definition);
  return view != nullptr && view->synchronous();
}

}  // namespace stateserver::schema
