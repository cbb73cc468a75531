// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_clauses.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_rules.h"

namespace stateserver::schema {

namespace {

void InsertFolded(const std::vector<std::string>& names, std::set<std::string>* out) {
  for (const std::string& name : names) out->insert(Folded(name));
}

// Returns the names of `order` that keep their positions when the others are moved to produce
// `wanted`, a permutation of it: as many as possible, and of several such sets the one that begins
// first.
std::vector<std::string> Staying(const std::vector<std::string>& order,
                                 const std::vector<std::string>& wanted) {
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < wanted.size(); ++i) place[wanted[i]] = i;
  // Run is the longest ascending run from a name on, computed from the end. `best` holds, for each
  // position, the longest run that begins there or later, and of equally long ones the first.
  struct Run {
    size_t length = 0, begin = 0;
  };
  std::map<size_t, Run> best;
  std::vector<size_t> next(order.size(), order.size());
  for (size_t i = order.size(); i-- > 0;) {
    size_t at = place[order[i]];
    auto behind = best.upper_bound(at);
    Run run{1, i};
    if (behind != best.end()) {
      run.length = behind->second.length + 1;
      next[i] = behind->second.begin;
    }
    // Runs that begin before it and are not longer are no longer useful.
    auto from = best.upper_bound(at);
    while (from != best.begin() && std::prev(from)->second.length <= run.length) {
      from = best.erase(std::prev(from));
    }
    best.emplace(at, run);
  }
  std::vector<std::string> staying;
  if (best.empty()) return staying;
  for (size_t i = best.begin()->second.begin; i < order.size(); i = next[i]) {
    staying.push_back(order[i]);
  }
  return staying;
}

using Kind = ColumnClause::Kind;

std::vector<std::string> Names(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(Folded(column.name));
  return names;
}

class Clauses {
 public:
  explicit Clauses(TableWork* work)
      : work_(*work),
        fast_(IsFast(work->table, work->engine)),
        table_(work->table),
        wanted_(work->wanted) {}

  std::vector<ColumnClause> All() {
    for (const std::string& name : Names(work_.table.columns)) {
      places_.emplace(name, order_.insert(order_.end(), name));
    }
    for (const Column& column : work_.table.columns) generated_ += column.generated.has_value();
    Drop(false);
    Add(/*generated=*/false);
    Modify();
    // What a generated column reads cannot be changed while it exists.
    Add(/*generated=*/true);
    Drop(true);
    Indexes();
    return std::move(out_);
  }

 private:
  // A column that a generated column reads is dropped after the latter has changed.
  void Drop(bool read) {
    for (size_t i = 0; i < work_.table.columns.size(); ++i) {
      const Column& column = work_.table.columns[i];
      if (wanted_.Has(column.name) || !table_.Reader(column.name).empty() != read) continue;
      ColumnClause clause;
      clause.kind = Kind::kDrop;
      clause.name = column.name;
      clause.text = Cat("DROP COLUMN ", QuoteName(column.name));
      bool key = table_.IsKey(column.name);
      clause.instant =
          fast_ && !key && !table_.IsSort(column.name) && !table_.IsInRollup(column.name);
      out_.push_back(clause);
      if (auto place = places_.find(Folded(column.name)); place != places_.end()) {
        order_.erase(place->second);
        places_.erase(place);
        generated_ -= column.generated.has_value();
      }
      std::string what = key ? Cat("drops key column ", column.name)
                             : Cat("drops column ", column.name, " with its data");
      work_.plan.Warn(Cat("column ", column.name), LooksRenamed(column, i, what));
    }
  }

  // A column of the same type at the same position is usually a rename.
  std::string LooksRenamed(const Column& dropped, size_t at, const std::string& otherwise) const {
    if (at >= work_.wanted.columns.size()) return otherwise;
    const Column& candidate = work_.wanted.columns[at];
    bool is_new =
        !table_.Has(candidate.name) || work_.options.added_columns.contains(Folded(candidate.name));
    if (!is_new || candidate.type != dropped.type) {
      return otherwise;
    }
    return Cat("looks like a rename of ", dropped.name, " to ", candidate.name,
               " (same type and position); data of ", dropped.name,
               " is lost without a rename hint");
  }

  Column Marked(Column column, bool with_key) const {
    column.key = with_key && !work_.primary() && wanted_.IsKey(column.name);
    return column;
  }

  // Returns the nearest existing wanted column before the i-th, or "".
  std::string Before(size_t i) const {
    while (i-- > 0) {
      if (places_.contains(Folded(work_.wanted.columns[i].name))) {
        return work_.wanted.columns[i].name;
      }
    }
    return "";
  }

  // Inserts the name after `after`, or first if that is empty.
  void Insert(const std::string& name, const std::string& after) {
    auto behind = places_.find(Folded(after));
    auto at = behind == places_.end() ? order_.begin() : std::next(behind->second);
    places_.emplace(Folded(name), order_.insert(at, Folded(name)));
  }

  void Add(bool generated) {
    for (size_t i = 0; i < work_.wanted.columns.size(); ++i) {
      const Column& column = work_.wanted.columns[i];
      if (table_.Has(column.name) || column.generated.has_value() != generated) continue;
      ColumnClause clause;
      clause.kind = Kind::kAdd;
      clause.name = column.name;
      clause.column = Marked(column, true);
      clause.text = Cat("ADD COLUMN ", PrintColumn(clause.column));
      clause.instant = fast_ && !clause.column.key && !column.generated;
      if (column.generated) clause.reads = wanted_.ReadBy(*column.generated);
      Place(i, &clause);
      clause.column.key = false;
      out_.push_back(std::move(clause));
    }
  }

