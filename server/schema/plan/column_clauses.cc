#include "server/schema/plan/column_clauses.h"

#include <algorithm>

#include "common/text.h"
#include "server/schema/compare/pairs.h"
#include "server/schema/parse/token_text.h"
#include "server/schema/plan/column_order.h"
#include "server/schema/plan/column_rules.h"
#include "server/schema/plan/struct_fields.h"
#include "server/schema/print/print_internal.h"

namespace stateserver::schema {
namespace {

using Kind = ColumnClause::Kind;

std::vector<std::string> Names(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(Folded(column.name));
  return names;
}

class Clauses {
 public:
  explicit Clauses(TableWork* work) : work_(*work), fast_(IsFast(work->table, work->engine)) {}

  std::vector<ColumnClause> All() {
    order_ = Names(work_.table.columns);
    Drop(false);
    Add();
    Modify();
    Drop(true);
    Indexes();
    return std::move(out_);
  }

 private:
  // --- clauses -------------------------------------------------------------------
  bool IsRead(const std::string& name) const {
    return std::any_of(
        work_.table.columns.begin(), work_.table.columns.end(),
        [&](const Column& column) { return column.generated && Reads(*column.generated, name); });
  }

  bool IsInRollup(const std::string& name) const {
    return std::any_of(work_.table.rollups.begin(), work_.table.rollups.end(),
                       [&](const Rollup& rollup) { return Contains(rollup.columns, name); });
  }

  // A column that a generated one reads goes after that one has changed.
  void Drop(bool read) {
    for (const Column& column : work_.table.columns) {
      if (FindColumn(work_.wanted, column.name) != nullptr || IsRead(column.name) != read) continue;
      ColumnClause clause;
      clause.kind = Kind::kDrop;
      clause.name = column.name;
      clause.text = Cat("DROP COLUMN ", QuoteName(column.name));
      bool key = IsKeyColumn(work_.table, column.name);
      clause.instant =
          fast_ && !key && !Contains(work_.table.order_by, column.name) && !IsInRollup(column.name);
      out_.push_back(clause);
      std::erase(order_, Folded(column.name));
      std::string what = key ? Cat("drops key column ", column.name)
                             : Cat("drops column ", column.name, " with its data");
      work_.plan.Warn(Cat("column ", column.name), LooksRenamed(column, what));
    }
  }

  // A column of the same type at the same place is a rename, as a rule.
  std::string LooksRenamed(const Column& dropped, const std::string& otherwise) const {
    auto place = [](const Table& table, const std::string& name) {
      size_t at = 0;
      while (at < table.columns.size() && table.columns[at].name != name) ++at;
      return at;
    };
    size_t at = place(work_.table, dropped.name);
    if (at >= work_.wanted.columns.size()) return otherwise;
    const Column& candidate = work_.wanted.columns[at];
    if (FindColumn(work_.table, candidate.name) != nullptr || candidate.type != dropped.type) {
      return otherwise;
    }
    return Cat("looks like a rename of ", dropped.name, " to ", candidate.name,
               " (same type and position); data of ", dropped.name,
               " is lost without a rename hint");
  }

  Column Marked(Column column, bool with_key) const {
    column.key = with_key && !work_.primary() && IsKeyColumn(work_.wanted, column.name);
    return column;
  }

  // The wanted column before the i-th that is there already; empty: none.
  std::string Before(size_t i) const {
    while (i-- > 0) {
      std::string name = Folded(work_.wanted.columns[i].name);
      if (std::find(order_.begin(), order_.end(), name) != order_.end()) {
        return work_.wanted.columns[i].name;
      }
    }
    return "";
  }

  void Insert(const std::string& name, const std::string& after) {
    auto at = std::find(order_.begin(), order_.end(), Folded(after));
    order_.insert(at == order_.end() ? order_.begin() : at + 1, Folded(name));
  }

  // A column without a place goes before the generated ones.
  bool HasGenerated() const {
    return std::any_of(order_.begin(), order_.end(), [&](const std::string& name) {
      const Column* column = FindColumn(work_.table, name);
      if (column == nullptr) column = FindColumn(work_.wanted, name);
      return column != nullptr && column->generated.has_value();
    });
  }

  void Add() {
    for (size_t i = 0; i < work_.wanted.columns.size(); ++i) {
      const Column& column = work_.wanted.columns[i];
      if (FindColumn(work_.table, column.name) != nullptr) continue;
      ColumnClause clause;
      clause.kind = Kind::kAdd;
      clause.name = column.name;
      clause.column = Marked(column, true);
      clause.text = Cat("ADD COLUMN ", PrintColumn(clause.column));
      clause.instant = fast_ && !clause.column.key && !column.generated;
      if (column.generated) NoteReads(column, &clause);
      Place(i, &clause);
      clause.column.key = false;
      out_.push_back(std::move(clause));
    }
  }

