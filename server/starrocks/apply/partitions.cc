// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/partitions.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <vector>

#include "common/text.h"
#include "server/starrocks/apply/properties.h"
#include "server/starrocks/apply/types.h"
#include "server/starrocks/diff/compare/compare_tables.h"

namespace stateserver::apply {
namespace {

using schema::Column;
using schema::Partition;
using schema::Partitioning;
using schema::PartitionTuple;
using schema::PartitionValue;

// Returns the part of an expression that names a column: date_trunc('day', ts) has ts.
const Column* ColumnOf(const std::string& term, const TableState& table) {
  if (const Column* column = table.Find(term)) return column;
  return nullptr;
}

bool IsCall(const std::string& term) { return term.find('(') != term.npos; }

// date_trunc and time_slice by hours to years keep the partitions of RANGE.
bool IsTimeRange(const Partitioning& partitioning) {
  if (partitioning.kind != Partitioning::Kind::kExpression || partitioning.terms.size() != 1) {
    return false;
  }
  std::string lower = Lower(partitioning.terms[0]);
  bool call = lower.starts_with("date_trunc(") || lower.starts_with("time_slice(");
  return call && lower.find("'week'") == lower.npos && lower.find("'quarter'") == lower.npos &&
         lower.find("'second'") == lower.npos;
}

// Returns a text that compares like the value, or nullopt if the order is not known.
std::optional<std::string> Comparable(const DataType& type, const PartitionValue& value) {
  if (value.kind == PartitionValue::Kind::kMaximum) return "~";
  if (value.kind == PartitionValue::Kind::kNull) return std::nullopt;
  const std::string& text = value.text;
  bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (IsInteger(type)) {
    constexpr size_t kDigits = 40;
    if (!digits || text.size() > kDigits) return std::nullopt;
    return std::string(kDigits - text.size(), '0') + text;
  }
  if (IsDate(type)) {
    constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd", kNone = "0000-00-00 00:00:00";
    bool date = text.size() == 10 || text.size() == kForm.size();
    if (!date) return std::nullopt;
    for (size_t i = 0; i < text.size(); ++i) {
      bool digit = text[i] >= '0' && text[i] <= '9';
      if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return std::nullopt;
    }
    return Cat(text, kNone.substr(text.size()));
  }
  if (IsString(type)) return text;
  return std::nullopt;
}

struct Range {
  const Partition* partition = nullptr;
  std::optional<std::string> lower;  // absent for the lowest values
  std::string upper;
};

std::string RangeText(const DataType& type, const Range& range) {
  auto bound = [&](const PartitionTuple& tuple) {
    std::string text = tuple.empty() ? "" : tuple[0].text;
    return Cat("types: [", type.name, "]; keys: [", text, "]; ");
  };
  return Cat("[", bound(range.partition->lower), "..", bound(range.partition->upper), ")");
}

// Returns the ranges of partitions in normal form, or nullopt if they cannot be ordered.
std::optional<std::vector<Range>> RangesOf(const std::vector<Partition>& partitions,
                                           const DataType& type) {
  std::vector<Range> out;
  for (const Partition& one : partitions) {
    if (one.upper.size() != 1 || one.lower.size() > 1) return std::nullopt;
    Range range{&one, std::nullopt, ""};
    auto upper = Comparable(type, one.upper[0]);
    if (!upper) return std::nullopt;
    range.upper = *upper;
    if (!one.lower.empty()) {
      range.lower = Comparable(type, one.lower[0]);
      if (!range.lower) return std::nullopt;
    }
    out.push_back(std::move(range));
  }
  return out;
}

bool Overlap(const Range& a, const Range& b) {
  return (!a.lower || *a.lower < b.upper) && (!b.lower || *b.lower < a.upper);
}

// Checks the partitions from `begin` on against those before them.
Verdict CheckRanges(const std::vector<Partition>& partitions, size_t begin, const DataType& type) {
  auto ranges = RangesOf(partitions, type);
  if (!ranges) return Unknown("how the bounds of the partitions are ordered");
  for (size_t i = begin; i < ranges->size(); ++i) {
    const Range& one = (*ranges)[i];
    if (one.lower && *one.lower >= one.upper) {
      return RefusedByAnalysis(
          Cat("Invalid range value format: failed to create range for partition ",
              one.partition->name));
    }
  }
  // In the order of their lower bounds, ranges can only meet their neighbours.
  std::vector<size_t> order(ranges->size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return (*ranges)[a].lower < (*ranges)[b].lower; });
  for (size_t i = 1; i < order.size(); ++i) {
    auto [first, second] = std::minmax(order[i - 1], order[i]);
    const Range &one = (*ranges)[second], &other = (*ranges)[first];
    if (second < begin || !Overlap(one, other)) continue;
    return RefusedByAnalysis(Cat("Range ", RangeText(type, one),
                                 " is intersected with range: ", RangeText(type, other)));
  }
  return Taken();
}

std::string MemberText(const PartitionTuple& member) {
  std::string text;
  for (const PartitionValue& value : member) {
    AppendTo(&text, value.kind == PartitionValue::Kind::kNull ? "\x01" : "\x02", value.text);
  }
  return text;
}

Verdict CheckMembers(const std::vector<Partition>& partitions, size_t begin) {
  std::set<std::string> seen;
  for (size_t i = 0; i < partitions.size(); ++i) {
    for (const PartitionTuple& member : partitions[i].members) {
      if (seen.insert(MemberText(member)).second || i < begin) continue;
      return RefusedByAnalysis(
          Cat("Duplicate partition values exist for partition: ", partitions[i].name));
    }
  }
  return Taken();
}

Verdict CheckNames(const std::vector<Partition>& partitions) {
  std::set<std::string> seen;
  for (const Partition& one : partitions) {
    if (one.kind == Partition::Kind::kBatch || seen.insert(one.name).second) continue;
    return RefusedByAnalysis(Cat("Duplicated partition name: ", one.name));
  }
  return Taken();
}

Verdict CheckTerms(const TableState& table) {
  const Partitioning& partitioning = *table.table.partitioning;
  bool list = partitioning.kind == Partitioning::Kind::kList;
  for (const std::string& term : partitioning.terms) {
    if (IsCall(term)) continue;
    const Column* column = ColumnOf(term, table);
    if (column == nullptr) {
      return RefusedByAnalysis(Cat("Partition column[", term, "] does not exist in column list."));
    }
    bool other_key = !table.Is(schema::KeyModel::kDuplicate) && !column->key;
    if (other_key) {
      return RefusedByAnalysis(
          "The partition column could not be aggregated column and unique table's partition "
          "column must be key column");
    }
    bool plain = column->type && (IsInteger(*column->type) || IsDate(*column->type));
    bool listed = list || partitioning.kind == Partitioning::Kind::kExpression;
    plain = plain || (listed && column->type &&
                      (IsString(*column->type) || column->type->name == "BOOLEAN"));
    if (plain) continue;
    return RefusedByAnalysis(Cat("Invalid partition column '", column->name,
                                 "': invalid data type ", MessageType(*column)));
  }
  return Taken();
}

// The type of the bounds; nullopt for several columns and for expressions.
std::optional<DataType> BoundType(const TableState& table) {
  const Partitioning& partitioning = *table.table.partitioning;
  if (partitioning.terms.size() != 1) return std::nullopt;
  const Column* column = ColumnOf(partitioning.terms[0], table);
  return column == nullptr ? std::nullopt : column->type;
}

bool IsDynamic(const TableState& table) {
  auto found = table.table.properties.find("dynamic_partition.enable");
  return found != table.table.properties.end() && Lower(found->second) == "true";
}

bool HasPartition(const TableState& table, const std::string& name) {
  if (!table.table.partitioning) return false;
  const std::vector<Partition>& all = table.table.partitioning->partitions;
  return std::any_of(all.begin(), all.end(),
                     [&](const Partition& one) { return one.name == name; });
}

// Partitions that the engine creates by itself are not known.
bool MakesPartitions(const TableState& table) {
  return IsDynamic(table) || (table.table.partitioning &&
                              table.table.partitioning->kind == Partitioning::Kind::kExpression);
}

}  // namespace

