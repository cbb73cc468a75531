// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/columns.h"
#include "server/starrocks/apply/schema_change.h"
#include "server/starrocks/apply/types.h"

namespace stateserver::apply {
namespace {

using schema::Column;
using schema::KeyModel;

Verdict NoAggregateHere(KeyModel model, const std::string& column) {
  return Refused(Cat("Can not assign aggregation method on column in ", ModelWord(model),
                     " data model table: ", column));
}

// Applies what the key model makes of a column that is added.
Verdict CheckNewColumn(const Change& change, Column* column) {
  KeyModel model = change.before.model();
  if (model == KeyModel::kAggregate) {
    if (!column->aggregate && !column->state) {
      column->key = true;
    } else if (column->key) {
      return Refused(Cat("Can not assign aggregation method on key column: ", column->name));
    }
  } else if (column->aggregate || column->state) {
    return NoAggregateHere(model, column->name);
  }
  if (column->key && !CanBeKey(column->type)) {
    return Refused(
        Cat(column->type ? column->type->name : "A state", " type can not be key column"));
  }
  if (column->key && model == KeyModel::kPrimary) {
    return Refused(Cat("Can not add key column: ", column->name, " for primary key table"));
  }
  if (column->aggregate == "SUM" && column->default_value &&
      column->default_value->text.find_first_not_of("0.-+") != std::string::npos) {
    return Refused(Cat("The default value of '", column->name,
                       "' with SUM aggregation function must be zero"));
  }
  return Taken();
}

// Column ids are the names with which columns were created; a DROP in the same statement does not
// free them. Sets `there` if an earlier clause added just this column.
Verdict CheckNewName(Change* change, const Column& column, bool* there) {
  std::string wanted = Lower(column.name);
  const Column* existing = change->before.Find(column.name);
  if (existing != nullptr && ShownColumn(*existing) == ShownColumn(column)) {
    return Refused(Cat("Can not add column which already exists in base table: ", column.name));
  }
  for (const Column& other : change->before.table.columns) {
    auto created = change->before.created_as.find(Lower(other.name));
    std::string id = created == change->before.created_as.end() ? other.name : created->second;
    if (Lower(id) != wanted) continue;
    return Refused(Cat("Can not add column which already exists in column id: ", id,
                       ", you can remove ", ShownColumn(other), " and try again."));
  }
  const Column* present = change->Find(column.name);
  if (present == nullptr) return Taken();
  auto earlier = change->added.find(wanted);
  Column same = column;
  same.name = present->name;
  *there = earlier != change->added.end() && ShownColumn(same) == ShownColumn(*present);
  if (*there) return Taken();
  return Refused(Cat("Repeatedly add same column with different definition: ", column.name));
}

Verdict Insert(Change* change, Column column, const std::optional<Place>& place) {
  std::vector<Column>& columns = change->after.table.columns;
  if (place && place->first) {
    columns.insert(columns.begin(), std::move(column));
    return Taken();
  }
  if (place) {
    const Column* previous = change->Find(place->after);
    if (previous == nullptr) return Refused(Cat("Column[", place->after, "] does not found"));
    columns.insert(columns.begin() + (previous - columns.data()) + 1, std::move(column));
    return Taken();
  }
  auto at = columns.end();
  if (column.key) {
    at = columns.begin();
    for (auto one = columns.begin(); one != columns.end(); ++one) {
      if (one->key) at = one + 1;
    }
  } else if (!column.generated) {
    at = std::find_if(columns.begin(), columns.end(),
                      [](const Column& one) { return one.generated.has_value(); });
  }
  columns.insert(at, std::move(column));
  return Taken();
}

}  // namespace

Verdict ApplyAddColumns(const AddColumns& clause, Change* change) {
  if (!clause.rollup.empty()) return Unknown("columns that are added to a rollup");
  for (const Column& definition : clause.columns) {
    Column column = definition;
    CompleteColumn(&column);
    RETURN_UNLESS_TAKEN(CheckNewColumn(*change, &column));
    bool there = false;
    RETURN_UNLESS_TAKEN(CheckNewName(change, column, &there));
    if (there) continue;
    if (column.generated) {
      RETURN_UNLESS_TAKEN(CheckGenerated(column, change->after.table.columns));
    }
    change->added[Lower(column.name)] = column;
    RETURN_UNLESS_TAKEN(Insert(change, std::move(column), clause.place));
  }
  return Taken();
}

Verdict ApplyDropColumn(const DropColumn& clause, Change* change) {
  if (!clause.rollup.empty()) {
    return Refused(Cat("Index[", clause.rollup, "] does not exist in table[", change->name, "]"));
  }
  const TableState& table = change->before;
  const Column* column = change->Find(clause.name);
  if (column == nullptr) return Refused(Cat("Column does not exists: ", clause.name));
  auto is_sorted = [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& one) { return EqualIgnoringCase(one, column->name); });
  };
  bool sorted = is_sorted(table.table.order_by);
  if (table.Is(KeyModel::kPrimary)) {
    if (column->key) return Refused("Can not drop key column in primary data model table");
    if (sorted) return Refused("Can not drop sort column in primary data model table");
  }
  if (table.Is(KeyModel::kUnique) && column->key) {
    return Refused("Can not drop key column in Unique data model table");
  }
  bool replaces = std::any_of(
      change->after.table.columns.begin(), change->after.table.columns.end(),
      [](const Column& one) { return one.aggregate && one.aggregate->starts_with("REPLACE"); });
  if (table.Is(KeyModel::kAggregate) && column->key && replaces) {
    return Refused(
        "Can not drop key column when table has value column with REPLACE aggregation method");
  }
  // Recorded for primary keys only; the sort key of other models shrinks or the drop is refused.
  if (sorted) return Unknown(Cat("whether the sort column ", column->name, " can be dropped"));
  std::string name = Lower(column->name);
  change->dropped.insert(name);
  std::vector<Column>& columns = change->after.table.columns;
  columns.erase(columns.begin() + (column - columns.data()));
  std::erase_if(change->after.table.indexes, [&](const schema::Index& index) {
    return std::any_of(index.columns.begin(), index.columns.end(),
                       [&](const std::string& one) { return Lower(one) == name; });
  });
  for (schema::Rollup& rollup : change->after.table.rollups) {
    std::erase_if(rollup.columns, [&](const std::string& one) { return Lower(one) == name; });
  }
  return Taken();
}