  void Place(size_t i, ColumnClause* clause) {
    if (clause->column.generated) {
      order_.push_back(Folded(clause->name));  // the engine puts it last
      return;
    }
    std::string before = Before(i);
    bool last = !order_.empty() && Folded(before) == order_.back();
    if (!last || clause->column.key || HasGenerated()) {
      clause->first = before.empty();
      clause->after = before;
      clause->text += before.empty() ? " FIRST" : Cat(" AFTER ", QuoteName(before));
    }
    Insert(clause->name, before);
  }

  void NoteReads(const Column& column, ColumnClause* clause) const {
    for (const Column& one : work_.wanted.columns) {
      if (Reads(*column.generated, one.name)) clause->reads.push_back(one.name);
    }
  }

  // Columns that are changed, or stand elsewhere. Key columns move by ORDER BY.
  void Modify() {
    std::vector<std::string> wanted = Names(work_.wanted.columns);
    std::vector<std::string> staying = Staying(order_, wanted);
    for (size_t i = 0; i < work_.wanted.columns.size(); ++i) {
      const Column& column = work_.wanted.columns[i];
      const Column* there = FindColumn(work_.table, column.name);
      if (there == nullptr && !column.generated) continue;
      bool moved = std::find(staying.begin(), staying.end(), Folded(column.name)) == staying.end();
      moved = moved && MayMove(column, i);
      if (there == nullptr) {
        if (moved) Move(column, i);
      } else {
        Change(*there, column, i, moved);
      }
    }
  }

  bool MayMove(const Column& column, size_t i) const {
    if (IsKeyColumn(work_.wanted, column.name) || i == 0) return false;
    return column.generated || !work_.wanted.columns[i - 1].generated;
  }

  void Change(const Column& from, const Column& to, size_t i, bool moved) {
    bool changed = NormalColumnText(from) != NormalColumnText(to);
    if (auto fields = FieldClauses(from, to); changed && fields && !fields->empty()) {
      for (ColumnClause& clause : *fields) {
        if (clause.kind == Kind::kDropField) {
          work_.plan.Warn(Cat("column ", to.name),
                          Cat("drops a field of ", to.name, " with its data"));
        }
        out_.push_back(std::move(clause));
      }
      changed = from.comment != to.comment;
    }
    if (changed || moved) Move(to, i, moved);
  }

  void Move(const Column& column, size_t i, bool moved = true) {
    ColumnClause clause;
    clause.kind = Kind::kModify;
    clause.name = column.name;
    clause.column = column;
    clause.text = Cat("MODIFY COLUMN ", PrintColumn(Marked(column, true)));
    if (column.generated) NoteReads(column, &clause);
    if (moved) {
      clause.after = work_.wanted.columns[i - 1].name;
      AppendTo(&clause.text, " AFTER ", QuoteName(clause.after));
    }
    out_.push_back(std::move(clause));
  }

  void Indexes() {
    auto gone = [&](const Index& index) {
      return std::any_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
        return FindColumn(work_.wanted, name) == nullptr;
      });
    };
    std::vector<ColumnClause> added;
    ForEachPair(work_.table.indexes, work_.wanted.indexes,
                [&](const Index* live, const Index* wanted) {
                  if (live != nullptr && wanted != nullptr && Same(*live, *wanted)) return;
                  if (live != nullptr && !gone(*live)) {
                    out_.push_back(IndexClause(Kind::kDropIndex, *live));
                  }
                  if (wanted != nullptr && !gone(*wanted))
                    added.push_back(IndexClause(Kind::kAddIndex, *wanted));
                });
    for (ColumnClause& clause : added) out_.push_back(std::move(clause));
  }

  static bool Same(const Index& a, const Index& b) {
    Index left = a, right = b;
    left.name = right.name = "";
    for (std::string& column : left.columns) column = Folded(column);
    for (std::string& column : right.columns) column = Folded(column);
    return left == right;
  }

  static ColumnClause IndexClause(Kind kind, const Index& index) {
    ColumnClause clause;
    clause.kind = kind;
    clause.name = index.name;
    clause.index = index;
    clause.reads = index.columns;
    clause.text = kind == Kind::kAddIndex ? Cat("ADD ", PrintIndex(index))
                                          : Cat("DROP INDEX ", QuoteName(index.name));
    return clause;
  }

  TableWork& work_;
  const bool fast_;
  std::vector<std::string> order_;  // the columns so far, in lower case
  std::vector<ColumnClause> out_;
};

}  // namespace

std::vector<ColumnClause> ColumnClauses(TableWork* work) { return Clauses(work).All(); }

}  // namespace stateserver::schema
