// SPDX-License-Identifier: Apache-2.0
//
// The dependency graph of revisions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/revision_file.h"

namespace stateserver::revisions {

using Ids = std::set<std::string>;
using Path = std::vector<const Revision*>;

// Range is a range of `--sql`; `from` is empty for the base.
struct Range {
  Ids from;
  Path path;  // in execution order
};

// Graph holds the revisions of one folder. It is immutable after construction.
class Graph {
 public:
  // Builds the graph. Returns REVISION_INVALID for two files with one id, a parent that is in no
  // file, a duplicate label, and a cycle, which the message shows.
  static absl::StatusOr<Graph> Make(std::vector<Revision> revisions);

  // Returns the revisions with parents before children, otherwise sorted by `created` and id.
  const std::vector<Revision>& all() const { return revisions_; }
  const Revision* Get(const std::string& id) const;

  // Returns the revisions that no other revision follows or depends on.
  Ids Heads() const;
  // Returns those of `ids` that no other of them implies.
  Ids Heads(const Ids& ids) const;
  // Returns `ids` and everything that they follow and depend on. Returns REVISION_NOT_FOUND for an
  // id in no file.
  absl::StatusOr<Ids> Ancestors(const Ids& ids) const;

  // Finds a revision by an id, a prefix of one, a label, "head" or "LABEL@head". Returns
  // REVISION_NOT_FOUND, or ARGUMENT_INVALID with the candidates if the symbol is ambiguous.
  absl::StatusOr<const Revision*> Find(std::string_view symbol) const;

  // Returns the revisions to run so that `target` is applied. `current` are the heads of the
  // applied revisions. `target` is "head", "heads", "+N", or as in Find. Returns errors of Find,
  // and ARGUMENT_INVALID for "head" with several heads, "+N" beyond the end or with several heads,
  // and a target that is already behind.
  absl::StatusOr<Path> UpgradePath(const Ids& current, std::string_view target) const;
  // Returns the revisions to revert, children first. `target` is "base", "-N", or as in Find; that
  // revision itself stays applied.
  absl::StatusOr<Path> DowngradePath(const Ids& current, std::string_view target) const;

  // Parses "A:B", or "B" with the base as A.
  absl::StatusOr<Range> UpgradeRange(std::string_view range) const;
  // Parses "A:B", where B is an ancestor of A.
  absl::StatusOr<Range> DowngradeRange(std::string_view range) const;

  // Returns the heads after `revision` has been applied or reverted.
  absl::StatusOr<Ids> After(const Ids& current, const Revision& revision, bool upgrade) const;

 private:
  absl::Status Index();
  absl::Status Sort();
  // These functions use positions in `revisions_`. Each takes time proportional to the graph.
  absl::StatusOr<std::vector<bool>> Reach(const Ids& ids) const;
  std::vector<bool> Reach(std::vector<size_t> open) const;
  std::vector<bool> DescendantsOf(size_t place) const;
  Ids HeadsOf(const std::vector<bool>& some) const;
  absl::StatusOr<const Revision*> OneHead(std::string_view label) const;
  absl::StatusOr<Path> Forward(const Ids& applied, int count) const;

  std::vector<Revision> revisions_;
  std::map<std::string, size_t> by_id_;
  std::vector<std::vector<size_t>> needs_, needed_by_;  // by position
  std::map<std::string, std::string> labels_;
};

}  // namespace stateserver::revisions
