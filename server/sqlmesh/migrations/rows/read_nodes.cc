// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/read_nodes.h"

#include <algorithm>
#include <array>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/rows/node_hashes.h"
#include "server/sqlmesh/migrations/rows/temp_tables.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

using simdjson::dom::element;

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
  NodeReader(postgres::Session& session, const RunOptions& options, const Progress& progress,
             Graph* graph, std::vector<Unsupported>* unsupported)
      : session_(session),
        options_(options),
        progress_(progress),
        graph_(*graph),
        hashes_(options.worker, graph, unsupported) {}

  absl::Status Run() {
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
        return Error(Reason::INTERNAL, "COPY gave a line of another shape than asked for");
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
    RowBuffer rows(session_, "pg_temp.stateserver_used (place, name, identifier)");
    for (NodeIndex i = 0; i < graph_.size(); ++i) {
      rows.Number(i);
      rows.Text(graph_[i].name);
      rows.Text(graph_[i].identifier);
      rows.EndRow();
      RETURN_IF_ERROR(rows.FlushWhenFull());
    }
    RETURN_IF_ERROR(rows.Flush());
    return session_.Execute("ANALYZE pg_temp.stateserver_used");
  }

  absl::Status Take(const std::vector<postgres::CopyField>& fields) {
    NodeIndex index = static_cast<NodeIndex>(std::stoul(std::string(fields[0].text)));
    Node& node = graph_[index];
    if (node.exists) return Corrupt(node, "is there twice");
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
    if (Text(root["name"]) != node.name) return Corrupt(node, "has another name in its document");
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

  // Parents that no environment uses are not followed, as in SQLMesh.
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

  // A parent that environments name and no row has counts as unknown.
  void DropMissingParents() {
    for (Node& node : graph_) {
      std::erase_if(node.parents, [&](NodeIndex parent) { return !graph_[parent].exists; });
    }
  }

  static std::string Row(const Node& node) {
    return Cat("snapshot ", node.name, " (", node.identifier, ")");
  }

  static absl::Status Corrupt(const Node& node, std::string_view what) {
    return Error(Reason::STATE_CORRUPT, Cat(Row(node), " ", what),
                 "Correct the row of _snapshots, or restore the state from a backup.",
                 {{"record", node.name}, {"identifier", node.identifier}});
  }

  postgres::Session& session_;
  const RunOptions& options_;
  const Progress& progress_;
  Graph& graph_;
  NodeHashes hashes_;
  simdjson::dom::parser parser_;
  int64_t read_ = 0;
};

}  // namespace

absl::Status ReadNodes(postgres::Session& session, const RunOptions& options,
                       const Progress& progress, Graph* graph,
                       std::vector<Unsupported>* unsupported) {
  return NodeReader(session, options, progress, graph, unsupported).Run();
}

}  // namespace stateserver::migrations
