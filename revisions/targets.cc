// SPDX-License-Identifier: Apache-2.0
//
// Which revisions a word of the command line means.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "revisions/graph.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

absl::Status BadTarget(std::string_view message, std::string_view hint) {
  return Error(Reason::ARGUMENT_INVALID, message, hint, {{"field", "target"}});
}

std::string List(const Ids& ids) {
  constexpr size_t kShownIds = 20;
  std::vector<std::string> shown(ids.begin(),
                                 std::next(ids.begin(), std::min(ids.size(), kShownIds)));
  if (shown.size() < ids.size()) shown.push_back("…");
  return JoinList(shown);
}

// "+2" and "-1"; 0 where it is no such word.
int Steps(std::string_view word, char sign) {
  if (word.size() < 2 || word.front() != sign) return 0;
  int count = 0;
  auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), count);
  return error == std::errc() && end == word.data() + word.size() ? count : 0;
}

}  // namespace

absl::StatusOr<const Revision*> Graph::OneHead(std::string_view label) const {
  Ids heads = Heads();
  if (!label.empty()) {
    auto found = labels_.find(std::string(label));
    if (found == labels_.end()) {
      return Error(Reason::REVISION_NOT_FOUND,
                   Cat("No revision has the branch label '", label, "'."),
                   "See `stateclient schema heads`.");
    }
    std::vector<bool> of_branch = DescendantsOf(by_id_.at(found->second));
    std::erase_if(heads, [&](const std::string& id) { return !of_branch[by_id_.at(id)]; });
  }
  if (heads.empty()) {
    return Error(Reason::REVISION_NOT_FOUND, "There is no revision.",
                 "Make one with `stateclient schema revision`.");
  }
  if (heads.size() == 1) return Get(*heads.begin());
  return BadTarget(Cat("There are ", heads.size(), " heads: ", List(heads), "."),
                   "Name one of them, say `heads` for all, or join them with `stateclient schema "
                   "merge`.");
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
    return Error(Reason::REVISION_NOT_FOUND, Cat("There is no revision '", symbol, "'."),
                 "See `stateclient schema history`.", {{"revision", std::string(symbol)}});
  }
  return BadTarget(Cat("'", symbol, "' may be ", List(meant), "."), "Give more of the id.");
}

// The next revisions, as long as there is no choice.
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
                       "Say `head` to go to the end.");
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
          Cat("Revision ", revision->id, " is behind what is applied (", List(current), ")."),
          "To go back use `stateclient schema downgrade`.");
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
        return BadTarget(now.empty()
                             ? Cat("There are only ", path.size(), " revisions to take back.")
                             : Cat("-", count, " may begin at ", List(now), "."),
                         now.empty() ? "Say `base` to take back all." : "Name the revision.");
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
      return BadTarget(Cat("Revision ", revision->id, " is not applied."),
                       "See `stateclient schema current`.");
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
    return BadTarget("A downgrade as SQL needs to know where it begins.",
                     "Write it as FROM:TO, for example head:base.");
  }
  ASSIGN_OR_RETURN(const Revision* begin, Find(range.substr(0, colon)));
  out.from = {begin->id};
  ASSIGN_OR_RETURN(out.path, DowngradePath(out.from, range.substr(colon + 1)));
  return out;
}

}  // namespace stateserver::revisions
