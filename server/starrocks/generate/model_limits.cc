// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/model_limits.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "common/text.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/generate/models.h"

namespace stateserver::schema {
namespace {

// Keeper completes one declared object.
class Keeper {
 public:
  Keeper(const Object& live, Object* declared, std::vector<Unmanaged>* out)
      : live_(live), declared_(*declared), out_(*out) {}

  void Keep() {
    const auto* live = std::get_if<Table>(&live_.definition);
    auto* table = std::get_if<Table>(&declared_.definition);
    if (live != nullptr && table != nullptr) return Keep(*live, table);
    const auto* live_view = std::get_if<MaterializedView>(&live_.definition);
    auto* view = std::get_if<MaterializedView>(&declared_.definition);
    if (live_view == nullptr || view == nullptr) return;
    KeepIndexes(live_view->indexes, &view->indexes);
    KeepProperties(live_view->properties, &view->properties);
  }

 private:
  void Keep(const Table& live, Table* table) {
    KeepIndexes(live.indexes, &table->indexes);
    if (table->rollups.empty()) {
      for (const Rollup& rollup : live.rollups) Note(Cat("rollup ", rollup.name));
      table->rollups = live.rollups;
    }
    KeepProperties(live.properties, &table->properties);
    if (!table->key && live.key && !ModelsExpress(*live.key)) {
      Note("key");
      table->key = live.key;
    }
    KeepColumns(live.columns, &table->columns);
  }

  void KeepIndexes(const std::vector<Index>& live, std::vector<Index>* declared) {
    if (!declared->empty()) return;
    for (const Index& index : live) Note(Cat("index ", index.name));
    *declared = live;
  }

  void KeepProperties(const Properties& live, Properties* declared) {
    for (const auto& [key, value] : live) {
      if (ModelsExpressProperty(key, value) || !declared->emplace(key, value).second) continue;
      Note(Cat("property ", key));
    }
  }

  // A column stays behind the one before it.
  void KeepColumns(const std::vector<Column>& live, std::vector<Column>* declared) {
    auto place = declared->begin();
    for (const Column& column : live) {
      auto found = std::find_if(declared->begin(), declared->end(), [&](const Column& one) {
        return Folded(one.name) == Folded(column.name);
      });
      if (found != declared->end()) {
        place = found + 1;
      } else if (!ModelsExpress(column)) {
        Note(Cat("column ", column.name));
        place = declared->insert(place, column) + 1;
      }
    }
  }

  void Note(std::string attribute) {
    out_.push_back({live_.name, KindOf(live_), std::move(attribute), "models cannot express it"});
  }

  const Object& live_;
  Object& declared_;
  std::vector<Unmanaged>& out_;
};

}  // namespace

std::vector<Unmanaged> KeepWhatModelsLack(const LiveSchema& live, std::vector<Object>* declared) {
  std::vector<Unmanaged> out;
  std::map<ObjectName, Object*> wanted;
  for (Object& object : *declared) wanted[object.name] = &object;
  for (const LiveObject& one : live.objects) {
    auto found = wanted.find(one.object.name);
    if (found != wanted.end()) {
      Keeper(one.object, found->second, &out).Keep();
    } else if (IsRollup(one.object)) {
      out.push_back({one.object.name, KindOf(one.object), "", "models cannot express it"});
    }
  }
  return out;
}

}  // namespace stateserver::schema
