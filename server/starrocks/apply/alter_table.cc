// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/apply/alter.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/expressions.h"
#include "server/starrocks/apply/partitions.h"
#include "server/starrocks/apply/properties.h"
#include "server/starrocks/apply/schema_change.h"
#include "server/starrocks/apply/types.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::apply {
namespace {

using schema::Column;
using schema::Feature;
using schema::KeyModel;

// The engine's name of the operation of a clause.
std::string_view OperationOf(const Clause& clause) {
  if (ChangesSchema(clause)) return "SCHEMA_CHANGE";
  if (std::holds_alternative<SwapTable>(clause)) return "SWAP";
  if (std::holds_alternative<CommentTable>(clause)) return "ALTER_COMMENT";
  if (std::holds_alternative<SetProperties>(clause)) return "MODIFY_TABLE_PROPERTY";
  if (std::holds_alternative<Redistribute>(clause)) return "OPTIMIZE";
  if (std::holds_alternative<AddRollups>(clause)) return "ADD_ROLLUP";
  if (std::holds_alternative<DropRollups>(clause)) return "DROP_ROLLUP";
  if (std::holds_alternative<AddPartition>(clause)) return "ADD_PARTITION";
  if (std::holds_alternative<DropPartitions>(clause)) return "DROP_PARTITION";
  if (std::holds_alternative<ModifyPartitions>(clause)) return "MODIFY_PARTITION";
  if (std::holds_alternative<TruncatePartitions>(clause)) return "TRUNCATE_PARTITION";
  return "RENAME";
}

Verdict CheckOperations(const std::vector<Clause>& clauses) {
  std::string_view previous;
  for (const Clause& clause : clauses) {
    std::string_view operation = OperationOf(clause);
    bool combines =
        operation == "SCHEMA_CHANGE" || operation == "ADD_ROLLUP" || operation == "DROP_ROLLUP";
    if (!previous.empty() && (operation != previous || !combines)) {
      return RefusedByAnalysis(
          Cat("Alter operation ", operation, " conflicts with operation ", previous));
    }
    previous = operation;
  }
  return Taken();
}

Verdict CheckClauseFeature(const Clause& clause, const schema::Engine& engine) {
  if (std::holds_alternative<RenameColumn>(clause)) {
    return CheckFeature(Feature::kRenameColumn, engine);
  }
  if (std::holds_alternative<CommentTable>(clause)) {
    return CheckFeature(Feature::kAlterTableComment, engine);
  }
  if (std::holds_alternative<CommentColumn>(clause)) {
    return CheckFeature(Feature::kColumnCommentClause, engine);
  }
  if (std::holds_alternative<ChangeField>(clause)) {
    return CheckFeature(Feature::kStructFields, engine);
  }
  if (const auto* one = std::get_if<Redistribute>(&clause)) {
    return CheckFeature(one->default_buckets ? Feature::kDefaultBuckets : Feature::kRedistribute,
                        engine);
  }
  return Taken();
}

Verdict CheckKind(const Entry& entry, const AlterTable& alter, const std::string& database) {
  const std::string& name = alter.name.name;
  if (entry.view() != nullptr) {
    return RefusedByAnalysis(
        Cat("Do not support alter non-native table/materialized-view[", database, ".", name, "]"));
  }
  if (entry.materialized() == nullptr) return Taken();
  bool allowed = std::all_of(alter.clauses.begin(), alter.clauses.end(), [](const Clause& clause) {
    const auto* set = std::get_if<SetProperties>(&clause);
    bool bloom = set != nullptr && set->properties[0].first == "bloom_filter_columns";
    return bloom || std::holds_alternative<AddIndex>(clause) ||
           std::holds_alternative<DropIndex>(clause);
  });
  if (allowed) return Unknown("the indexes of a materialized view");
  return RefusedByAnalysis(
      Cat("The '", name,
          "' cannot be alter by 'ALTER TABLE', because it is a materialized view,you can use "
          "'ALTER MATERIALIZED VIEW' to alter it."));
}

// Replaces the name of a column in an expression.
std::string Renamed(const std::string& text, const std::string& old_name,
                    const std::string& new_name) {
  schema::Lexed lexed = schema::Lex(text, "expression");
  if (lexed.error) return text;
  lexed.tokens.pop_back();
  for (schema::Token& token : lexed.tokens) {
    if (!token.IsName() || !EqualIgnoringCase(token.value, old_name)) continue;
    token.kind = schema::Token::Kind::kQuotedName;
    token.value = new_name;
  }
  return schema::NormalText(lexed.tokens.data(), lexed.tokens.data() + lexed.tokens.size());
}

class TableAlterer {
 public:
  TableAlterer(const AlterTable& alter, const schema::Engine& engine, Catalog* catalog)
      : alter_(alter), engine_(engine), catalog_(*catalog), name_(alter.name.name) {}

