// Key models and key columns: what of them can be changed at all.
#include <algorithm>

#include "common/text.h"
#include "server/schema/plan/table_work.h"

namespace stateserver::schema {
namespace {

std::string_view Words(KeyModel model) {
  constexpr std::string_view kWords[] = {"DUPLICATE KEY", "AGGREGATE KEY", "UNIQUE KEY",
                                         "PRIMARY KEY"};
  return kWords[static_cast<size_t>(model)];
}

std::string PrintKey(const KeyClause& key) {
  std::string names;
  for (const std::string& name : key.columns) AppendTo(&names, names.empty() ? "" : ", ", name);
  return Cat(Words(key.model), "(", names, ")");
}

std::vector<std::string> FoldedNames(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::transform(names.begin(), names.end(), std::back_inserter(out), Folded);
  return out;
}

bool HasReplacedValues(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const Column& column) {
    return column.aggregate == "REPLACE" || column.aggregate == "REPLACE_IF_NOT_NULL";
  });
}

// The engine's sentence where key columns are dropped that may not be.
std::string DropRefusal(const Table& table, bool all) {
  switch (table.key->model) {
    case KeyModel::kPrimary:
      return "Can not drop key column in primary data model table";
    case KeyModel::kUnique:
      return "Can not drop key column in Unique data model table";
    case KeyModel::kAggregate:
      if (HasReplacedValues(table)) {
        return "Can not drop key column when table has value column with REPLACE aggregation "
               "method";
      }
      break;
    case KeyModel::kDuplicate:
      break;
  }
  return all ? "No key column left" : "";
}

// Why key columns cannot become what is declared; empty where they can.
std::string KeyColumnsRefusal(const TableWork& work) {
  const KeyClause &now = *work.table.key, &wanted = *work.wanted.key;
  size_t dropped = 0;
  for (const std::string& name : now.columns) {
    if (Contains(wanted.columns, name)) continue;
    if (FindColumn(work.wanted, name) != nullptr) {
      return Cat("Column ", name, " cannot stop being a key");
    }
    ++dropped;
  }
  if (dropped > 0) {
    std::string refusal = DropRefusal(work.table, dropped == now.columns.size());
    if (!refusal.empty()) return refusal;
  }
  for (const std::string& name : wanted.columns) {
    if (Contains(now.columns, name)) continue;
    if (FindColumn(work.table, name) != nullptr) {
      return Cat("Column ", name, " cannot become a key");
    }
    if (work.primary()) return "Key columns of a primary key table cannot be added";
  }
  bool moved = work.primary() && FoldedNames(now.columns) != FoldedNames(wanted.columns);
  return moved ? "Primary key table do not support reorder table schema" : "";
}

// Keeps the key as it is, with the columns of both keys, so that the rest of the
// plan is about the rest.
void KeepKey(TableWork* work) {
  std::vector<Column>& columns = work->wanted.columns;
  std::vector<std::string> names = work->wanted.key->columns;
  names.insert(names.end(), work->table.key->columns.begin(), work->table.key->columns.end());
  for (const std::string& name : names) {
    const Column* there = FindColumn(work->table, name);
    Column* wanted = FindColumn(&work->wanted, name);
    if (there != nullptr && wanted != nullptr) {
      *wanted = *there;
    } else if (there != nullptr) {
      PutBackColumn(work->table, *there, &columns);
    } else {
      std::erase_if(columns, [&](const Column& one) { return Folded(one.name) == Folded(name); });
    }
  }
  work->wanted.key = work->table.key;
}

}  // namespace

void PlanKey(TableWork* work) {
  std::optional<KeyClause>&now = work->table.key, &wanted = work->wanted.key;
  if (!now) return;
  if (!wanted) {
    // The engine chose the key, and would choose the same again.
    if (now->model == KeyModel::kDuplicate) {
      wanted = now;
      std::erase_if(wanted->columns, [&](const std::string& name) {
        return FindColumn(work->wanted, name) == nullptr;
      });
      if (!wanted->columns.empty()) return;
    }
    wanted = KeyClause{KeyModel::kDuplicate, {}};
  }
  TableChange change{"key", PrintKey(*now), PrintKey(*wanted)};
  std::string reason;
  if (now->model != wanted->model) {
    reason = Cat("The key model of a table cannot be changed from ", Words(now->model), " to ",
                 Words(wanted->model));
  } else {
    reason = KeyColumnsRefusal(*work);
  }
  if (reason.empty()) return;
  work->plan.Refuse(change, reason, Cat("--rebuild ", work->name.name, " builds it anew."), true);
  KeepKey(work);
  for (Column& column : work->wanted.columns) {
    const Column* there = FindColumn(work->table, column.name);
    if (there != nullptr) column.aggregate = there->aggregate;
  }
}

}  // namespace stateserver::schema
