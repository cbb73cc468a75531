// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/struct_fields.h"

#include <iterator>
#include <list>
#include <map>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print.h"

namespace stateserver::schema {
namespace {

using Kind = ColumnClause::Kind;

// Every clause repeats the path to its field.
constexpr size_t kMostPathBytes = 4096;

class Fields {
 public:
  explicit Fields(Column column) : column_(std::move(column)) {}

  // `now` is a part of the column's type and becomes `to`.
  bool Change(const std::string& path, DataType* now, const DataType& to) {
    if (*now == to) return true;
    if (now->name != to.name) return false;
    if (now->name == "ARRAY") return Change(path + "[*].", &now->fields[0].type, to.fields[0].type);
    if (now->name != "STRUCT") return false;
    std::vector<StructField>& fields = now->fields;
    if (path.size() > kMostPathBytes) return false;
    Add(path, to, &fields);
    Drop(path, to, &fields);
    if (fields.size() != to.fields.size()) return false;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (Folded(fields[i].name) != Folded(to.fields[i].name)) return false;
      if (!Change(Cat(path, QuoteName(fields[i].name), "."), &fields[i].type, to.fields[i].type)) {
        return false;
      }
    }
    return true;
  }

  Column& column() { return column_; }
  // The last has the column with all of its fields, which come and go in one statement.
  std::vector<ColumnClause> clauses() {
    if (!clauses_.empty()) clauses_.back().column = column_;
    return std::move(clauses_);
  }

 private:
  // Before any is dropped: a STRUCT keeps one at least.
  void Add(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    std::list<StructField> now(std::make_move_iterator(fields->begin()),
                               std::make_move_iterator(fields->end()));
    std::map<std::string, std::list<StructField>::iterator> places;
    for (auto at = now.begin(); at != now.end(); ++at) places.emplace(Folded(at->name), at);
    for (size_t i = 0; i < to.fields.size(); ++i) {
      const StructField& field = to.fields[i];
      std::string name = Folded(field.name);
      if (places.contains(name)) continue;
      std::string place = i == 0 ? " FIRST" : Cat(" AFTER ", QuoteName(to.fields[i - 1].name));
      auto before = i == 0 ? now.begin() : std::next(places.at(Folded(to.fields[i - 1].name)));
      if (before == now.end()) place.clear();
      places.emplace(name, now.insert(before, field));
      Note(Kind::kAddField,
           Cat("ADD FIELD ", path, QuoteName(field.name), " ", PrintType(field.type), place));
    }
    fields->assign(std::make_move_iterator(now.begin()), std::make_move_iterator(now.end()));
  }

  void Drop(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    std::set<std::string> wanted;
    for (const StructField& field : to.fields) wanted.insert(Folded(field.name));
    std::erase_if(*fields, [&](const StructField& field) {
      if (wanted.contains(Folded(field.name))) return false;
      Note(Kind::kDropField, Cat("DROP FIELD ", path, QuoteName(field.name)));
      return true;
    });
  }

  void Note(Kind kind, const std::string& text) {
    ColumnClause clause;
    clause.kind = kind;
    clause.name = column_.name;
    clause.text = Cat("MODIFY COLUMN ", QuoteName(column_.name), " ", text);
    clause.instant = true;
    clauses_.push_back(std::move(clause));
  }

  Column column_;
  std::vector<ColumnClause> clauses_;
};

}  // namespace

std::optional<std::vector<ColumnClause>> FieldClauses(const Column& from, const Column& to) {
  Column same = from;
  same.type = to.type;
  same.comment = to.comment;
  same.name = to.name;
  if (!from.type || !to.type || NormalColumnText(same) != NormalColumnText(to)) return std::nullopt;
  Fields fields(from);
  if (!fields.Change("", &*fields.column().type, *to.type)) return std::nullopt;
  return fields.clauses();
}

}  // namespace stateserver::schema
