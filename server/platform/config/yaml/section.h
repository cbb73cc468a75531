// SPDX-License-Identifier: Apache-2.0
//
// One mapping of the configuration file, read key by key. What is asked for is
// known; what is left at Finish() is an unknown key. Nothing here throws.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/platform/config/config.h"
#include "server/platform/config/expand.h"
#include "server/platform/config/problems.h"

namespace stateserver::config {

// What all sections of one file share.
struct Reading {
  Environment environment;
  Problems* problems;
  std::vector<std::string>* unused_keys;
};

class Section {
 public:
  // `path` is the key that leads here ("" at the top), `line` where it stands.
  // `node` is a mapping; merge keys (<<) are followed.
  Section(const Reading& reading, const YAML::Node& node, std::string path, int line);

  // Each reads one key into `out`, or leaves `out` alone when the key is not
  // there or is wrong, which is then reported. A key without a value is wrong.
  void Read(const std::string& key, std::string* out);
  void Read(const std::string& key, std::optional<std::string>* out);
  void Read(const std::string& key, Secret* out);
  void Read(const std::string& key, bool* out);
  void ReadInt(const std::string& key, int min, int max, int* out);
  void ReadSize(const std::string& key, int64_t min, int64_t max, int64_t* out);
  void ReadDuration(const std::string& key, absl::Duration min, absl::Duration* out);
  // As Read, for a text of a closed set.
  void ReadOneOf(const std::string& key, const std::set<std::string>& choices, std::string* out);
  // A list of texts, none of them empty, at least one.
  void ReadWords(const std::string& key, std::vector<std::string>* out);
  // Empty when the key is not there or is no mapping (reported).
  std::optional<Section> ReadSection(const std::string& key);

  // A list of mappings; empty when the key is not there or is something else
  // (reported).
  std::vector<Section> ReadSections(const std::string& key);

  // Treats a key whose value is null as absent, as SQLMesh does for its optional keys.
  void NullIsAbsent(const std::string& key);
  // Accepts the key; it is listed among the unused ones when present.
  void Unused(const std::string& key);
  // Reports the key as missing when it is not there.
  void Require(const std::string& key);
  // Require and Read, for a text that must not be empty.
  void ReadRequired(const std::string& key, std::string* out);
  // Keeps Finish() from reporting the key: the caller has.
  void Known(const std::string& key) { known_.insert(key); }
  // Reports what was never asked for. Call last.
  void Finish();

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  // Whether the key has a text and not a mapping or a list.
  bool IsText(std::string_view key) const;
  void Complain(const std::string& key, std::string_view sentence) const;
  // "expected …, found '…'" for a key that is there.
  void WrongValue(const std::string& key, std::string_view expected) const;
  const std::string& path() const { return path_; }
  int line() const { return line_; }
  std::string PathOf(std::string_view key) const;
  // In the order of the file.
  std::vector<std::string> Keys() const;
  const Reading& reading() const { return *reading_; }

 private:
  // NOLINTNEXTLINE(bugprone-exception-escape): an assignment of YAML::Node may throw
  struct Member {
    std::string key;
    int line;
    YAML::Node value;
  };

  void Load(const YAML::Node& node, bool merged);
  void Add(const YAML::Node& key, const YAML::Node& value, bool merged);
  void Merge(const YAML::Node& value, int line);
  const Member* Find(std::string_view key) const;
  // The expanded scalar of a key that is there.
  std::optional<std::string> Scalar(const std::string& key);

  const Reading* reading_;
  std::string path_;
  int line_;
  std::vector<Member> entries_;
  std::set<std::string> known_;
};

}  // namespace stateserver::config
