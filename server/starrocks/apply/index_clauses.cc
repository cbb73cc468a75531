// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/index_clauses.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "common/text.h"
#include "server/starrocks/apply/schema_change.h"
#include "server/starrocks/apply/types.h"

namespace stateserver::apply {

using schema::Column;
using schema::Index;
using schema::KeyModel;

namespace {

bool OfKeysOnly(const TableState& table) {
  return table.Is(KeyModel::kAggregate) || table.Is(KeyModel::kUnique);
}

Verdict CheckBitmap(const Column& column, const std::string& written, const TableState& table) {
  constexpr std::string_view kOthers[] = {"FLOAT", "DOUBLE", "JSON", "VARBINARY"};
  bool other = column.type && std::find(std::begin(kOthers), std::end(kOthers),
                                        column.type->name) != std::end(kOthers);
  if (!column.type || IsNested(*column.type) || IsMetric(*column.type) || other) {
    return RefusedByAnalysis(
        Cat(MessageType(column), " is not supported in bitmap index. invalid column: ", written));
  }
  if (OfKeysOnly(table) && !column.key) {
    return RefusedByAnalysis(
        Cat("BITMAP index only used in columns of DUP_KEYS/PRIMARY_KEYS table or key columns of "
            "UNIQUE_KEYS/AGG_KEYS table. invalid column: ",
            written));
  }
  return Taken();
}

bool SameColumns(const Index& a, const Index& b) {
  return a.type == b.type &&
         std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const auto& x, const auto& y) { return EqualIgnoringCase(x, y); });
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ",", name);
  return text;
}

}  // namespace

Verdict CheckIndex(const Index& index, const TableState& table) {
  for (const std::string& name : index.columns) {
    const Column* column = table.Find(name);
    if (column == nullptr) {
      return RefusedByAnalysis(
          Cat(index.name, " column does not exist in table. invalid column: ", name));
    }
    if (index.type == "BITMAP") RETURN_UNLESS_TAKEN(CheckBitmap(*column, name, table));
    if (index.type == "GIN" && OfKeysOnly(table)) {
      return RefusedByAnalysis(
          "The inverted index can only be build on DUPLICATE/PRIMARY_KEYS table.");
    }
    bool text = column->type && IsString(*column->type);
    if (index.type == "GIN" && !text) {
      return RefusedByAnalysis(
          "The inverted index can only be build on column with type of CHAR/STRING/VARCHAR type.");
    }
    if (index.type == "NGRAMBF" && !text) {
      return RefusedByAnalysis(Cat("Invalid ngram bloom filter column '", name,
                                   "': unsupported type ", MessageType(*column)));
    }
  }
  if (index.type == "BITMAP" && index.columns.size() != 1) {
    return RefusedByAnalysis("bitmap index can only apply to one column");
  }
  // They depend on a setting of the front end.
  if (index.type == "GIN" || index.type == "VECTOR") {
    return Unknown(Cat("whether the front end has ", index.type, " indexes enabled"));
  }
  if (index.type != "BITMAP" && index.type != "NGRAMBF") {
    return Unknown(Cat("indexes of the type ", index.type));
  }
  return Taken();
}

Verdict CheckIndexNames(const std::vector<Index>& indexes) {
  for (size_t i = 0; i < indexes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (EqualIgnoringCase(indexes[i].name, indexes[j].name)) {
        return RefusedByAnalysis("index name must be unique");
      }
      if (SameColumns(indexes[i], indexes[j])) {
        return RefusedByAnalysis("same index columns have multiple index name is not allowed");
      }
    }
  }
  return Taken();
}

// The indexes of the table before the statement count, even those that it drops.
Verdict ApplyAddIndex(const AddIndex& clause, Change* change) {
  const Index& index = clause.index;
  TableState here = change->before;
  here.table.columns = change->after.table.columns;
  RETURN_UNLESS_TAKEN(CheckIndex(index, here));
  std::vector<Index> present = change->before.table.indexes;
  for (const Index& one : change->after.table.indexes) {
    bool old = std::any_of(present.begin(), present.end(),
                           [&](const Index& other) { return other.name == one.name; });
    if (!old) present.push_back(one);
  }
  for (const Index& one : present) {
    if (EqualIgnoringCase(one.name, index.name)) {
      return Refused(Cat("index `", index.name, "` already exist."), kMeasured402);
    }
    if (SameColumns(one, index)) {
      return Refused(Cat("index for columns (", Joined(index.columns), " ) already exist."),
                     kMeasured402);
    }
  }
  change->after.table.indexes.push_back(index);
  return Taken();
}

