// SPDX-License-Identifier: Apache-2.0
//
// How revisions follow one another.
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

// A range of `--sql`; `from` is empty for the base.
struct Range {
  Ids from;
  Path path;  // in the order in which it is run
};

// The revisions of one folder. Not changed once made.
class Graph {
 public:
  // REVISION_INVALID for two files of one id, a parent that is in no file, a
  // label that is there twice, and a ring, which is printed.
  static absl::StatusOr<Graph> Make(std::vector<Revision> revisions);

  // Parents before children; otherwise by `created` and id.
  const std::vector<Revision>& all() const { return revisions_; }
  const Revision* Get(const std::string& id) const;

  // Those that no other revision follows or depends on.
  Ids Heads() const;
  // Of those only the ones that no other of `ids` implies.
  Ids Heads(const Ids& ids) const;
  // `ids` and all that they follow and depend on. REVISION_NOT_FOUND for an id in
  // no file.
  absl::StatusOr<Ids> Ancestors(const Ids& ids) const;

  // An id, a prefix of one, a label, "head", "LABEL@head". REVISION_NOT_FOUND;
  // ARGUMENT_INVALID where it is not one revision, with those it may mean.
  absl::StatusOr<const Revision*> Find(std::string_view symbol) const;

  // What is to be run so that `target` is applied, where `current` are the heads
  // of what is. "head", "heads", "+N", or as Find. Errors: as Find;
  // ARGUMENT_INVALID for "head" of several, "+N" beyond the end or on several,
  // or a target that is behind.
  absl::StatusOr<Path> UpgradePath(const Ids& current, std::string_view target) const;
  // What is to be taken back, children first: "base", "-N", or as Find, whose
  // revision stays.
  absl::StatusOr<Path> DowngradePath(const Ids& current, std::string_view target) const;

  // "A:B" or "B", for which A is the base.
  absl::StatusOr<Range> UpgradeRange(std::string_view range) const;
  // "A:B", where B is behind A.
  absl::StatusOr<Range> DowngradeRange(std::string_view range) const;

  // The heads once `revision` was applied or taken back.
  absl::StatusOr<Ids> After(const Ids& current, const Revision& revision, bool upgrade) const;

 private:
  absl::Status Index();
  absl::Status Sort();
  // By their places in `revisions_`. Each takes time in proportion to the graph.
  absl::StatusOr<std::vector<bool>> Reach(const Ids& ids) const;
  std::vector<bool> Reach(std::vector<size_t> open) const;
  std::vector<bool> DescendantsOf(size_t place) const;
  Ids HeadsOf(const std::vector<bool>& some) const;
  absl::StatusOr<const Revision*> OneHead(std::string_view label) const;
  absl::StatusOr<Path> Forward(const Ids& applied, int count) const;

  std::vector<Revision> revisions_;
  std::map<std::string, size_t> by_id_;
  std::vector<std::vector<size_t>> needs_, needed_by_;  // by place
  std::map<std::string, std::string> labels_;
};

// Of both kinds: what a revision needs to be there.
std::vector<std::string> Needs(const Revision& revision);

}  // namespace stateserver::revisions
