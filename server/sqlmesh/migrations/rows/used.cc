// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/used.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/environment_list.h"
#include "server/sqlmesh/store/environment_rows.h"
#include "server/sqlmesh/store/table_infos.h"

namespace stateserver::migrations {
namespace {

using store::EnvironmentList;

class Reader {
 public:
  Reader(postgres::Session& session, const std::string& schema)
      : session_(session), schema_(schema) {}

  absl::StatusOr<UsedSnapshots> Run() {
    ASSIGN_OR_RETURN(std::vector<store::EnvironmentRow> rows, Environments());
    for (const store::EnvironmentRow& row : rows) {
      EnvironmentLists& lists = used_.environments.emplace_back();
      lists.name = row.name;
      RETURN_IF_ERROR(Read(row, EnvironmentList::kSnapshots, &lists.snapshots));
    }
    std::vector<NodeIndex> places = Sort();
    for (EnvironmentLists& lists : used_.environments) {
      for (NodeIndex& index : lists.snapshots) index = places[index];
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      RETURN_IF_ERROR(Read(rows[i], EnvironmentList::kPreviousFinalized,
                           &used_.environments[i].previous_finalized));
    }
    return std::move(used_);
  }

 private:
  absl::StatusOr<std::vector<store::EnvironmentRow>> Environments() {
    ASSIGN_OR_RETURN(postgres::Result result,
                     session_.Query(Cat("SELECT name, octet_length(snapshots),"
                                        " octet_length(previous_finalized_snapshots) FROM ",
                                        store::Qualified(schema_, "_environments"),
                                        " ORDER BY name COLLATE \"C\"")));
    std::vector<store::EnvironmentRow> rows(result.rows());
    for (size_t i = 0; i < rows.size(); ++i) {
      rows[i].name = result.Text(i, 0);
      rows[i].snapshots_bytes = result.OptionalInt(i, 1);
      rows[i].previous_finalized_bytes = result.OptionalInt(i, 2);
      if (i > 0 && rows[i].name == rows[i - 1].name) return Corrupt(rows[i].name, "is there twice");
      if (!rows[i].snapshots_bytes) return Corrupt(rows[i].name, "has NULL in column snapshots");
    }
    return rows;
  }

  static absl::Status Corrupt(const std::string& name, std::string_view what) {
    return Error(Reason::STATE_CORRUPT, Cat("environment '", name, "' ", what),
                 "Correct the row of _environments, or restore the state from a backup.",
                 {{"environment", name}});
  }

  // Elements of `snapshots` come into the graph, in the order of their reading.
  absl::Status Read(const store::EnvironmentRow& row, EnvironmentList list,
                    std::vector<NodeIndex>* out) {
    auto visit = [&](const store::TableInfo& info) { out->push_back(Place(info, list)); };
    absl::Status status = store::ReadEnvironmentList(
        session_, schema_, row, list,
        [&](std::string_view chunk) { return reader_.Read(chunk, visit); });
    if (ReasonOf(status) != Reason::STATE_CORRUPT || status.ok()) return status;
    std::string_view column =
        list == EnvironmentList::kSnapshots ? "snapshots" : "previous_finalized_snapshots";
    return WithFact(WithPrefix(Cat("environment '", row.name, "', column ", column, ": "), status),
                    "environment", row.name);
  }

  NodeIndex Place(const store::TableInfo& info, EnvironmentList list) {
    Key key{std::string(info.name), info.identifier};
    if (list == EnvironmentList::kPreviousFinalized) {
      auto found = FindNode(used_.graph, info.name, info.identifier);
      return found.value_or(EnvironmentLists::kNone);
    }
    auto [place, inserted] = places_.try_emplace(std::move(key), used_.graph.size());
    if (inserted) {
      Node& node = used_.graph.emplace_back();
      node.name = info.name;
      node.identifier = info.identifier;
      node.version = info.version;
      node.read_as = place->second;
    }
    return place->second;
  }

  // Where each node went.
  std::vector<NodeIndex> Sort() {
    absl::flat_hash_map<Key, NodeIndex>().swap(places_);
    Graph& graph = used_.graph;
    graph.shrink_to_fit();
    std::sort(graph.begin(), graph.end(), [](const Node& a, const Node& b) {
      return std::tie(a.name, a.identifier) < std::tie(b.name, b.identifier);
    });
    std::vector<NodeIndex> places(graph.size());
    for (NodeIndex i = 0; i < graph.size(); ++i) places[graph[i].read_as] = i;
    return places;
  }

  using Key = std::pair<std::string, std::string>;

  postgres::Session& session_;
  const std::string& schema_;
  store::TableInfoReader reader_;
  absl::flat_hash_map<Key, NodeIndex> places_;
  UsedSnapshots used_;
};

}  // namespace

absl::StatusOr<UsedSnapshots> ReadUsed(postgres::Session& session, const std::string& schema) {
  return Reader(session, schema).Run();
}

}  // namespace stateserver::migrations
