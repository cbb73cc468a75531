// SPDX-License-Identifier: Apache-2.0

#include "revisions/graph.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <vector>

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

absl::Status BadTarget(std::string_view message, std::string_view hint, Facts facts = {}) {
  facts["field"] = "target";
  return Error(Reason::ARGUMENT_INVALID, message, hint, std::move(facts));
}

std::string List(const Ids& ids) {
  constexpr size_t kShownIds = 20;
  std::vector<std::string> shown(ids.begin(),
                                 std::next(ids.begin(), std::min(ids.size(), kShownIds)));
  if (shown.size() < ids.size()) shown.push_back("…");
  return JoinList(shown);
}

// Parses "+2" and "-1". Returns 0 for any other word.
int Steps(std::string_view word, char sign) {
  if (word.size() < 2 || word.front() != sign) return 0;
  int count = 0;
  auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), count);
  return error == std::errc() && end == word.data() + word.size() ? count : 0;
}

// Returns everything that a revision requires: its parents and its dependencies.
std::vector<std::string> Needs(const Revision& revision) {
  std::vector<std::string> out = revision.down;
  out.insert(out.end(), revision.depends_on.begin(), revision.depends_on.end());
  return out;
}

}  // namespace

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
                     Cat("revision '", one.id, "' is in ", revisions_[found->second].file, ", too"),
                     "Give one of them another id, and change the revisions that follow it.");
    }
    for (const std::string& label : one.branches) {
      auto [owner, first] = labels_.emplace(label, one.id);
      if (first) continue;
      return Invalid(one, Cat("the branch label '", label, "' is that of ", owner->second, ", too"),
                     "A label belongs in the first revision of its branch.");
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
                     "Add its file, or correct `down_revision` or `depends_on`.");
    }
  }
  return absl::OkStatus();
}

