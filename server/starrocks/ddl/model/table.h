// SPDX-License-Identifier: Apache-2.0
//
// Tables: everything CREATE TABLE says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/model/column.h"

namespace stateserver::schema {

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

}  // namespace stateserver::schema
