// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <functional>

#include "common/text.h"
#include "tests/unit/server/starrocks/apply/random_schema.h"

namespace stateserver::apply::testing {
namespace {

using schema::Column;
using schema::KeyModel;
using schema::MaterializedView;
using schema::Object;
using schema::Table;

// The state of one random edit of a table.
struct TableEdit {
  Objects& all;
  Object& object;
  Table& table;
  std::vector<schema::Rename>& renames;
  Dice& dice;

  Column& AnyColumn() const { return dice.In(table.columns); }
};

void Replace(std::vector<std::string>* names, const std::string& from, const std::string& to) {
  std::replace(names->begin(), names->end(), from, to);
}

void AddColumn(const TableEdit& edit) {
  Column column = RandomColumn(edit.table, &edit.dice);
  size_t place =
      edit.dice.Chance(50) ? edit.table.columns.size() : edit.dice.Below(edit.table.columns.size());
  edit.table.columns.insert(edit.table.columns.begin() + static_cast<ptrdiff_t>(place),
                            std::move(column));
}

void AddKeyColumn(const TableEdit& edit) {
  if (!edit.table.key) return;
  Column column;
  column.name = edit.dice.Name("key");
  column.type = RandomType(&edit.dice);
  std::vector<std::string>& keys = edit.table.key->columns;
  auto place = static_cast<ptrdiff_t>(edit.dice.Below(keys.size() + 1));
  edit.table.columns.insert(edit.table.columns.begin() + place, column);
  keys.insert(keys.begin() + place, column.name);
}

// Apply does not read the calls of PARTITION BY.
bool IsInCall(const Table& table, const std::string& name) {
  if (!table.partitioning || table.partitioning->terms.empty()) return false;
  return table.partitioning->terms[0].ends_with(Cat(" ", name, ")"));
}

void DropColumn(const TableEdit& edit) {
  std::vector<Column>& columns = edit.table.columns;
  std::string name = edit.AnyColumn().name;
  if (IsInCall(edit.table, name)) return;
  std::erase_if(columns, [&](const Column& one) { return one.name == name; });
  std::erase(edit.table.order_by, name);
  if (edit.dice.Chance(50)) {
    std::erase_if(edit.table.indexes,
                  [&](const schema::Index& one) { return one.columns[0] == name; });
  }
  for (schema::Rollup& rollup : edit.table.rollups) std::erase(rollup.columns, name);
  if (edit.table.key) std::erase(edit.table.key->columns, name);
}

void RenameColumn(const TableEdit& edit) {
  Column& column = edit.AnyColumn();
  std::string old_name = column.name;
  if (IsInCall(edit.table, old_name)) return;
  column.name = edit.dice.Name("new");
  auto replace = [&](std::vector<std::string>* names) { Replace(names, old_name, column.name); };
  if (edit.table.key) replace(&edit.table.key->columns);
  if (edit.table.distribution) replace(&edit.table.distribution->columns);
  if (edit.table.partitioning) replace(&edit.table.partitioning->terms);
  replace(&edit.table.order_by);
  for (schema::Index& index : edit.table.indexes) replace(&index.columns);
  for (schema::Rollup& rollup : edit.table.rollups) replace(&rollup.columns);
  if (edit.dice.Chance(70)) {
    edit.renames.push_back({edit.object.name.name, old_name, column.name});
  }
}

void RetypeColumn(const TableEdit& edit) {
  Column& column = edit.AnyColumn();
  if (column.generated) return;
  bool longer = column.type && column.type->length && edit.dice.Chance(70);
  if (longer) {
    column.type->length = *column.type->length * 2;
  } else {
    column.type = RandomType(&edit.dice);
    FillDefault(&column, &edit.dice);
    if (column.aggregate) FillAggregate(edit.table, &column, &edit.dice);
  }
}

void ChangeField(const TableEdit& edit) {
  Column& column = edit.AnyColumn();
  if (!column.type || column.type->name != "STRUCT") return;
  std::vector<schema::StructField>& fields = column.type->fields;
  if (edit.dice.Chance(50) && fields.size() > 1) {
    fields.erase(fields.begin() + static_cast<ptrdiff_t>(edit.dice.Below(fields.size())));
  } else {
    fields.push_back({edit.dice.Name("f"), RandomType(&edit.dice)});
  }
}

void ChangeColumn(const TableEdit& edit) {
  Column& column = edit.AnyColumn();
  switch (edit.dice.Below(4)) {
    case 0:
      column.nullable = column.nullable.has_value() ? !*column.nullable : false;
      break;
    case 1:
      if (!column.generated && !column.auto_increment) FillDefault(&column, &edit.dice);
      break;
    case 2:
      if (column.aggregate) FillAggregate(edit.table, &column, &edit.dice);
      if (column.generated) column.generated = Cat("CAST(id AS BIGINT) + ", edit.dice.Below(9));
      break;
    default:
      column.comment = edit.dice.Comment();
  }
}

void MoveColumn(const TableEdit& edit) {
  std::vector<Column>& columns = edit.table.columns;
  Column column = edit.AnyColumn();
  std::erase_if(columns, [&](const Column& one) { return one.name == column.name; });
  auto place = static_cast<ptrdiff_t>(edit.dice.Below(columns.size() + 1));
  columns.insert(columns.begin() + place, std::move(column));
}

void ChangeIndexes(const TableEdit& edit) {
  if (edit.table.indexes.empty() || edit.dice.Chance(40)) {
    return AddRandomIndex(&edit.table, &edit.dice);
  }
  if (edit.dice.Chance(40)) {
    edit.dice.In(edit.table.indexes).comment = edit.dice.Comment();
  } else {
    edit.table.indexes.pop_back();
  }
}

void ChangeProperties(const TableEdit& edit) {
  schema::Properties& properties = edit.table.properties;
  if (properties.empty() || edit.dice.Chance(60)) {
    Objects before(edit.all.begin(), edit.all.begin() + (&edit.object - edit.all.data()));
    return SetRandomProperty(before, &edit.table, &edit.dice);
  }
  properties.erase(
      std::next(properties.begin(), static_cast<ptrdiff_t>(edit.dice.Below(properties.size()))));
}

void ChangePartitions(const TableEdit& edit) {
  auto& partitioning = edit.table.partitioning;
  bool listed = partitioning && partitioning->kind != schema::Partitioning::Kind::kExpression;
  if (!listed || edit.dice.Chance(15)) return FillPartitioning(&edit.table, &edit.dice);
  if (edit.dice.Chance(60) || partitioning->partitions.size() < 2) {
    partitioning->partitions.push_back(NextPartition(*partitioning, &edit.dice));
  } else {
    partitioning->partitions.pop_back();
  }
}

void ChangeRollups(const TableEdit& edit) {
  if (edit.table.rollups.empty() || edit.dice.Chance(50)) {
    return AddRandomRollup(&edit.table, &edit.dice);
  }
  edit.table.rollups.pop_back();
}

void ChangeKey(const TableEdit& edit) {
  if (!edit.table.key) return;
  edit.table.key->model =
      edit.dice.Of({KeyModel::kDuplicate, KeyModel::kUnique, KeyModel::kPrimary});
  for (Column& column : edit.table.columns) column.aggregate.reset();
}

struct TableEditKind {
  const char* what;
  std::function<void(const TableEdit&)> apply;
};

const std::vector<TableEditKind>& TableEdits() {
  static const std::vector<TableEditKind> kinds = {
      {"add column", AddColumn},
      {"add column", AddColumn},
      {"add key column", AddKeyColumn},
      {"drop column", DropColumn},
      {"drop column", DropColumn},
      {"rename column", RenameColumn},
      {"retype column", RetypeColumn},
      {"retype column", RetypeColumn},
      {"change field", ChangeField},
      {"change column", ChangeColumn},
      {"change column", ChangeColumn},
      {"move column", MoveColumn},
      {"indexes", ChangeIndexes},
      {"properties", ChangeProperties},
      {"properties", ChangeProperties},
      {"partitions", ChangePartitions},
      {"rollups", ChangeRollups},
      {"key", ChangeKey},
      {"comment", [](const TableEdit& edit) { edit.table.comment = edit.dice.Comment(); }},
      {"distribution", [](const TableEdit& edit) { FillDistribution(&edit.table, &edit.dice); }},
      {"sort key", [](const TableEdit& edit) { FillSortKey(&edit.table, &edit.dice); }},
  };
  return kinds;
}

void EditView(schema::View* view, const Catalog& catalog, Dice* dice) {
  switch (dice->Below(4)) {
    case 0:
      view->comment = dice->Comment();
      break;
    case 1:
      view->security = dice->Of<std::string>({"", "NONE", "INVOKER"});
      break;
    case 2:
      for (schema::ViewColumn& column : view->columns) {
        if (dice->Chance(50)) column.comment = dice->Comment();
        if (dice->Chance(20)) column.name = dice->Name("vc");
      }
      break;
    default:
      view->query = RandomQuery(catalog, dice);
      view->columns.clear();
  }
}

void EditMaterializedView(MaterializedView* view, const Catalog& catalog, Dice* dice) {
  if (view->synchronous()) {
    Object other = RandomView(3, "x", catalog, dice);
    view->query = std::get<MaterializedView>(other.definition).query;
    return;
  }
  switch (dice->Below(6)) {
    case 0:
      view->comment = dice->Comment();
      break;
    case 1:
      view->refresh = RandomRefresh(dice);
      break;
    case 2:
      view->query = RandomQuery(catalog, dice);
      break;
    case 3:
      view->distribution = schema::Distribution{true, {}, dice->Of({2, 4})};
      break;
    case 4:
      if (!view->properties.empty()) view->properties.erase(view->properties.begin());
      break;
    default:
      SetRandomViewProperty(view, dice);
  }
}

// Edits one object, or the list of them. Returns what it did.
std::string EditOnce(Edit* edit, const Catalog& catalog, Dice* dice) {
  Objects& all = edit->to;
  size_t place = all.empty() ? 0 : dice->Below(all.size());
  size_t choice = all.empty() ? 0 : dice->Below(20);
  // It must not read itself.
  Catalog before = catalog;
  for (size_t i = place; i < all.size(); ++i) before.objects.erase(all[i].name.name);
  if (choice == 0) {
    all.insert(all.begin(), ObjectNamed(dice->Name("u"), RandomTable({}, dice)));
    return "add table";
  }
  if (choice == 1) {
    all.push_back(RandomView(1 + dice->Below(3), dice->Name("w"), catalog, dice));
    return "add view";
  }
  Object& object = all[place];
  if (choice == 2) {
    all.erase(all.begin() + static_cast<ptrdiff_t>(place));
    return "drop";
  }
  if (choice == 3 && !schema::IsRollup(object)) {
    std::string old_name = object.name.name;
    object.name.name = dice->Name("r");
    if (dice->Chance(70)) edit->renames.push_back({"", old_name, object.name.name});
    return "rename";
  }
  if (choice == 4 && !schema::IsRollup(object)) {
    // Readers stay where they are, behind what they read.
    object = dice->Chance(30) ? ObjectNamed(object.name.name, RandomTable({}, dice))
                              : RandomView(1 + dice->Below(2), object.name.name, before, dice);
    return "replace";
  }
  if (auto* table = std::get_if<Table>(&object.definition)) {
    const TableEditKind& kind = TableEdits()[dice->Below(TableEdits().size())];
    kind.apply({all, object, *table, edit->renames, *dice});
    return kind.what;
  }
  if (auto* view = std::get_if<schema::View>(&object.definition)) {
    EditView(view, before, dice);
    return "view";
  }
  EditMaterializedView(&std::get<MaterializedView>(object.definition), before, dice);
  return "materialized view";
}

const Object* FindObject(const Objects& all, const std::string& name) {
  for (const Object& one : all) {
    if (one.name.name == name) return &one;
  }
  return nullptr;
}

bool HasColumn(const Object* object, const std::string& name) {
  const auto* table = object == nullptr ? nullptr : std::get_if<Table>(&object->definition);
  return table != nullptr && std::any_of(table->columns.begin(), table->columns.end(),
                                         [&](const Column& one) { return one.name == name; });
}

// Later edits may have undone a rename. Objects that are renamed keep the names of their columns.
void KeepValidRenames(const Objects& from, Edit* edit) {
  auto renamed = [&](const std::string& name) {
    return FindObject(from, name) == nullptr || FindObject(edit->to, name) == nullptr;
  };
  std::erase_if(edit->renames, [&](const schema::Rename& one) {
    if (!one.table.empty()) {
      const Object *there = FindObject(from, one.table), *wanted = FindObject(edit->to, one.table);
      return renamed(one.table) || !HasColumn(there, one.old_name) ||
             !HasColumn(wanted, one.new_name) || HasColumn(there, one.new_name);
    }
    const Object *there = FindObject(from, one.old_name),
                 *wanted = FindObject(edit->to, one.new_name);
    return there == nullptr || wanted == nullptr || FindObject(edit->to, one.old_name) != nullptr ||
           there->definition.index() != wanted->definition.index();
  });
}

}  // namespace

Edit RandomEdit(const Objects& from, size_t count, Dice* dice) {
  Edit edit{from, {}, ""};
  Catalog catalog;
  Settle(&edit.to, dice, &catalog);
  for (size_t i = 0; i < count; ++i) {
    Edit next = edit;
    std::string what = EditOnce(&next, catalog, dice);
    if (!Settle(&next.to, dice, &catalog)) continue;
    edit = std::move(next);
    AppendTo(&edit.what, edit.what.empty() ? "" : ", ", what);
  }
  KeepValidRenames(from, &edit);
  return edit;
}

}  // namespace stateserver::apply::testing
