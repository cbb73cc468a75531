// SPDX-License-Identifier: Apache-2.0
//
// One mapping of the configuration file, read key by key. Every key that is read becomes known;
// Finish() reports all others as unknown. Nothing here throws.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
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

// Reading holds what all sections of one file share.
struct Reading {
  Environment environment;
  Problems* problems;
  std::vector<std::string>* unused_keys;
};

class Section {
 public:
  // `path` is the key that leads here ("" at the top) and `line` its line number. `node` is a
  // mapping; merge keys (<<) are followed.
  Section(const Reading& reading, const YAML::Node& node, std::string path, int line);

  // Each function reads one key into `out`. If the key is absent, `out` is unchanged. If the value
  // is wrong or missing, the function reports it and leaves `out` unchanged.
  void Read(const std::string& key, std::string* out);
  void Read(const std::string& key, std::optional<std::string>* out);
  void Read(const std::string& key, Secret* out);
  void Read(const std::string& key, bool* out);
  void ReadInt(const std::string& key, int min, int max, int* out);
  void ReadSize(const std::string& key, int64_t min, int64_t max, int64_t* out);
  void ReadDuration(const std::string& key, absl::Duration min, absl::Duration* out);
  // Reads a text that must be one of `choices`.
  void ReadOneOf(const std::string& key, const std::set<std::string>& choices, std::string* out);
  // Reads a list of at least one text, none of them empty. `example` is for the error.
  void ReadWords(const std::string& key, std::string_view example, std::vector<std::string>* out);
  // Returns nullopt if the key is absent or, after reporting it, if the value is not a mapping.
  std::optional<Section> ReadSection(const std::string& key);

  // Reads a list of mappings. Returns an empty list if the key is absent or, after reporting it, if
  // the value is something else.
  std::vector<Section> ReadSections(const std::string& key);

  // Treats a key whose value is null as absent, as SQLMesh does for its optional keys.
  void NullIsAbsent(const std::string& key);
  // Accepts the key. If present, it is listed among the unused keys.
  void Unused(const std::string& key);
  // Reports the key as missing if it is absent.
  void Require(const std::string& key);
  // Combines Require and Read for a text that must not be empty.
  void ReadRequired(const std::string& key, std::string* out);
  // Marks the key as known so that Finish() does not report it; the caller has done so already.
  void Known(const std::string& key) { known_.insert(key); }
  // Reports all keys that were never read. Must be called last.
  void Finish();

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  // Returns true if the key holds a text, as opposed to a mapping or a list.
  bool IsText(std::string_view key) const;
  // Returns true if the key holds exactly this text, without references to the environment.
  bool IsWrittenAs(std::string_view key, std::string_view text) const;
  void Complain(const std::string& key, std::string_view sentence) const;
  // Reports "expected …, found '…'" for a key that is present.
  void WrongValue(const std::string& key, std::string_view expected) const;
  const std::string& path() const { return path_; }
  int line() const { return line_; }
  std::string PathOf(std::string_view key) const;
  // Returns the keys in the order of the file.
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
  // Returns the expanded scalar of a key that is present.
  std::optional<std::string> Scalar(const std::string& key);

  const Reading* reading_;
  std::string path_;
  int line_;
  std::vector<Member> entries_;
  std::map<std::string, size_t, std::less<>> positions_;  // of the keys in entries_
  std::set<std::string> known_;
};

}  // namespace stateserver::config
