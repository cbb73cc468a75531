// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/schema_change.h"
#include "server/starrocks/apply/types.h"

namespace stateserver::apply {
namespace {

using schema::StructField;

auto FindField(const std::vector<StructField>& fields, const std::string& name) {
  return std::find_if(fields.begin(), fields.end(), [&](const StructField& field) {
    return EqualIgnoringCase(field.name, name);
  });
}

// Returns the type at the end of the path without its last part, or null. `missing` is then the
// part that does not exist, or empty if a part has no fields.
const DataType* Walk(const DataType& from, const std::vector<std::string>& path,
                     std::string* missing) {
  const DataType* type = &from;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (path[i] == "[*]") {
      if (type->name != "ARRAY" || type->fields.empty()) return nullptr;
      type = &type->fields[0].type;
      continue;
    }
    if (type->name != "STRUCT") return nullptr;
    auto found = FindField(type->fields, path[i]);
    if (found == type->fields.end()) {
      *missing = path[i];
      return nullptr;
    }
    type = &found->type;
  }
  return type;
}

std::string FieldProblem(const ChangeField& clause, const DataType& type) {
  bool add = clause.type.has_value();
  std::string missing;
  const DataType* target = Walk(type, clause.path, &missing);
  if (!missing.empty()) {
    return add ? Cat("Field ", missing, " is not found")
               : Cat("Drop field ", missing, " is not found");
  }
  const std::string& last = clause.path.back();
  if (target == nullptr || target->name != "STRUCT" || last == "[*]") {
    return "Target Field is not struct";
  }
  bool there = FindField(target->fields, last) != target->fields.end();
  if (add) return there ? Cat("Field ", last, " is already exist") : "";
  if (!there) return Cat("Drop field ", last, " is not found");
  return target->fields.size() == 1 ? Cat("Field ", last, " is the last field of column") : "";
}

}  // namespace

Verdict AnalyzeField(const ChangeField& clause, const TableState& table) {
  std::string failed = Cat("Analyze ", clause.type ? "add" : "drop", " field definition failed: ");
  const schema::Column* column = table.Find(clause.column);
  if (column == nullptr) {
    return RefusedByAnalysis(Cat(failed, "Field ", clause.column, " not found"));
  }
  if (!column->type || (column->type->name != "STRUCT" && column->type->name != "ARRAY")) {
    return RefusedByAnalysis(
        Cat(failed, "column ", column->name, " type ", MessageType(*column), " is not Struct"));
  }
  std::string problem = FieldProblem(clause, *column->type);
  return problem.empty() ? Taken() : RefusedByAnalysis(failed + problem);
}

Verdict ApplyField(const ChangeField& clause, Change* change) {
  auto fast = change->before.table.properties.find("fast_schema_evolution");
  if (fast != change->before.table.properties.end() && fast->second == "false") {
    return Refused(Cat(clause.type ? "Add" : "Drop",
                       " field for struct column require table enable fast schema evolution"));
  }
  schema::Column* column = change->Find(clause.column);
  if (column == nullptr || !column->type) return Unknown(Cat("the fields of ", clause.column));
  // A second column is compared with the first one already changed.
  if (change->fields++ > 0 && !EqualIgnoringCase(change->field_column, column->name)) {
    return Refused(Cat("Can not change ", change->field_from, " to ", change->field_to),
                   kMeasured402);
  }
  std::string from = MessageType(*column->type);
  std::string missing;
  auto* target = const_cast<DataType*>(Walk(*column->type, clause.path, &missing));
  if (target == nullptr) return Unknown(Cat("the fields of ", clause.column));
  std::vector<StructField>& fields = target->fields;
  const std::string& last = clause.path.back();
  auto place = FindField(fields, last);
  if (!clause.type) {
    if (place == fields.end()) return Unknown(Cat("the field ", last));
    fields.erase(place);
  } else {
    auto at = fields.end();
    if (clause.place && clause.place->first) at = fields.begin();
    if (clause.place && !clause.place->first) {
      auto before = FindField(fields, clause.place->after);
      if (before == fields.end()) {
        return Refused(
            Cat("Field[", clause.place->after, "] is not exist in Field[", column->name, "]"));
      }
      at = fields.begin() + (before - fields.begin()) + 1;
    }
    fields.insert(at, StructField{last, *clause.type});
  }
  change->field_column = column->name;
  if (change->field_from.empty()) change->field_from = from;
  change->field_to = MessageType(*column->type);
  return Taken();
}

}  // namespace stateserver::apply
