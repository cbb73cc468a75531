#include "server/schema/plan/struct_fields.h"

#include <algorithm>

#include "common/text.h"
#include "server/schema/parse/token_text.h"
#include "server/schema/print/print.h"

namespace stateserver::schema {
namespace {

using Kind = ColumnClause::Kind;

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
  std::vector<ColumnClause> clauses() { return std::move(clauses_); }

 private:
  static auto Find(std::vector<StructField>* fields, const std::string& name) {
    return std::find_if(fields->begin(), fields->end(), [&](const StructField& field) {
      return Folded(field.name) == Folded(name);
    });
  }

  // Before any is dropped: a STRUCT keeps one at least.
  void Add(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    for (size_t i = 0; i < to.fields.size(); ++i) {
      const StructField& field = to.fields[i];
      if (Find(fields, field.name) != fields->end()) continue;
      std::string place = i == 0 ? " FIRST" : Cat(" AFTER ", QuoteName(to.fields[i - 1].name));
      auto before = i == 0 ? fields->begin() : Find(fields, to.fields[i - 1].name) + 1;
      if (before == fields->end()) place.clear();
      fields->insert(before, field);
      Note(Kind::kAddField,
           Cat("ADD FIELD ", path, QuoteName(field.name), " ", PrintType(field.type), place));
    }
  }

  void Drop(const std::string& path, const DataType& to, std::vector<StructField>* fields) {
    for (size_t i = 0; i < fields->size();) {
      std::string name = (*fields)[i].name;
      bool wanted = std::any_of(to.fields.begin(), to.fields.end(), [&](const StructField& field) {
        return Folded(field.name) == Folded(name);
      });
      if (wanted) {
        ++i;
        continue;
      }
      fields->erase(fields->begin() + static_cast<std::ptrdiff_t>(i));
      Note(Kind::kDropField, Cat("DROP FIELD ", path, QuoteName(name)));
    }
  }

  void Note(Kind kind, const std::string& text) {
    ColumnClause clause;
    clause.kind = kind;
    clause.name = column_.name;
    clause.text = Cat("MODIFY COLUMN ", QuoteName(column_.name), " ", text);
    clause.instant = true;
    clause.column = column_;  // with the fields so far
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
