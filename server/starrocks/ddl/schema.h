// SPDX-License-Identifier: Apache-2.0
//
// StarRocks objects as values, with types in one canonical spelling.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stateserver::schema {

struct StructField;

// DataType is a column type. `name` is upper case and the engine's own: INT for INTEGER, VARCHAR
// for STRING and TEXT, DECIMAL for NUMERIC and for the stored forms DECIMAL32 to DECIMALV2,
// VARBINARY for BINARY. Display widths of integers and the precision of FLOAT are dropped, as in
// the engine. An omitted length or precision is the engine's default (VARCHAR(1), DECIMAL(10, 0)).
struct DataType {
  std::string name;
  std::optional<int> length;            // CHAR, VARCHAR: bytes; optional for VARBINARY
  std::optional<int> precision, scale;  // DECIMAL
  // ARRAY has one field; MAP has key and value; their names are empty. STRUCT has its fields in
  // order.
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

// Not defaulted, because clang 14 fails on a defaulted operator that refers to itself.
inline bool DataType::operator==(const DataType& other) const {
  return name == other.name && length == other.length && precision == other.precision &&
         scale == other.scale && fields == other.fields;
}

// The length of VARCHAR that STRING stands for.
inline constexpr int kStringLength = 65533;

// DefaultValue is the default of a table's column.
struct DefaultValue {
  enum class Kind {
    kText,        // DEFAULT "7"; numbers are texts too
    kNull,        // DEFAULT NULL
    kTimestamp,   // DEFAULT CURRENT_TIMESTAMP; `text` is "3" for (3)
    kExpression,  // DEFAULT (uuid())
    kLiteral,     // DEFAULT [1, 2], an expression without brackets; numbers and booleans are kText
  };
  Kind kind = Kind::kText;
  std::string text;

  bool operator==(const DefaultValue&) const = default;
};

// AggregateState is the type of a column that stores the state of an aggregate function:
// `AVG(BIGINT)`.
struct AggregateState {
  std::string function;  // lower case
  std::vector<DataType> arguments;

  bool operator==(const AggregateState&) const = default;
};

struct Column {
  std::string name;  // as spelled; names are compared without case
  // Absent if the column is the state of an aggregate.
  std::optional<DataType> type;
  std::optional<AggregateState> state;
  bool key = false;                      // the marker KEY
  std::optional<std::string> aggregate;  // upper case: SUM, REPLACE_IF_NOT_NULL
  std::optional<bool> nullable;          // absent if not specified
  bool auto_increment = false;
  std::optional<DefaultValue> default_value;
  std::optional<std::string> generated;  // the expression's text
  std::string comment;

  bool operator==(const Column&) const = default;
};

// Properties maps keys to text values. Keys keep their case; the engine folds it.
using Properties = std::map<std::string, std::string>;

enum class KeyModel { kDuplicate, kAggregate, kUnique, kPrimary };

struct KeyClause {
  KeyModel model = KeyModel::kDuplicate;
  std::vector<std::string> columns;

  bool operator==(const KeyClause&) const = default;
};

// PartitionValue is a bound or a member of a partition.
struct PartitionValue {
  enum class Kind { kText, kMaximum, kNull };
  Kind kind = Kind::kText;
  std::string text;

  bool operator==(const PartitionValue&) const = default;
};
using PartitionTuple = std::vector<PartitionValue>;

// Partition is one listed partition.
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
  // Names of columns or, for kExpression, the text of each expression (a column is an expression).
  // RANGE(str2date(…)) has one expression.
  std::vector<std::string> terms;
  std::vector<Partition> partitions;

  bool operator==(const Partitioning&) const = default;
};

struct Distribution {
  bool random = false;
  std::vector<std::string> columns;  // set for HASH
  std::optional<int> buckets;        // absent if the engine chooses

  bool operator==(const Distribution&) const = default;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;
  std::string type;  // upper case: BITMAP, NGRAMBF, GIN, VECTOR; BITMAP if not specified
  Properties properties;
  std::string comment;

  bool operator==(const Index&) const = default;
};

struct Rollup {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::string> duplicate_key;
  std::string from;  // the rollup it is created from; empty for the table
  Properties properties;

  bool operator==(const Rollup&) const = default;
};

struct Table {
  std::vector<Column> columns;
  std::vector<Index> indexes;
  std::string engine = "OLAP";  // upper case
  std::optional<KeyClause> key;
  std::string comment;
  std::optional<Partitioning> partitioning;
  std::optional<Distribution> distribution;
  std::vector<std::string> order_by;
  std::vector<Rollup> rollups;
  Properties properties;

  bool operator==(const Table&) const = default;
};

// ViewColumn is a column of a view or a materialized view.
struct ViewColumn {
  std::string name;
  std::string comment;

  bool operator==(const ViewColumn&) const = default;
};

struct View {
  std::vector<ViewColumn> columns;  // if empty, those of the query
  std::string comment;
  std::string security;  // NONE or INVOKER; empty if not specified
  std::string query;     // as written, without surrounding white space and comments

  bool operator==(const View&) const = default;
};

struct Refresh {
  enum class Moment { kNotSaid, kImmediate, kDeferred };
  enum class Mode { kAsync, kManual, kIncremental, kUnknown };
  Moment moment = Moment::kNotSaid;
  Mode mode = Mode::kAsync;  // kAsync for SCHEDULE
  std::string start;         // the text of START; empty if absent
  std::string every;         // "INTERVAL 2 HOUR"; empty if absent
  std::string word = {};     // the mode, in upper case, if kUnknown

  bool operator==(const Refresh&) const = default;
};

struct MaterializedView {
  std::vector<ViewColumn> columns;
  std::vector<Index> indexes = {};
  std::string comment;
  std::optional<Partitioning> partitioning;  // kExpression
  std::optional<Distribution> distribution;
  std::vector<std::string> order_by;
  // Absent if the statement has none of REFRESH, PARTITION, DISTRIBUTED and ORDER BY. The engine
  // then creates a synchronous materialized view, which is a rollup of its table.
  std::optional<Refresh> refresh;
  Properties properties;
  std::string query;

  bool synchronous() const {
    return !refresh && !partitioning && !distribution && order_by.empty();
  }
  bool operator==(const MaterializedView&) const = default;
};

// ObjectName is a case-sensitive name. `database` is empty if neither the statement nor USE nor the
// caller specifies one.
struct ObjectName {
  std::string database;
  std::string name;

  // Returns "db.name", for messages.
  std::string Text() const { return database.empty() ? name : database + "." + name; }
  auto operator<=>(const ObjectName&) const = default;
};

struct SourcePlace {
  std::string source;  // the name of a file, or the caller's name for the text
  int line = 1;        // from 1
  int column = 1;      // from 1, in bytes

  bool operator==(const SourcePlace&) const = default;
};

struct Object {
  ObjectName name;
  std::variant<Table, View, MaterializedView> definition;
  SourcePlace place;
};

// Returns true for a synchronous materialized view, which is a rollup of its table.
inline bool IsRollup(const Object& object) {
  const auto* view = std::get_if<MaterializedView>(&object.definition);
  return view != nullptr && view->synchronous();
}

}  // namespace stateserver::schema