// Places parents first; the remaining revisions form a cycle.
absl::Status Graph::Sort() {
  std::vector<Revision> sorted;
  std::vector<bool> taken(revisions_.size());
  std::vector<size_t> missing(revisions_.size());
  // Revisions whose parents are placed: those not yet visited in this round, and those for the next
  // round.
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
  // Walks backwards from a remaining revision until one repeats.
  size_t at = std::find(taken.begin(), taken.end(), false) - taken.begin();
  std::vector<std::string> walk;
  std::map<size_t, size_t> met;  // position in the walk
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
  return Invalid(*one, Cat("revisions follow each other in a cycle: ", JoinList(walk, " <- ")),
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
      return Error(Reason::REVISION_NOT_FOUND, Cat("No revision file has the id '", *id, "'."),
                   "Add its file to the folder: it may be in another branch of the repository.",
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

absl::StatusOr<const Revision*> Graph::OneHead(std::string_view label) const {
  Ids heads = Heads();
  if (!label.empty()) {
    auto found = labels_.find(std::string(label));
    if (found == labels_.end()) {
      return Error(Reason::REVISION_NOT_FOUND,
                   Cat("No revision has the branch label '", label, "'."),
                   "Name the label of a branch.", {{"label", std::string(label)}});
    }
    std::vector<bool> of_branch = DescendantsOf(by_id_.at(found->second));
    std::erase_if(heads, [&](const std::string& id) { return !of_branch[by_id_.at(id)]; });
  }
  if (heads.empty()) {
    return Error(Reason::REVISION_NOT_FOUND, "There are no revisions.", "Create one first.");
  }
  if (heads.size() == 1) return Get(*heads.begin());
  return BadTarget(
      Cat("There are ", heads.size(), " heads: ", List(heads), "."),
      "Name one of them, use `heads` for all, or join them with a revision that follows all.",
      {{"heads", List(heads)}});
}

absl::StatusOr<const Revision*> Graph::Find(std::string_view symbol) const {
  if (symbol == "head") return OneHead("");
  size_t at = symbol.find('@');
  if (at != symbol.npos && symbol.substr(at + 1) == "head") return OneHead(symbol.substr(0, at));
  if (const Revision* exact = Get(std::string(symbol))) return exact;
  auto label = labels_.find(std::string(symbol));
  if (label != labels_.end()) return Get(label->second);
  Ids meant;
  for (auto at = by_id_.lower_bound(std::string(symbol));
       !symbol.empty() && at != by_id_.end() && at->first.starts_with(symbol); ++at) {
    meant.insert(at->first);
  }
  if (meant.size() == 1) return Get(*meant.begin());
  if (meant.empty()) {
    return Error(Reason::REVISION_NOT_FOUND, Cat("No revision named '", symbol, "'."),
                 "Name a revision of the folder.", {{"revision", std::string(symbol)}});
  }
  return BadTarget(Cat("'", symbol, "' may be ", List(meant), "."), "Give more of the id.");
}

// Returns the next revisions, as long as each step is unambiguous.
absl::StatusOr<Path> Graph::Forward(const Ids& applied, int count) const {
  Path path;
  std::vector<size_t> missing(revisions_.size());
  std::set<size_t> next;
  for (size_t i = 0; i < revisions_.size(); ++i) {
    missing[i] = std::count_if(needs_[i].begin(), needs_[i].end(),
                               [&](size_t need) { return !applied.contains(revisions_[need].id); });
    if (missing[i] == 0 && !applied.contains(revisions_[i].id)) next.insert(i);
  }
  while (static_cast<int>(path.size()) < count) {
    if (next.empty()) {
      return BadTarget(Cat("There are only ", path.size(), " revisions ahead."),
                       "Use `head` to apply all.");
    }
    if (next.size() > 1) {
      return BadTarget(Cat("+", count, " may go to ", revisions_[*next.begin()].id, " or to ",
                           revisions_[*std::next(next.begin())].id, "."),
                       "Name the revision.");
    }
    size_t at = *next.begin();
    next.erase(next.begin());
    path.push_back(&revisions_[at]);
    for (size_t child : needed_by_[at]) {
      if (--missing[child] == 0) next.insert(child);
    }
  }
  return path;
}

absl::StatusOr<Path> Graph::UpgradePath(const Ids& current, std::string_view target) const {
  ASSIGN_OR_RETURN(Ids applied, Ancestors(current));
  if (int count = Steps(target, '+'); count > 0) return Forward(applied, count);
  Ids wanted;
  if (target == "heads") {
    wanted = Heads();
  } else {
    ASSIGN_OR_RETURN(const Revision* revision, Find(target));
    if (applied.contains(revision->id) && !current.contains(revision->id)) {
      return BadTarget(
          Cat("Revision '", revision->id, "' is behind what is applied (", List(current), ")."),
          "To go back, downgrade.", {{"revision", revision->id}, {"applied", List(current)}});
    }
    wanted = {revision->id};
  }
  ASSIGN_OR_RETURN(Ids all, Ancestors(wanted));
  Path path;
  for (const Revision& one : revisions_) {
    if (all.contains(one.id) && !applied.contains(one.id)) path.push_back(&one);
  }
  return path;
}

absl::StatusOr<Path> Graph::DowngradePath(const Ids& current, std::string_view target) const {
  ASSIGN_OR_RETURN(Ids applied, Ancestors(current));
  Path path;
  if (int count = Steps(target, '-'); count > 0) {
    Ids now = current;
    while (static_cast<int>(path.size()) < count) {
      if (now.size() != 1) {
        return BadTarget(now.empty() ? Cat("There are only ", path.size(), " revisions to undo.")
                                     : Cat("-", count, " may begin at ", List(now), "."),
                         now.empty() ? "Use `base` to undo all." : "Name the revision.");
      }
      path.push_back(Get(*now.begin()));
      ASSIGN_OR_RETURN(now, After(now, *path.back(), /*upgrade=*/false));
    }
    return path;
  }
  Ids removed = applied;
  if (target != "base") {
    ASSIGN_OR_RETURN(const Revision* revision, Find(target));
    if (!applied.contains(revision->id)) {
      return BadTarget(Cat("Revision '", revision->id, "' is not applied."),
                       "Name an applied revision.", {{"revision", revision->id}});
    }
    std::vector<bool> later = DescendantsOf(by_id_.at(revision->id));
    std::erase_if(removed, [&](const std::string& id) {
      return id == revision->id || !later[by_id_.at(id)];
    });
  }
  for (auto at = revisions_.rbegin(); at != revisions_.rend(); ++at) {
    if (removed.contains(at->id)) path.push_back(&*at);
  }
  return path;
}

absl::StatusOr<Range> Graph::UpgradeRange(std::string_view range) const {
  Range out;
  size_t colon = range.find(':');
  std::string_view to = colon == range.npos ? range : range.substr(colon + 1);
  std::string_view from = colon == range.npos ? "" : range.substr(0, colon);
  if (!from.empty() && from != "base") {
    ASSIGN_OR_RETURN(const Revision* begin, Find(from));
    out.from = {begin->id};
  }
  ASSIGN_OR_RETURN(out.path, UpgradePath(out.from, to.empty() ? "heads" : to));
  return out;
}

absl::StatusOr<Range> Graph::DowngradeRange(std::string_view range) const {
  Range out;
  size_t colon = range.find(':');
  if (colon == range.npos) {
    return BadTarget("A downgrade as SQL needs a revision to start from.",
                     "Write it as FROM:TO, for example head:base.");
  }
  ASSIGN_OR_RETURN(const Revision* begin, Find(range.substr(0, colon)));
  out.from = {begin->id};
  ASSIGN_OR_RETURN(out.path, DowngradePath(out.from, range.substr(colon + 1)));
  return out;
}

}  // namespace stateserver::revisions
