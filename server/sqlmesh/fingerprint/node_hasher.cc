// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/node_hasher.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/node_parts.h"
#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::fingerprint {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::object;

absl::Status Corrupt(std::string_view name, std::string_view what) {
  return Error(Reason::STATE_CORRUPT, Cat("the snapshot ", name, " has ", what),
               "Restore the state from a restore point or a backup.",
               {{"record", std::string(name)}});
}

// A field this code does not know may change a hash.
bool KnowsAll(object fields, const state::Model& model, Unsupported* unsupported) {
  int next = 0;
  for (auto [name, value] : fields) {
    int found = state::FindField(model, name, next < model.count ? next : 0);
    if (found < 0) return unsupported->Note(Cat("the field ", name));
    next = found + 1;
  }
  return true;
}

}  // namespace

class NodeHasher::Impl {
 public:
  absl::StatusOr<NodeAnswer> Hash(element snapshot);

 private:
  absl::StatusOr<NodeAnswer> HashModel(NodeView* view, object node);
  NodeAnswer Answer(const NodeView& view);

  state::CronUnits crons_;
};

absl::StatusOr<NodeAnswer> NodeHasher::Impl::Hash(element snapshot) {
  std::string_view name;
  object node;
  if (snapshot["name"].get(name) != SUCCESS) return Corrupt("?", "no name");
  if (snapshot["node"].get(node) != SUCCESS) return Corrupt(name, "no node");
  Unsupported unsupported;
  NodeView view{.node = Fields(node, "node", &unsupported),
                .kind = Fields(EmptyObject(), "kind", &unsupported),
                .source_type = {},
                .fqn = name,
                .dialect = {},
                .kind_name = {},
                .kind_dialect = {},
                .unsupported = &unsupported};
  if (node.at_key("source_type").get(view.source_type) != SUCCESS) {
    return Corrupt(name, "a node without source_type");
  }
  return HashModel(&view, node);
}

absl::StatusOr<NodeAnswer> NodeHasher::Impl::HashModel(NodeView* view, object node) {
  const state::Model* model = state::FindNodeModel(view->source_type);
  if (model == nullptr) {
    return Corrupt(view->fqn, Cat("a node of the unknown type ", view->source_type));
  }
  KnowsAll(node, *model, view->unsupported);
  view->dialect = view->node.TextOr("dialect", "");
  simdjson::dom::parser parser;
  if (view->source_type != "audit") {
    object kind;
    if (auto stored = view->node.Find("kind")) {
      if (stored->get(kind) != SUCCESS) return Corrupt(view->fqn, "a kind that is no object");
    } else if (parser.parse(state::DefaultKind(view->source_type)).get(kind) != SUCCESS) {
      return Corrupt(view->fqn, "no kind");
    }
    view->kind = Fields(kind, "kind", view->unsupported);
    view->kind_name = view->kind.TextOr("name", "");
    view->kind_dialect = view->kind.TextOr("dialect", view->dialect);
    const state::Model* kind_model = state::FindKindModel(view->kind_name);
    if (kind_model == nullptr) {
      return Corrupt(view->fqn, Cat("the unknown kind ", view->kind_name));
    }
    KnowsAll(kind, *kind_model, view->unsupported);
    return Answer(*view);
  }
  return Answer(*view);
}

NodeAnswer NodeHasher::Impl::Answer(const NodeView& view) {
  NodeHashes hashes;
  PythonEnvTexts env = PrintPythonEnv(view.node);
  if (view.source_type == "audit") {
    hashes.data_hash = HashSink().Finish();
    hashes.metadata_hash = AuditMetadataHash(view, env);
  } else {
    for (char c : view.dialect) {
      if (c >= 'A' && c <= 'Z') view.unsupported->Note(Cat("the dialect ", view.dialect));
    }
    hashes.data_hash = DataHash(view, env, &crons_);
    hashes.metadata_hash = MetadataHash(view, env);
  }
  if (view.unsupported->any()) return {std::nullopt, view.unsupported->phrase()};
  return {std::move(hashes), ""};
}

NodeHasher::NodeHasher() : impl_(std::make_unique<Impl>()) {}
NodeHasher::~NodeHasher() = default;

absl::StatusOr<NodeAnswer> NodeHasher::Hash(element snapshot) { return impl_->Hash(snapshot); }

}  // namespace stateserver::fingerprint
