// SPDX-License-Identifier: Apache-2.0
//
// The columns of relations, for resolving the names of a query.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

struct OutputColumn {
  std::string name;  // empty if the engine makes it up from an expression
  TypePtr type;
};
// Columns in their order, shared; null if they are not known.
using OutputColumns = std::shared_ptr<const std::vector<OutputColumn>>;

// ColumnSource knows the columns of relations.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  // Returns null for a relation whose columns are not known.
  virtual OutputColumns ColumnsOf(const ObjectName& name) = 0;
};

// SchemaColumns knows the columns of the tables, views and materialized views of a schema. Those of
// a view follow from its query, once for each view. Not thread-safe.
class SchemaColumns : public ColumnSource {
 public:
  SchemaColumns() = default;
  // The objects must outlive this object.
  explicit SchemaColumns(const std::vector<const Object*>& objects);

  void Add(const Object& object) { objects_[object.name] = &object; }
  OutputColumns ColumnsOf(const ObjectName& name) override;

 private:
  bool AddReadViews(const Object& object, std::vector<const Object*>* waiting);
  OutputColumns Compute(const Object& object);

  std::map<ObjectName, const Object*> objects_;
  std::map<ObjectName, OutputColumns> known_;  // null while they are computed
  bool computing_ = false;
};

}  // namespace stateserver::schema::query
