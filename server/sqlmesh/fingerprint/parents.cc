// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/parents.h"

#include <algorithm>
#include <optional>

#include "server/sqlmesh/fingerprint/hash_sink.h"

namespace stateserver::fingerprint {
namespace {

// More doubtful parents would need too many attempts.
constexpr size_t kMaxDoubtful = 14;

std::string HashSorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  HashSink sink;
  for (const std::string& text : texts) sink.Add(text);
  return sink.Finish();
}

bool Reproduces(const state::Fingerprint& stored, std::span<const StoredParent> parents,
                const std::vector<int>& direct) {
  std::vector<state::Fingerprint> fingerprints;
  for (int position : direct) fingerprints.push_back(parents[position].fingerprint);
  return ParentDataHash(fingerprints) == stored.parent_data_hash &&
         ParentMetadataHash(fingerprints) == stored.parent_metadata_hash;
}

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Returns the positions of the parents that are reachable through an embedded one.
std::vector<int> Doubtful(std::span<const StoredParent> parents) {
  std::vector<int> doubtful;
  for (size_t i = 0; i < parents.size(); ++i) {
    for (size_t j = 0; j < parents.size(); ++j) {
      if (i != j && parents[j].embedded && Contains(parents[j].parents, parents[i].name)) {
        doubtful.push_back(static_cast<int>(i));
        break;
      }
    }
  }
  return doubtful;
}

}  // namespace

std::string ParentDataHash(std::span<const state::Fingerprint> parents) {
  std::vector<std::string> versions;
  for (const state::Fingerprint& parent : parents) versions.push_back(parent.Version());
  return HashSorted(std::move(versions));
}

std::string ParentMetadataHash(std::span<const state::Fingerprint> parents) {
  std::vector<std::string> hashes;
  for (const state::Fingerprint& parent : parents) {
    hashes.emplace_back(parent.metadata_hash);
    hashes.emplace_back(parent.parent_metadata_hash);
  }
  return HashSorted(std::move(hashes));
}

DirectAnswer DirectParents(const state::Fingerprint& stored, std::span<const StoredParent> parents,
                           std::span<const std::string_view> mapped) {
  std::vector<int> doubtful = Doubtful(parents);
  if (doubtful.size() > kMaxDoubtful) return {false, {}, "its many parents behind EMBEDDED ones"};
  std::optional<std::vector<int>> found;
  bool unique = true;
  for (size_t left_out = 0; left_out < size_t{1} << doubtful.size(); ++left_out) {
    std::vector<int> direct;
    size_t next = 0;
    bool as_mapped = true;
    for (int i = 0; i < static_cast<int>(parents.size()); ++i) {
      bool keep = true;
      if (next < doubtful.size() && doubtful[next] == i) {
        keep = (left_out >> next++ & 1) == 0;
        as_mapped = as_mapped && keep == Contains(mapped, parents[i].name);
      }
      if (keep) direct.push_back(i);
    }
    if (!Reproduces(stored, parents, direct)) continue;
    if (as_mapped) return {true, std::move(direct), ""};
    unique = !found;
    if (!found) found = std::move(direct);
  }
  if (found && unique) return {true, std::move(*found), ""};
  return {false,
          {},
          found ? "its parents, of which several sets give its fingerprint"
                : "its parents, of which no set gives its fingerprint"};
}

}  // namespace stateserver::fingerprint