  void Place(size_t i, ColumnClause* clause) {
    if (clause->column.generated) {
      // The engine adds it at the end.
      places_.emplace(Folded(clause->name), order_.insert(order_.end(), Folded(clause->name)));
      ++generated_;
      return;
    }
    std::string before = Before(i);
    bool last = !order_.empty() && Folded(before) == order_.back();
    // A column without a position is inserted before the generated ones.
    if (!last || clause->column.key || generated_ > 0) {
      clause->first = before.empty();
      clause->after = before;
      clause->text += before.empty() ? " FIRST" : Cat(" AFTER ", QuoteName(before));
    }
    Insert(clause->name, before);
  }

  // Modifies columns that change or move. Key columns move by ORDER BY.
  void Modify() {
    std::vector<std::string> wanted = Names(work_.wanted.columns);
    std::vector<std::string> stays = Staying({order_.begin(), order_.end()}, wanted);
    std::set<std::string> staying(stays.begin(), stays.end());
    for (size_t i = 0; i < work_.wanted.columns.size(); ++i) {
      const Column& column = work_.wanted.columns[i];
      const Column* there = table_.Find(column.name);
      if (there == nullptr) continue;
      if (!work_.MayContinue()) return;
      bool moved = !staying.contains(Folded(column.name));
      moved = moved && MayMove(column, i);
      Change(*there, column, i, moved);
    }
  }

  // The engine moves neither generated columns nor what they read, nor the sort columns of a
  // primary key table.
  bool MayMove(const Column& column, size_t i) const {
    if (wanted_.IsKey(column.name) || i == 0 || column.generated) return false;
    if (work_.primary() && table_.IsSort(column.name)) return false;
    return table_.Reader(column.name).empty() && !work_.wanted.columns[i - 1].generated;
  }

  void Change(const Column& from, const Column& to, size_t i, bool moved) {
    bool changed = NormalColumnText(from) != NormalColumnText(to);
    if (auto fields = FieldClauses(from, to); changed && fields && !fields->empty()) {
      // After a change of fields, the engine accepts no MODIFY of the whole type.
      Column before = from;
      before.comment = to.comment;
      if (moved || from.comment != to.comment) Move(before, i, moved);
      for (ColumnClause& clause : *fields) {
        if (clause.kind == Kind::kDropField) {
          work_.plan.Warn(Cat("column ", to.name),
                          Cat("drops a field of ", to.name, " with its data"));
        }
        out_.push_back(std::move(clause));
      }
      return;
    }
    if (changed || moved) Move(to, i, moved);
  }

  void Move(const Column& column, size_t i, bool moved = true) {
    ColumnClause clause;
    clause.kind = Kind::kModify;
    clause.name = column.name;
    clause.column = column;
    clause.text = Cat("MODIFY COLUMN ", PrintColumn(Marked(column, true)));
    if (column.generated) clause.reads = wanted_.ReadBy(*column.generated);
    if (moved) {
      clause.after = work_.wanted.columns[i - 1].name;
      AppendTo(&clause.text, " AFTER ", QuoteName(clause.after));
    }
    out_.push_back(std::move(clause));
  }

  void Indexes() {
    auto gone = [&](const Index& index) {
      return std::any_of(index.columns.begin(), index.columns.end(),
                         [&](const std::string& name) { return !wanted_.Has(name); });
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
  const ColumnLookup table_, wanted_;
  // The columns so far, in lower case, the position of each, and the number of generated ones.
  std::list<std::string> order_;
  std::unordered_map<std::string, std::list<std::string>::iterator> places_;
  int generated_ = 0;
  std::vector<ColumnClause> out_;
};

// Returns the words and quoted names of an expression, in lower case.
std::set<std::string> WordsOf(const std::string& expression) {
  std::set<std::string> words;
  for (const Token& token : Lex(expression, "").tokens) {
    bool is_name = token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName;
    if (is_name) words.insert(Folded(token.value));
  }
  return words;
}

}  // namespace

ColumnLookup::ColumnLookup(const Table& table) : table_(table) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    places_.emplace(Folded(table.columns[i].name), i);
    AddReader(table.columns[i]);
  }
  if (table.key) InsertFolded(table.key->columns, &keys_);
  if (table.distribution) InsertFolded(table.distribution->columns, &distribution_);
  InsertFolded(table.order_by, &sort_);
  for (const Rollup& rollup : table.rollups) InsertFolded(rollup.columns, &rollups_);
  if (!table.partitioning) return;
  for (const std::string& term : table.partitioning->terms) {
    partition_words_.merge(WordsOf(term));
  }
}

const Column* ColumnLookup::Find(const std::string& name) const {
  auto found = places_.find(Folded(name));
  return found == places_.end() ? nullptr : &table_.columns[found->second];
}

std::string ColumnLookup::Reader(const std::string& name) const {
  auto found = readers_.find(Folded(name));
  return found == readers_.end() ? "" : found->second;
}

void ColumnLookup::AddReader(const Column& column) {
  if (!column.generated) return;
  for (const std::string& word : WordsOf(*column.generated)) readers_.emplace(word, column.name);
}

std::vector<std::string> ColumnLookup::ReadBy(const std::string& expression) const {
  std::set<size_t> places;
  for (const std::string& word : WordsOf(expression)) {
    auto found = places_.find(word);
    if (found != places_.end()) places.insert(found->second);
  }
  std::vector<std::string> names;
  for (size_t place : places) names.push_back(table_.columns[place].name);
  return names;
}

bool ColumnLookup::Contains(const std::set<std::string>& names, const std::string& name) {
  return names.contains(Folded(name));
}

std::vector<ColumnClause> ColumnClauses(TableWork* work) { return Clauses(work).All(); }

}  // namespace stateserver::schema
