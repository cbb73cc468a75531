// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/read_nodes.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/sqlmesh/fingerprint/node_hasher.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/model_fields.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/table_infos.h"

namespace stateserver::migrations {

namespace {

using simdjson::dom::element;
using store::EnvironmentList;

// NodeHashes computes the hashes of nodes: natively, otherwise with the fingerprint worker. Holds a
// few MiB of documents for the worker. Not thread-safe.
class NodeHashes {
 public:
  // `worker` may be null.
  NodeHashes(workers::FingerprintWorker* worker, Graph* graph,
             std::vector<Unsupported>* unsupported)
      : worker_(worker), graph_(*graph), unsupported_(*unsupported) {}

  // Sets `after` of the node, now or during a later call.
  absl::Status Add(NodeIndex node, simdjson::dom::element document, std::string_view text);
  // Sends the remaining documents to the worker.
  absl::Status Finish();

 private:
  absl::Status QueryWorker();
  void Keep(NodeIndex node, std::string reason);

  fingerprint::NodeHasher hasher_;
  workers::FingerprintWorker* worker_;
  Graph& graph_;
  std::vector<Unsupported>& unsupported_;
  std::vector<Unsupported> asked_;
  std::vector<std::string> documents_;
  size_t bytes_ = 0;
};

class UsedReader {
 public:
  UsedReader(postgres::Session& session, const std::string& schema)
      : session_(session), schema_(schema) {}

  absl::StatusOr<UsedSnapshots> ReadAll() {
    ASSIGN_OR_RETURN(std::vector<store::EnvironmentRow> rows, Environments());
    for (const store::EnvironmentRow& row : rows) {
      EnvironmentLists& lists = used_.environments.emplace_back();
      lists.name = row.name;
      RETURN_IF_ERROR(Read(row, EnvironmentList::kSnapshots, &lists, &lists.snapshots));
    }
    std::vector<NodeIndex> places = Sort();
    for (EnvironmentLists& lists : used_.environments) {
      for (NodeIndex& index : lists.snapshots) index = places[index];
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      EnvironmentLists& lists = used_.environments[i];
      RETURN_IF_ERROR(
          Read(rows[i], EnvironmentList::kPreviousFinalized, &lists, &lists.previous_finalized));
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
      if (i > 0 && rows[i].name == rows[i - 1].name) return Corrupt(rows[i].name, "occurs twice");
      if (!rows[i].snapshots_bytes) return Corrupt(rows[i].name, "has NULL in column snapshots");
    }
    return rows;
  }

  static absl::Status Corrupt(const std::string& name, std::string_view what) {
    return Error(Reason::STATE_CORRUPT, Cat("Environment '", name, "' ", what),
                 "Correct the row of _environments, or restore the state from a backup.",
                 {{"environment", name}});
  }

  static bool HasUnknownFields(simdjson::dom::element info) {
    int next = 0;
    for (auto [key, value] : state::AsObject(info)) {
      int field = state::FindField(state::kTableInfoModel, key, next);
      if (field < 0) return true;
      next = field + 1;
    }
    return false;
  }

