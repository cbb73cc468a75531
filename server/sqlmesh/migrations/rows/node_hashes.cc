// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/node_hashes.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::migrations {
namespace {

// What the worker is asked at once.
constexpr size_t kBatchDocuments = 64;
constexpr size_t kDocumentBytes = 4 << 20;

}  // namespace

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
  return AskWorker();
}

absl::Status NodeHashes::Finish() { return asked_.empty() ? absl::OkStatus() : AskWorker(); }

absl::Status NodeHashes::AskWorker() {
  ASSIGN_OR_RETURN(auto answers, worker_->Hash(documents_));
  if (answers.size() != asked_.size()) {
    return Error(Reason::INTERNAL, Cat("the fingerprint worker gave ", answers.size(),
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

}  // namespace stateserver::migrations
