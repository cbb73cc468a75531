// SPDX-License-Identifier: Apache-2.0

#include "revisions/graph.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

absl::Status Invalid(const Revision& revision, std::string_view what, std::string_view hint) {
  return Error(Reason::REVISION_INVALID, Cat(revision.file, ": ", what), hint,
               {{"file", revision.file}, {"revision", revision.id}});
}

bool Earlier(const Revision& a, const Revision& b) {
  return std::tie(a.created, a.id) < std::tie(b.created, b.id);
}

}  // namespace

std::vector<std::string> Needs(const Revision& revision) {
  std::vector<std::string> out = revision.down;
  out.insert(out.end(), revision.depends_on.begin(), revision.depends_on.end());
  return out;
}

absl::StatusOr<Graph> Graph::Make(std::vector<Revision> revisions) {
  Graph graph;
  graph.revisions_ = std::move(revisions);
  std::sort(graph.revisions_.begin(), graph.revisions_.end(), Earlier);
  RETURN_IF_ERROR(graph.Index());
  RETURN_IF_ERROR(graph.Sort());
  RETURN_IF_ERROR(graph.Index());
  return graph;
}

absl::Status Graph::Index() {
  by_id_.clear();
  labels_.clear();
  for (size_t i = 0; i < revisions_.size(); ++i) {
    const Revision& one = revisions_[i];
    auto [found, fresh] = by_id_.emplace(one.id, i);
    if (!fresh) {
      return Invalid(one,
                     Cat("revision ", one.id, " is in ", revisions_[found->second].file, ", too"),
                     "Give one of them another id, and those that follow it.");
    }
    for (const std::string& label : one.branches) {
      auto [owner, first] = labels_.emplace(label, one.id);
      if (first) continue;
      return Invalid(one, Cat("the branch label '", label, "' is that of ", owner->second, ", too"),
                     "A label stands in the first revision of its branch.");
    }
  }
  needs_.assign(revisions_.size(), {});
  needed_by_.assign(revisions_.size(), {});
  for (size_t i = 0; i < revisions_.size(); ++i) {
    const Revision& one = revisions_[i];
    for (const std::string& need : Needs(one)) {
      auto found = by_id_.find(need);
      if (found != by_id_.end()) {
        needs_[i].push_back(found->second);
        needed_by_[found->second].push_back(i);
        continue;
      }
      return Invalid(one, Cat("follows ", need, ", which is in no file"),
                     "Bring its file, or correct `down_revision` or `depends_on`.");
    }
  }
  return absl::OkStatus();
}

// Parents first; what is left over goes round in a ring.
absl::Status Graph::Sort() {
  std::vector<Revision> sorted;
  std::vector<bool> taken(revisions_.size());
  std::vector<size_t> missing(revisions_.size());
  // Revisions whose parents are placed: those that this round has not reached yet, and those for
  // the next round.
  std::set<size_t> ready, later;
  for (size_t i = 0; i < revisions_.size(); ++i) {
    missing[i] = needs_[i].size();
    if (missing[i] == 0) ready.insert(i);
  }
  while (!ready.empty()) {
    size_t at = *ready.begin();
    ready.erase(ready.begin());
    taken[at] = true;
    sorted.push_back(revisions_[at]);
    for (size_t child : needed_by_[at]) {
      if (--missing[child] == 0) (child > at ? ready : later).insert(child);
    }
    if (ready.empty()) ready.swap(later);
  }
  if (sorted.size() == revisions_.size()) {
    revisions_ = std::move(sorted);
    return absl::OkStatus();
  }
  // From one that is left go back until one is met again.
  size_t at = std::find(taken.begin(), taken.end(), false) - taken.begin();
  std::vector<std::string> walk;
  std::map<size_t, size_t> met;  // at which place of the walk
  while (met.emplace(at, walk.size()).second) {
    walk.push_back(revisions_[at].id);
    at = *std::find_if(needs_[at].begin(), needs_[at].end(),
                       [&](size_t need) { return !taken[need]; });
  }
  const Revision* one = &revisions_[at];
  constexpr size_t kShownRevisions = 20;
  walk.erase(walk.begin(), walk.begin() + static_cast<std::ptrdiff_t>(met[at]));
  if (walk.size() > kShownRevisions) {
    walk.resize(kShownRevisions);
    walk.push_back("…");
  }
  walk.push_back(one->id);
  return Invalid(*one, Cat("revisions follow each other in a ring: ", JoinList(walk, " <- ")),
                 "Correct the `down_revision` of one of them.");
}

const Revision* Graph::Get(const std::string& id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &revisions_[found->second];
}

std::vector<bool> Graph::Reach(std::vector<size_t> open) const {
  std::vector<bool> reached(revisions_.size());
  while (!open.empty()) {
    size_t at = open.back();
    open.pop_back();
    if (reached[at]) continue;
    reached[at] = true;
    open.insert(open.end(), needs_[at].begin(), needs_[at].end());
  }
  return reached;
}

absl::StatusOr<std::vector<bool>> Graph::Reach(const Ids& ids) const {
  std::vector<size_t> open;
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    auto found = by_id_.find(*id);
    if (found == by_id_.end()) {
      return Error(Reason::REVISION_NOT_FOUND, Cat("Revision ", *id, " is in none of the files."),
                   "Bring its file into the folder: it may be in another branch of the repository.",
                   {{"revision", *id}});
    }
    open.push_back(found->second);
  }
  return Reach(std::move(open));
}

std::vector<bool> Graph::DescendantsOf(size_t place) const {
  std::vector<bool> out(revisions_.size());
  out[place] = true;
  for (size_t i = place + 1; i < revisions_.size(); ++i) {
    out[i] =
        std::any_of(needs_[i].begin(), needs_[i].end(), [&](size_t need) { return out[need]; });
  }
  return out;
}

Ids Graph::HeadsOf(const std::vector<bool>& some) const {
  std::vector<size_t> needs;
  for (size_t i = 0; i < some.size(); ++i) {
    if (some[i]) needs.insert(needs.end(), needs_[i].begin(), needs_[i].end());
  }
  std::vector<bool> implied = Reach(std::move(needs));
  Ids heads;
  for (size_t i = 0; i < some.size(); ++i) {
    if (some[i] && !implied[i]) heads.insert(revisions_[i].id);
  }
  return heads;
}

Ids Graph::Heads() const { return HeadsOf(std::vector<bool>(revisions_.size(), true)); }

Ids Graph::Heads(const Ids& ids) const {
  std::vector<bool> known(revisions_.size());
  Ids heads;
  for (const std::string& id : ids) {
    auto found = by_id_.find(id);
    if (found == by_id_.end()) {
      heads.insert(id);
    } else {
      known[found->second] = true;
    }
  }
  heads.merge(HeadsOf(known));
  return heads;
}

absl::StatusOr<Ids> Graph::Ancestors(const Ids& ids) const {
  ASSIGN_OR_RETURN(std::vector<bool> reached, Reach(ids));
  Ids out;
  for (size_t i = 0; i < reached.size(); ++i) {
    if (reached[i]) out.insert(revisions_[i].id);
  }
  return out;
}

absl::StatusOr<Ids> Graph::After(const Ids& current, const Revision& revision, bool upgrade) const {
  ASSIGN_OR_RETURN(std::vector<bool> applied, Reach(current));
  applied[by_id_.at(revision.id)] = upgrade;
  return HeadsOf(applied);
}

}  // namespace stateserver::revisions