Verdict CheckPartitioning(const TableState& table) {
  if (!table.table.partitioning) return Taken();
  const Partitioning& partitioning = *table.table.partitioning;
  RETURN_UNLESS_TAKEN(CheckTerms(table));
  RETURN_UNLESS_TAKEN(CheckNames(partitioning.partitions));
  if (partitioning.partitions.empty()) return Taken();
  if (partitioning.kind == Partitioning::Kind::kList)
    return CheckMembers(partitioning.partitions, 0);
  std::vector<Partition> normal;
  if (!schema::NormalPartitions(partitioning, &normal)) {
    return Unknown("the partitions of START, END and EVERY");
  }
  auto type = BoundType(table);
  // Several columns and expressions: the planner's own text is trusted only if it is one partition.
  if (!type) return normal.size() <= 1 ? Taken() : Unknown("the order of bounds of several values");
  return CheckRanges(normal, 0, *type);
}

Verdict ApplyAddPartition(const AddPartition& clause, TableState* table) {
  const Partition& added = clause.partition;
  bool batch = added.kind == Partition::Kind::kBatch;
  if (!table->table.partitioning) {
    return RefusedByAnalysis("Only support adding partition to range/list partitioned table");
  }
  Partitioning& partitioning = *table->table.partitioning;
  if (IsTimeRange(partitioning) && !batch) {
    return RefusedByAnalysis(
        "Currently, you cannot manually add a single range partition to a table that is "
        "automatically partition");
  }
  bool range = partitioning.kind == Partitioning::Kind::kRange || IsTimeRange(partitioning);
  if (range && added.kind == Partition::Kind::kIn) {
    constexpr std::string_view kRange = "com.starrocks.catalog.RangePartitionInfo";
    constexpr std::string_view kList = "com.starrocks.catalog.ListPartitionInfo";
    return Refused(Cat("class ", kRange, " cannot be cast to class ", kList, " (", kRange, " and ",
                       kList, " are in unnamed module of loader 'app')"));
  }
  if (!range && added.kind != Partition::Kind::kIn) {
    return Refused("Cannot add a Range partition to a table that partition type is not of Range");
  }
  if (!batch && HasPartition(*table, added.name)) {
    if (clause.if_not_exists) return Taken();
    return RefusedByAnalysis(Cat("Duplicate partition name ", added.name));
  }
  if (MakesPartitions(*table)) return Unknown("the partitions that the engine created by itself");
  Partitioning both = partitioning;
  size_t before = both.partitions.size();
  both.partitions.push_back(added);
  if (!range) {
    RETURN_UNLESS_TAKEN(CheckMembers(both.partitions, before));
    partitioning = std::move(both);
    return Taken();
  }
  auto type = BoundType(*table);
  std::vector<Partition> normal;
  if (!type || batch) return Unknown("the order of the partitions' bounds");
  if (!schema::NormalPartitions(partitioning, &normal)) return Unknown("the partitions' bounds");
  Partition one = added;
  if (one.kind == Partition::Kind::kLessThan && one.upper.size() == 1) {
    // It begins where the greatest of the smaller partitions ends.
    one.kind = Partition::Kind::kFixed;
    auto upper = Comparable(*type, one.upper[0]);
    std::string best;
    for (const Partition& other : normal) {
      if (other.upper.size() != 1) continue;
      auto end = Comparable(*type, other.upper[0]);
      if (!end || !upper || *end > *upper || *end < best) continue;
      best = *end;
      one.lower = other.upper;
    }
  }
  normal.push_back(one);
  RETURN_UNLESS_TAKEN(CheckRanges(normal, normal.size() - 1, *type));
  partitioning.partitions = std::move(normal);
  return Taken();
}