namespace {

Verdict CheckModifiedModel(const TableState& table, const Column& old, Column* column) {
  if (old.auto_increment) return Refused("Can't not modify a AUTO_INCREMENT column");
  if (table.Is(KeyModel::kPrimary)) {
    if (old.key || column->key) {
      return Refused(Cat("Can not modify key column: ", old.name, " for primary key table"));
    }
    for (const std::string& name : table.table.order_by) {
      if (!EqualIgnoringCase(name, old.name)) continue;
      return Refused("Can not modify sort column in primary data model table");
    }
    column->aggregate.reset();
  } else if (table.Is(KeyModel::kAggregate)) {
    if (!column->aggregate && !column->state) column->key = true;
  } else if (column->aggregate) {
    return NoAggregateHere(table.model(), column->name);
  }
  if (old.generated && !column->generated) {
    return Refused("Can not modify a generated column to a non-generated column");
  }
  if (!old.generated && column->generated) {
    return Refused("Can not modify a non-generated column to a generated column");
  }
  return Taken();
}

Verdict Move(Change* change, const std::string& name, const Place& place) {
  std::vector<Column>& columns = change->after.table.columns;
  if (!place.first) {
    if (EqualIgnoringCase(place.after, name)) {
      return Refused(Cat("Column[", name, "] modify position is invalid"));
    }
    if (change->Find(place.after) == nullptr) {
      return Refused(Cat("Column[", place.after, "] does not exists"));
    }
  }
  auto at = std::find_if(columns.begin(), columns.end(),
                         [&](const Column& one) { return one.name == name; });
  Column moved = *at;
  columns.erase(at);
  return Insert(change, std::move(moved), place);
}

}  // namespace

Verdict ApplyModifyColumn(const ModifyColumn& clause, Change* change) {
  const Column* found = change->Find(clause.column.name);
  if (found == nullptr) return Refused(Cat("Column[", clause.column.name, "] does not exists"));
  const Column old = *found;
  std::vector<Column>& columns = change->after.table.columns;
  for (const Column& other : columns) {
    if (other.generated && ReadsOf(other, columns).contains(Lower(old.name))) {
      return Refused(Cat("Do not support modify column: ", old.name,
                         ", because it associates with the generated column"));
    }
  }
  Column column = clause.column;
  column.name = old.name;
  CompleteColumn(&column);
  RETURN_UNLESS_TAKEN(CheckModifiedModel(change->before, old, &column));
  if (column.generated) RETURN_UNLESS_TAKEN(CheckGenerated(column, columns));
  change->pairs.emplace_back(old, column);
  columns[static_cast<size_t>(found - columns.data())] = column;
  if (clause.place) RETURN_UNLESS_TAKEN(Move(change, old.name, *clause.place));
  if (!(column == old)) change->modified.insert(Lower(old.name));
  return Taken();
}

Verdict ApplyCommentColumn(const CommentColumn& clause, Change* change) {
  Column* column = change->Find(clause.name);
  if (column == nullptr) return Refused(Cat("Column [", clause.name, "] does not exists"));
  column->comment = clause.comment;
  return Taken();
}

}  // namespace stateserver::apply