  Verdict Alter() {
    Entry* entry = catalog_.Find(name_);
    if (entry == nullptr) {
      auto unread = catalog_.unread.find(name_);
      if (unread != catalog_.unread.end()) return Unknown(Cat(name_, ": ", unread->second));
      if (!catalog_.Lacks(name_)) return Unknown(Cat("the table ", name_));
      return RefusedByAnalysis(Cat("Table ", name_, " is not found"));
    }
    RETURN_UNLESS_TAKEN(CheckKind(*entry, alter_, catalog_.database));
    RETURN_UNLESS_TAKEN(CheckOperations(alter_.clauses));
    if (!entry->unknown.empty()) return Unknown(entry->unknown);
    const TableState& table = *entry->table();
    if (table.table.engine != "OLAP") {
      return RefusedByAnalysis(Cat("Do not support alter non-native table/materialized-view[",
                                   catalog_.database, ".", name_, "]"));
    }
    for (const Clause& clause : alter_.clauses) {
      RETURN_UNLESS_TAKEN(CheckClauseFeature(clause, engine_));
      RETURN_UNLESS_TAKEN(AnalyzeClause(clause, table, name_));
    }
    if (ChangesSchema(alter_.clauses[0])) return ChangeSchema(table);
    for (const Clause& clause : alter_.clauses) RETURN_UNLESS_TAKEN(One(clause));
    return Taken();
  }

 private:
  TableState& Table() { return *catalog_.Find(name_)->table(); }

  Verdict ChangeSchema(const TableState& table) {
    Change change(catalog_.database, name_, table);
    for (const Clause& clause : alter_.clauses) {
      RETURN_UNLESS_TAKEN(ApplyClause(clause, alter_.clauses.size(), &change));
    }
    if (!std::holds_alternative<CommentColumn>(alter_.clauses[0])) {
      RETURN_UNLESS_TAKEN(CheckResult(change));
    }
    TableState after = std::move(change.after);
    after.table.key->columns.clear();
    for (const Column& column : after.table.columns) {
      if (column.key) after.table.key->columns.push_back(column.name);
    }
    Table() = std::move(after);
    return Taken();
  }

  Verdict One(const Clause& clause) {
    if (const auto* one = std::get_if<RenameColumn>(&clause)) return Rename(*one);
    if (const auto* one = std::get_if<RenameTable>(&clause)) return Rename(*one);
    if (const auto* one = std::get_if<RenameRollup>(&clause)) return Rename(*one);
    if (const auto* one = std::get_if<SwapTable>(&clause)) return Swap(*one);
    if (const auto* one = std::get_if<Redistribute>(&clause)) return Rewrite(*one);
    if (const auto* one = std::get_if<AddRollups>(&clause)) return AddAll(*one);
    if (const auto* one = std::get_if<DropRollups>(&clause)) return DropAll(*one);
    TableState& table = Table();
    if (const auto* one = std::get_if<CommentTable>(&clause)) {
      table.table.comment = one->comment;
      return Taken();
    }
    if (const auto* one = std::get_if<SetProperties>(&clause)) {
      return ApplySet(*one, {catalog_, engine_, name_}, &table);
    }
    if (const auto* one = std::get_if<AddPartition>(&clause))
      return ApplyAddPartition(*one, &table);
    if (const auto* one = std::get_if<DropPartitions>(&clause)) {
      return ApplyDropPartitions(*one, name_, &table);
    }
    if (const auto* one = std::get_if<RenamePartition>(&clause)) {
      return ApplyRenamePartition(*one, name_, &table);
    }
    if (const auto* one = std::get_if<ModifyPartitions>(&clause)) {
      return CheckModifyPartitions(*one, name_, table);
    }
    return CheckTruncatePartitions(std::get<TruncatePartitions>(clause), table);
  }