Verdict ApplyDropPartitions(const DropPartitions& clause, const std::string& name,
                            TableState* table) {
  if (!table->table.partitioning) {
    return Refused(Cat("Alter table [", name, "] failed. Not a partitioned table"));
  }
  for (const std::string& partition : clause.names) {
    if (!HasPartition(*table, partition)) {
      if (clause.if_exists) continue;
      if (MakesPartitions(*table)) {
        return Unknown("the partitions that the engine created by itself");
      }
      return Refused(Cat("Error in list of partitions to [", partition, "]"));
    }
    if (IsDynamic(*table)) return Unknown("whether a dynamic partition can be dropped");
    std::erase_if(table->table.partitioning->partitions,
                  [&](const Partition& one) { return one.name == partition; });
  }
  return Taken();
}

Verdict ApplyRenamePartition(const RenamePartition& clause, const std::string& name,
                             TableState* table) {
  auto& partitioning = table->table.partitioning;
  bool automatic = partitioning && partitioning->kind == Partitioning::Kind::kExpression;
  if (!partitioning || partitioning->kind == Partitioning::Kind::kList ||
      (automatic && !IsTimeRange(*partitioning))) {
    return Refused(
        Cat("Table[", name, "] is single partitioned. no need to rename partition name."));
  }
  if (automatic) {
    return Refused(
        Cat("Table[", name, "] is automatic partitioned. not support to rename partition name."));
  }
  if (!HasPartition(*table, clause.old_name)) {
    if (MakesPartitions(*table)) return Unknown("the partitions that the engine created by itself");
    return Refused(Cat("Partition[", clause.old_name, "] does not exists"));
  }
  if (HasPartition(*table, clause.new_name)) {
    return Refused(Cat("Partition name[", clause.new_name, "] is already used"));
  }
  for (Partition& one : partitioning->partitions) {
    if (one.name == clause.old_name) one.name = clause.new_name;
  }
  return Taken();
}

Verdict CheckModifyPartitions(const ModifyPartitions& clause, const std::string& name,
                              const TableState& table) {
  for (const std::string& partition : clause.names) {
    bool there = partition == "*" || HasPartition(table, partition) || MakesPartitions(table) ||
                 (!table.table.partitioning && partition == name);
    if (!there) {
      return Refused(Cat("Partition[", partition, "] does not exist in table[", name, "]"));
    }
  }
  for (const auto& [key, value] : clause.properties.properties) {
    if (key == "replication_num") {
      RETURN_UNLESS_TAKEN(CheckReplication(value));
    } else {
      return Unknown(Cat("the property ", key, " of a partition"));
    }
  }
  return Taken();
}

Verdict CheckTruncatePartitions(const TruncatePartitions& clause, const TableState& table) {
  for (const std::string& partition : clause.names) {
    if (HasPartition(table, partition)) continue;
    if (MakesPartitions(table)) return Unknown("the partitions that the engine created by itself");
    return Refused(Cat("Partition ", partition, " does not exist"));
  }
  return Taken();
}

}  // namespace stateserver::apply
