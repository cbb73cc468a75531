// SPDX-License-Identifier: Apache-2.0
//
// Random schemas, and random edits of them, that the engine takes as far as Apply knows.
#pragma once

#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::apply::testing {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  size_t Below(size_t limit) { return engine_() % limit; }
  bool Chance(unsigned percent) { return engine_() % 100 < percent; }
  template <typename T>
  T Of(std::initializer_list<T> list) {
    return *(list.begin() + Below(list.size()));
  }
  template <typename T>
  T& In(std::vector<T>& list) {
    return list[Below(list.size())];
  }
  // Returns `stem` and a number that was not returned before.
  std::string Name(const std::string& stem) { return stem + std::to_string(next_++); }
  std::string Comment();

 private:
  std::mt19937 engine_;
  int next_ = 0;
};

// The objects that others read come first.
using Objects = std::vector<schema::Object>;

// Edit is a schema that came about by edits of another.
struct Edit {
  Objects to;
  std::vector<schema::Rename> renames;
  std::string what;  // the kinds of the edits, for messages
};

// Parts of tables, which fit the rest of the table most of the time.
schema::Column RandomColumn(const schema::Table& table, Dice* dice);
schema::DataType RandomType(Dice* dice);
void FillDefault(schema::Column* column, Dice* dice);
void FillAggregate(const schema::Table& table, schema::Column* column, Dice* dice);
void AddRandomIndex(schema::Table* table, Dice* dice);
void FillDistribution(schema::Table* table, Dice* dice);
void FillPartitioning(schema::Table* table, Dice* dice);
void FillSortKey(schema::Table* table, Dice* dice);
void SetRandomProperty(const Objects& others, schema::Table* table, Dice* dice);
void AddRandomRollup(schema::Table* table, Dice* dice);
schema::Partition NextPartition(const schema::Partitioning& partitioning, Dice* dice);
schema::Table RandomTable(const Objects& others, Dice* dice);

// Returns an object whose query reads objects of the catalog, which must have one. `sort` is an
// index into the alternatives of schema::Object, or 3 for a synchronous materialized view.
schema::Object RandomView(size_t sort, const std::string& name, const Catalog& catalog, Dice* dice);
std::string RandomQuery(const Catalog& catalog, Dice* dice);
schema::Refresh RandomRefresh(Dice* dice);
void SetRandomViewProperty(schema::MaterializedView* view, Dice* dice);

// Creates the objects in an empty database. Gives views that the engine refuses another query, or
// removes them. Returns false if it refuses a table.
bool Settle(Objects* objects, Dice* dice, Catalog* out = nullptr);

Objects RandomSchema(Dice* dice);
// Returns `from` after `count` edits.
Edit RandomEdit(const Objects& from, size_t count, Dice* dice);

schema::Object ObjectNamed(const std::string& name, schema::Table table);
std::string SyntaxOf(const Objects& objects);

}  // namespace stateserver::apply::testing
