#include "common/revisions/graph.h"

#include <algorithm>

#include "common/error.h"
#include "common/revisions/words.h"
#include "common/text.h"

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
  for (const Revision& one : revisions_) {
    for (const std::string& need : Needs(one)) {
      if (by_id_.contains(need)) continue;
      return Invalid(one, Cat("follows ", need, ", which is in no file"),
                     "Bring its file, or correct `down_revision` or `depends_on`.");
    }
  }
  return absl::OkStatus();
}

// Parents first; what is left over goes round in a ring.
absl::Status Graph::Sort() {
  std::vector<Revision> sorted;
  Ids done;
  std::vector<bool> taken(revisions_.size());
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t i = 0; i < revisions_.size(); ++i) {
      if (taken[i]) continue;
      std::vector<std::string> needs = Needs(revisions_[i]);
      bool ready = std::all_of(needs.begin(), needs.end(),
                               [&](const std::string& id) { return done.contains(id); });
      if (!ready) continue;
      taken[i] = moved = true;
      done.insert(revisions_[i].id);
      sorted.push_back(revisions_[i]);
    }
  }
  if (sorted.size() == revisions_.size()) {
    revisions_ = std::move(sorted);
    return absl::OkStatus();
  }
  // From one that is left go back until one is met again.
  size_t at = std::find(taken.begin(), taken.end(), false) - taken.begin();
  const Revision* one = &revisions_[at];
  std::vector<std::string> walk;
  while (std::find(walk.begin(), walk.end(), one->id) == walk.end()) {
    walk.push_back(one->id);
    for (const std::string& need : Needs(*one)) {
      if (done.contains(need)) continue;
      one = &revisions_[by_id_.at(need)];
      break;
    }
  }
  walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), one->id));
  walk.push_back(one->id);
  return Invalid(*one, Cat("revisions follow each other in a ring: ", JoinList(walk, " <- ")),
                 "Correct the `down_revision` of one of them.");
}

const Revision* Graph::Get(const std::string& id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &revisions_[found->second];
}

Ids Graph::Heads() const {
  Ids all;
  for (const Revision& one : revisions_) all.insert(one.id);
  return Heads(all);
}

Ids Graph::Heads(const Ids& ids) const {
  Ids heads = ids;
  for (const std::string& id : ids) {
    const Revision* one = Get(id);
    if (one == nullptr) continue;
    Ids needs;
    for (const std::string& need : Needs(*one)) needs.insert(need);
    absl::StatusOr<Ids> behind = Ancestors(needs);
    if (!behind.ok()) continue;
    for (const std::string& implied : *behind) heads.erase(implied);
  }
  return heads;
}

absl::StatusOr<Ids> Graph::Ancestors(const Ids& ids) const {
  Ids out;
  std::vector<std::string> open(ids.begin(), ids.end());
  while (!open.empty()) {
    std::string id = std::move(open.back());
    open.pop_back();
    if (!out.insert(id).second) continue;
    const Revision* one = Get(id);
    if (one == nullptr) {
      return Error(Reason::REVISION_NOT_FOUND, Cat("Revision ", id, " is in none of the files."),
                   "Bring its file into the folder: it may be in another branch of the repository.",
                   {{"revision", id}});
    }
    for (const std::string& need : Needs(*one)) open.push_back(need);
  }
  return out;
}

absl::StatusOr<Ids> Graph::After(const Ids& current, const Revision& revision, bool upgrade) const {
  ASSIGN_OR_RETURN(Ids applied, Ancestors(current));
  if (upgrade) {
    applied.insert(revision.id);
  } else {
    applied.erase(revision.id);
  }
  return Heads(applied);
}

}  // namespace stateserver::revisions