  Verdict Rename(const RenameColumn& clause) {
    TableState& table = Table();
    const Column* column = table.Find(clause.old_name);
    if (column == nullptr) {
      return Refused(Cat("Unknown column '", clause.old_name, "' in '", name_, "'"));
    }
    if (table.Find(clause.new_name) != nullptr) {
      return Refused(Cat("Duplicate column name '", clause.new_name, "'"));
    }
    const std::string old_name = column->name;
    RETURN_UNLESS_TAKEN(CheckViewsOf(table, catalog_.database, name_, old_name));
    auto created = table.created_as.extract(Lower(old_name));
    table.created_as[Lower(clause.new_name)] = created.empty() ? old_name : created.mapped();
    auto rename = [&](std::vector<std::string>* names) {
      for (std::string& one : *names) {
        if (EqualIgnoringCase(one, old_name)) one = clause.new_name;
      }
    };
    for (Column& one : table.table.columns) {
      if (one.name == old_name) one.name = clause.new_name;
      if (one.generated) one.generated = Renamed(*one.generated, old_name, clause.new_name);
    }
    rename(&table.table.key->columns);
    rename(&table.table.distribution->columns);
    rename(&table.table.order_by);
    for (schema::Index& index : table.table.indexes) rename(&index.columns);
    for (schema::Rollup& rollup : table.table.rollups) rename(&rollup.columns);
    if (table.table.partitioning) {
      for (std::string& term : table.table.partitioning->terms) {
        term = EqualIgnoringCase(term, old_name) ? clause.new_name
                                                 : Renamed(term, old_name, clause.new_name);
      }
    }
    auto bloom = table.table.properties.find("bloom_filter_columns");
    if (bloom != table.table.properties.end()) {
      bloom->second = Renamed(bloom->second, old_name, clause.new_name);
      std::erase(bloom->second, '`');
    }
    return Taken();
  }

  Verdict Rename(const RenameTable& clause) {
    if (clause.new_name == name_) {
      return RefusedByAnalysis(Cat("Same table name ", clause.new_name));
    }
    if (catalog_.Has(clause.new_name)) {
      return Refused(Cat("Table name[", clause.new_name, "] is already used"));
    }
    if (HasRollup(clause.new_name)) {
      return Refused(Cat("New name conflicts with rollup index name: ", clause.new_name));
    }
    auto node = catalog_.objects.extract(name_);
    node.key() = clause.new_name;
    catalog_.objects.insert(std::move(node));
    return Taken();
  }

  bool HasRollup(const std::string& name) {
    const TableState& table = Table();
    auto is = [&](const auto& one) { return one.name == name; };
    return std::any_of(table.table.rollups.begin(), table.table.rollups.end(), is) ||
           std::any_of(table.views.begin(), table.views.end(), is);
  }

  Verdict Rename(const RenameRollup& clause) {
    if (!HasRollup(clause.old_name)) {
      return Refused(Cat("Rollup index[", clause.old_name, "] does not exists"));
    }
    if (clause.new_name == name_ || HasRollup(clause.new_name)) {
      return Refused(Cat("Rollup name[", clause.new_name, "] is already used"));
    }
    for (schema::Rollup& one : Table().table.rollups) {
      if (one.name == clause.old_name) one.name = clause.new_name;
    }
    for (SynchronousView& one : Table().views) {
      if (one.name == clause.old_name) one.name = clause.new_name;
    }
    return Taken();
  }

  Verdict Swap(const SwapTable& clause) {
    RETURN_UNLESS_TAKEN(CheckFeature(Feature::kTableSwap, engine_));
    if (clause.other == name_) {
      return Refused(Cat("New name conflicts with rollup index name: ", name_));
    }
    Entry* other = catalog_.Find(clause.other);
    if (other == nullptr && !catalog_.Lacks(clause.other)) {
      return Unknown(Cat("the table ", clause.other));
    }
    if (other == nullptr || other->table() == nullptr) {
      return Refused(Cat("Table ", clause.other, " does not exist or is not OLAP/LAKE table"));
    }
    std::swap(*catalog_.Find(name_), *other);
    return Taken();
  }

