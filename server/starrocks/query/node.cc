// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/node.h"

namespace stateserver::schema::query {

NodePtr Clone(const Node* node) {
  if (node == nullptr) return nullptr;
  NodePtr copy = NewNode(node->kind, node->text);
  copy->negated = node->negated;
  copy->distinct = node->distinct;
  copy->token = node->token;
  copy->parts = node->parts;
  copy->type = node->type;
  for (const NodePtr& child : node->children) copy->children.push_back(Clone(child.get()));
  return copy;
}

}  // namespace stateserver::schema::query