Verdict ApplyDropIndex(const DropIndex& clause, Change* change) {
  std::vector<Index>& indexes = change->after.table.indexes;
  auto found = std::find_if(indexes.begin(), indexes.end(), [&](const Index& one) {
    return EqualIgnoringCase(one.name, clause.name);
  });
  if (found == indexes.end()) return Refused(Cat("index ", clause.name, " does not exist"));
  indexes.erase(found);
  return Taken();
}

Verdict CheckBloomColumns(const TableState& table, const std::string& value, std::string* out) {
  constexpr std::string_view kOthers[] = {"TINYINT", "FLOAT",   "DOUBLE",
                                          "BOOLEAN", "DECIMAL", "VARBINARY"};
  std::vector<std::string> names;
  std::string_view rest = value;
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string name(Trim(rest.substr(0, comma)));
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    if (name.empty()) continue;
    std::string invalid = Cat("Invalid bloom filter column '", name, "': ");
    const Column* column = table.Find(name);
    if (column == nullptr) return Refused(invalid + "not exists");
    bool other = column->type && std::find(std::begin(kOthers), std::end(kOthers),
                                           column->type->name) != std::end(kOthers);
    if (std::find(names.begin(), names.end(), column->name) != names.end()) {
      return Refused(Cat("Duplicate bloom filter column '", name, "'"));
    }
    if (!column->type || IsNested(*column->type) || other) {
      return Refused(Cat(invalid, "unsupported type ", MessageType(*column)));
    }
    if (IsMetric(*column->type) || column->type->name == "JSON") {
      return Unknown(Cat("whether ", column->type->name, " takes a bloom filter"));
    }
    if (OfKeysOnly(table) && !column->key) {
      return Refused(
          Cat("Bloom filter index only used in columns of DUP_KEYS/PRIMARY table or key columns of "
              "UNIQUE_KEYS/AGG_KEYS table. invalid column: ",
              name));
    }
    names.push_back(column->name);
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return Lower(a) < Lower(b); });
  out->clear();
  for (const std::string& name : names) AppendTo(out, out->empty() ? "" : ", ", name);
  return Taken();
}

Verdict CheckBloomRate(const std::string& value) {
  constexpr double kLeast = 0.0001, kMost = 0.05;
  char* end = nullptr;
  double rate = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0') return RefusedByAnalysis("Bloom filter fpp is not Double");
  if (rate < kLeast || rate > kMost) {
    return RefusedByAnalysis("Bloom filter fpp should in [1.0E-4, 0.05]");
  }
  return Taken();
}

Verdict ApplyOrderBy(const OrderBy& clause, Change* change) {
  const TableState& table = change->before;
  std::vector<Column>& columns = change->after.table.columns;
  bool reorders = clause.columns.size() == table.table.columns.size();
  if (reorders && table.Is(KeyModel::kPrimary)) {
    return Refused(
        "Primary key table do not support reorder table schema. Please confirm if you want to "
        "modify the sorting columns.");
  }
  std::vector<Column> ordered;
  std::set<std::string> seen;
  for (const std::string& name : clause.columns) {
    auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& one) {
      return reorders ? EqualIgnoringCase(one.name, name) : one.name == name;
    });
    if (found == columns.end()) return Refused(Cat("Column[", name, "] not exists"));
    if (!seen.insert(Lower(name)).second) return Refused(Cat("Duplicated column[", name, "]"));
    ordered.push_back(*found);
  }
  if (reorders) {
    if (ordered.size() != columns.size()) {
      return Refused("Reorder stmt should contains all columns");
    }
    columns = std::move(ordered);
    return Taken();
  }
  auto keys = static_cast<size_t>(
      std::count_if(columns.begin(), columns.end(), [](const Column& one) { return one.key; }));
  bool all_keys = ordered.size() == keys &&
                  std::all_of(ordered.begin(), ordered.end(), [](auto& one) { return one.key; });
  if (OfKeysOnly(table) && !all_keys) {
    return Refused(Cat("The sort columns of ", table.Is(KeyModel::kUnique) ? "UNIQUE" : "AGGREGATE",
                       " KEY table must be same with key columns"));
  }
  for (const Column& column : ordered) {
    if (table.Is(KeyModel::kPrimary)) {
      if (CanBePrimaryKey(column.type)) continue;
      return Refused(Cat("Sort key column[", column.name,
                         "] type not supported: ", MessageType(column), " in PrimaryKey table"));
    }
    if (CanBeKey(column.type)) continue;
    bool real = column.type && (column.type->name == "FLOAT" || column.type->name == "DOUBLE");
    if (real && column.name != ordered[0].name) continue;
    if (real) {
      return Refused(Cat("Data type of first column cannot be ", MessageType(columns[0])));
    }
    return Refused(
        Cat("Sort key column[", column.name, "] type not supported: ", MessageType(column)));
  }
  change->after.table.order_by = clause.columns;
  return Taken();
}

}  // namespace stateserver::apply