  // Elements of `snapshots` are added to the graph in reading order.
  absl::Status Read(const store::EnvironmentRow& row, EnvironmentList list, EnvironmentLists* lists,
                    std::vector<NodeIndex>* out) {
    auto visit = [&](const store::TableInfo& info) {
      out->push_back(Place(info, list));
      lists->unknown_fields = lists->unknown_fields || HasUnknownFields(info.json);
    };
    absl::Status status = store::ReadEnvironmentList(
        session_, schema_, row, list,
        [&](std::string_view chunk) { return reader_.Read(chunk, visit); });
    if (ReasonOf(status) != Reason::STATE_CORRUPT || status.ok()) return status;
    std::string_view column =
        list == EnvironmentList::kSnapshots ? "snapshots" : "previous_finalized_snapshots";
    return WithFact(WithPrefix(Cat("Environment '", row.name, "', column ", column, ": "), status),
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

  // Returns the new position of each node.
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

// Limits of one request to the worker.
constexpr size_t kBatchDocuments = 64;
constexpr size_t kDocumentBytes = 4 << 20;

constexpr size_t kColumns = 6;
// FORWARD_ONLY of SQLMesh's SnapshotChangeCategory.
constexpr int64_t kForwardOnlyCategory = 3;
constexpr int64_t kProgressRows = 500;

std::string_view Text(simdjson::simdjson_result<element> value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

class NodeReader {
 public:
  NodeReader(postgres::Session& session, const RunOptions& options,
             const operations::Progress& progress, Graph* graph,
             std::vector<Unsupported>* unsupported)
      : session_(session),
        options_(options),
        progress_(progress),
        graph_(*graph),
        hashes_(options.worker, graph, unsupported) {}

  absl::Status Read() {
    RETURN_IF_ERROR(ListNodes());
    std::string source = Cat(
        "(SELECT u.place, s.snapshot, s.updated_ts, s.unrestorable, s.forward_only, s.version FROM "
        "pg_temp.stateserver_used u JOIN ",
        store::Qualified(options_.schema, "_snapshots"),
        " s ON s.name = u.name AND s.identifier = u.identifier)");
    std::vector<postgres::CopyField> fields;
    progress_("Reading snapshots", 0, total());
    RETURN_IF_ERROR(session_.CopyOut(source, [&](std::string_view line) -> absl::Status {
      if (!postgres::SplitCopyLine(line, kColumns, &fields)) {
        return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
      }
      return Take(fields);
    }));
    RETURN_IF_ERROR(hashes_.Finish());
    DropMissingParents();
    progress_("Reading snapshots", total(), total());
    return absl::OkStatus();
  }

 private:
  int64_t total() const { return static_cast<int64_t>(graph_.size()); }

  absl::Status ListNodes() {
    RETURN_IF_ERROR(
        CreateTemp(session_, "stateserver_used", "place integer, name text, identifier text"));
    postgres::RowBuffer rows(session_, "pg_temp.stateserver_used (place, name, identifier)");
    for (NodeIndex i = 0; i < graph_.size(); ++i) {
      postgres::CopyLine line;
      line.Int(i).Text(graph_[i].name).Text(graph_[i].identifier);
      RETURN_IF_ERROR(rows.Add(line));
    }
    RETURN_IF_ERROR(rows.Flush());
    return session_.Execute("ANALYZE pg_temp.stateserver_used");
  }

  absl::Status Take(const std::vector<postgres::CopyField>& fields) {
    NodeIndex index = static_cast<NodeIndex>(std::stoul(std::string(fields[0].text)));
    Node& node = graph_[index];
    if (node.exists) return Corrupt(node, "occurs twice");
    node.exists = true;
    constexpr std::array<std::string_view, kColumns - 1> kNames = {
        "snapshot", "updated_ts", "unrestorable", "forward_only", "version"};
    for (size_t i = 0; i < kNames.size(); ++i) {
      if (fields[i + 1].is_null) return Corrupt(node, Cat("has NULL in column ", kNames[i]));
    }
    node.updated_ts = std::stoll(std::string(fields[2].text));
    node.version = fields[5].text;
    element root;
    absl::Status parsed = state::ParseDocument(&parser_, fields[1].text, Reason::STATE_CORRUPT,
                                               "its document", &root);
    if (!parsed.ok()) {
      return Corrupt(node, Cat("cannot be read: ", std::string(parsed.message())));
    }
    RETURN_IF_ERROR(TakeDocument(node, root, fields[4].text == "t"));
    node.document_bytes = static_cast<uint32_t>(fields[1].text.size());
    if (++read_ % kProgressRows == 0) progress_("Reading snapshots", read_, total());
    absl::Status hashed = hashes_.Add(index, root, fields[1].text);
    return hashed.ok() ? hashed : WithPrefix(Cat(Row(node), ": "), hashed);
  }

  absl::Status TakeDocument(Node& node, element root, bool forward_only) {
    state::Fingerprint fingerprint;
    element part;
    if (root["fingerprint"].get(part) != simdjson::SUCCESS ||
        !state::ReadFingerprint(part, &fingerprint)) {
      return Corrupt(node, "has no complete fingerprint");
    }
    if (Text(root["name"]) != node.name)
      return Corrupt(node, "has a different name in its document");
    if (fingerprint.Identifier() != node.identifier) {
      return Corrupt(node, Cat("has an identifier that does not follow from its fingerprint (",
                               fingerprint.Identifier(), ")"));
    }
    if (!root["node"].is_object()) return Corrupt(node, "has no node");
    node.before = {std::string(fingerprint.data_hash), std::string(fingerprint.metadata_hash),
                   std::string(fingerprint.parent_data_hash),
                   std::string(fingerprint.parent_metadata_hash)};
    node.embedded = Text(root["node"]["kind"]["name"]) == "EMBEDDED";
    int64_t category = 0;
    if (root["change_category"].get(category) != simdjson::SUCCESS) category = 0;
    node.forward_only = forward_only || category == kForwardOnlyCategory;
    return TakeParents(node, root);
  }

  // Parents that no environment uses are ignored, as in SQLMesh.
  absl::Status TakeParents(Node& node, element root) {
    simdjson::dom::array parents;
    if (root["parents"].get(parents) != simdjson::SUCCESS) return Corrupt(node, "has no parents");
    for (element parent : parents) {
      std::string_view name = Text(parent["name"]);
      std::string_view identifier = Text(parent["identifier"]);
      if (name.empty() || identifier.empty()) {
        return Corrupt(node, "has a parent without name or identifier");
      }
      auto found = FindNode(graph_, name, identifier);
      if (found.has_value()) node.parents.push_back(*found);
    }
    std::sort(node.parents.begin(), node.parents.end());
    node.parents.erase(std::unique(node.parents.begin(), node.parents.end()), node.parents.end());
    return absl::OkStatus();
  }

  // A parent that environments name but that has no row counts as unknown.
  void DropMissingParents() {
    for (Node& node : graph_) {
      std::erase_if(node.parents, [&](NodeIndex parent) { return !graph_[parent].exists; });
    }
  }

  static std::string Row(const Node& node) {
    return Cat("Snapshot ", node.name, " (", node.identifier, ")");
  }

  static absl::Status Corrupt(const Node& node, std::string_view what) {
    return Error(Reason::STATE_CORRUPT, Cat(Row(node), " ", what),
                 "Correct the row of _snapshots, or restore the state from a backup.",
                 {{"record", node.name}, {"identifier", node.identifier}});
  }

  postgres::Session& session_;
  const RunOptions& options_;
  const operations::Progress& progress_;
  Graph& graph_;
  NodeHashes hashes_;
  simdjson::dom::parser parser_;
  int64_t read_ = 0;
};

absl::Status NodeHashes::Add(NodeIndex node, simdjson::dom::element document,
                             std::string_view text) {
  ASSIGN_OR_RETURN(fingerprint::NodeAnswer answer, hasher_.Hash(document));
  if (answer.hashes.has_value()) {
    graph_[node].after.data = std::move(answer.hashes->data_hash);
    graph_[node].after.metadata = std::move(answer.hashes->metadata_hash);
    return absl::OkStatus();
  }
  if (worker_ == nullptr) {
    Keep(node, std::move(answer.unsupported));
    return absl::OkStatus();
  }
  asked_.push_back({node, std::move(answer.unsupported)});
  documents_.emplace_back(text);
  bytes_ += text.size();
  if (asked_.size() < kBatchDocuments && bytes_ < kDocumentBytes) return absl::OkStatus();
  return QueryWorker();
}

absl::Status NodeHashes::Finish() { return asked_.empty() ? absl::OkStatus() : QueryWorker(); }

absl::Status NodeHashes::QueryWorker() {
  ASSIGN_OR_RETURN(auto answers, worker_->Hash(documents_));
  if (answers.size() != asked_.size()) {
    return Error(Reason::INTERNAL, Cat("The fingerprint worker returned ", answers.size(),
                                       " answers to ", asked_.size(), " snapshots"));
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    Node& node = graph_[asked_[i].node];
    if (!answers[i].error.empty()) {
      Keep(asked_[i].node, Cat(asked_[i].reason, "; the worker says: ", answers[i].error));
      continue;
    }
    node.after.data = std::move(answers[i].data_hash);
    node.after.metadata = std::move(answers[i].metadata_hash);
    node.hashed_by = HashedBy::kWorker;
  }
  asked_.clear();
  documents_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

void NodeHashes::Keep(NodeIndex node, std::string reason) {
  graph_[node].after.data = graph_[node].before.data;
  graph_[node].after.metadata = graph_[node].before.metadata;
  graph_[node].hashed_by = HashedBy::kNobody;
  unsupported_.push_back({node, std::move(reason)});
}

}  // namespace

absl::StatusOr<UsedSnapshots> ReadUsed(postgres::Session& session, const std::string& schema) {
  return UsedReader(session, schema).ReadAll();
}

absl::Status ReadNodes(postgres::Session& session, const RunOptions& options,
                       const operations::Progress& progress, Graph* graph,
                       std::vector<Unsupported>* unsupported) {
  return NodeReader(session, options, progress, graph, unsupported).Read();
}

}  // namespace stateserver::migrations