  Verdict Rewrite(const Redistribute& clause) {
    if (clause.key) {
      return RefusedByAnalysis("not support change keys type when optimize table");
    }
    if (clause.listed_partitioning) {
      return RefusedByAnalysis("Unsupported partition type for merge partitions");
    }
    if (!clause.distribution) return Unknown("the merge of partitions");
    TableState& table = Table();
    const schema::Distribution& wanted = *clause.distribution;
    schema::Distribution& now = *table.table.distribution;
    const schema::Properties& properties = table.table.properties;
    RETURN_UNLESS_TAKEN(table.CheckKnown("colocate_with"));
    RETURN_UNLESS_TAKEN(table.CheckKnown("bucket_size"));
    if (properties.contains("colocate_with")) {
      return RefusedByAnalysis("Optimize table in colocate group is not supported");
    }
    if (clause.default_buckets && now.random) {
      return RefusedByAnalysis("Only support hash distribution tables");
    }
    if (wanted.random && !table.Is(KeyModel::kDuplicate)) {
      bool aggregate = table.Is(KeyModel::kAggregate);
      std::string_view model = aggregate                     ? "AGG_KEYS"
                               : table.Is(KeyModel::kUnique) ? "UNIQUE KEY"
                                                             : "PRIMARY KEY";
      return RefusedByAnalysis(Cat(model, " must use hash distribution"));
    }
    auto size = properties.find("bucket_size");
    if (now.random && size != properties.end() && size->second != "0") {
      return RefusedByAnalysis(
          "Random distribution table already supports automatic scaling and does not require "
          "optimization");
    }
    if (!wanted.random) RETURN_UNLESS_TAKEN(CheckHashColumns(wanted, table, false));
    RETURN_UNLESS_TAKEN(CheckDefault(clause, wanted, now));
    for (const std::string& name : wanted.columns) {
      const Column* column = table.Find(name);
      if (table.Is(KeyModel::kDuplicate) || column->key) continue;
      // Accepted, but the job is cancelled.
      return Refused(
          Cat("create temp partitions failed java.lang.RuntimeException: create "
              "partitions failed: Distribution column[",
              name, "] is not key column"));
    }
    now = wanted;
    return Taken();
  }

  static Verdict CheckDefault(const Redistribute& clause, const schema::Distribution& wanted,
                              const schema::Distribution& now) {
    bool same = std::equal(wanted.columns.begin(), wanted.columns.end(), now.columns.begin(),
                           now.columns.end(),
                           [](const auto& a, const auto& b) { return EqualIgnoringCase(a, b); });
    if (!clause.default_buckets || same) return Taken();
    auto joined = [](const std::vector<std::string>& names) {
      std::string text;
      for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", name);
      return text;
    };
    return RefusedByAnalysis(Cat("Distribution columns mismatch: [", joined(wanted.columns),
                                 "] vs [", joined(now.columns), "]"));
  }

  Verdict AddAll(const AddRollups& clause) {
    TableState after = Table();
    for (const schema::Rollup& rollup : clause.rollups) {
      if (rollup.name == name_) {
        return Refused(Cat("Rollup name should be different with base table:", rollup.name));
      }
      bool twice = std::any_of(after.table.rollups.begin(), after.table.rollups.end(),
                               [&](const auto& one) { return one.name == rollup.name; });
      if (HasRollup(rollup.name) || twice) {
        return Refused(Cat("Rollup index[", rollup.name, "] already exists"));
      }
      RETURN_UNLESS_TAKEN(CheckRollup(rollup, after, name_));
      after.table.rollups.push_back(rollup);
    }
    Table() = std::move(after);
    return Taken();
  }

  Verdict DropAll(const DropRollups& clause) {
    for (const std::string& name : clause.names) {
      if (HasRollup(name)) continue;
      return Refused(Cat("Materialized view [", name, "] does not exist in table [", name_, "]"));
    }
    for (const std::string& name : clause.names) {
      std::erase_if(Table().table.rollups, [&](const auto& one) { return one.name == name; });
      std::erase_if(Table().views, [&](const auto& one) { return one.name == name; });
    }
    return Taken();
  }

  const AlterTable& alter_;
  const schema::Engine& engine_;
  Catalog& catalog_;
  const std::string& name_;
};

}  // namespace

Verdict CheckRollup(const schema::Rollup& rollup, const TableState& table,
                    const std::string& name) {
  if (table.Is(KeyModel::kPrimary)) {
    return Refused(Cat("Do not support add rollup on primary key table[", name, "]"));
  }
  bool value = false;
  size_t keys = 0;
  for (const std::string& written : rollup.columns) {
    const Column* column = table.Find(written);
    if (column == nullptr) {
      return Refused(Cat("Column[", written, "] does not exist in base index"));
    }
    if (column->key && value && !table.Is(KeyModel::kDuplicate)) {
      return Refused("Invalid column order. value should be after key");
    }
    value = value || !column->key;
    keys += column->key ? 1 : 0;
  }
  const Column* first = table.Find(rollup.columns[0]);
  if (table.Is(KeyModel::kDuplicate)) {
    if (CanBeKey(first->type)) return Taken();
    return Refused(Cat("Data type of first column cannot be ", MessageType(*first)));
  }
  if (keys == 0) return Refused("No key column is found");
  if (table.Is(KeyModel::kUnique) && keys < table.table.key->columns.size()) {
    return Refused("Rollup should contains all unique keys in basetable");
  }
  return Taken();
}

Verdict ApplyAlterTable(const AlterTable& alter, const schema::Engine& engine, Catalog* catalog) {
  return TableAlterer(alter, engine, catalog).Alter();
}

}  // namespace stateserver::apply
