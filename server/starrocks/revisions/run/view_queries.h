// SPDX-License-Identifier: Apache-2.0
//
// Records of how the engine shows the queries of views that revisions create or change.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/query/recorded.h"
#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

// GivenQuery is the query that a statement gives to a view or an asynchronous materialized view.
struct GivenQuery {
  std::string object, query;
  std::string revision;
};

// Returns nullopt for statements that give no query to an object of `database`, or only perhaps, as
// with IF NOT EXISTS.
std::optional<GivenQuery> QueryGivenBy(const std::string& statement, const std::string& database);

// GivenQueries collects the queries that statements leave, the last one for each object.
class GivenQueries {
 public:
  explicit GivenQueries(std::string database) : database_(std::move(database)) {}

  void Add(const std::vector<SqlStep>& steps, const std::string& revision);
  const std::map<std::string, GivenQuery>& all() const { return queries_; }
  // Returns the names of the objects and of the relations of the database that their queries read.
  std::set<std::string> Names() const;

 private:
  const std::string database_;
  std::map<std::string, GivenQuery> queries_;
};

// Returns the name of the object and of the relations of the database that its query reads.
std::set<std::string> NamesOf(const GivenQuery& given, const std::string& database);

// Returns the record of a query that the engine shows as in `live`, which has the objects of
// NamesOf. Returns nullopt if the object is not there, or if its query is shown as it was given.
std::optional<RecordedQuery> RecordOf(const GivenQuery& given, const schema::LiveSchema& live);

// Returns records of those queries of `given` that are not in `recorded` and that the engine
// certainly shows as in `live`, although somebody may have changed the views meanwhile. If the
// syntax does not decide it, the engine is asked: it creates a view of the query, which is dropped
// again. The warehouse's lock must be held. Returns errors of the connection.
absl::StatusOr<std::vector<RecordedQuery>> ConfirmRecords(
    const GivenQueries& given, const schema::LiveSchema& live,
    const schema::query::RecordedQueries& recorded, Warehouse& warehouse);

}  // namespace stateserver::revisions
