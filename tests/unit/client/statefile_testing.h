// SPDX-License-Identifier: Apache-2.0
//
// What the tests of state files share: SQLMesh's files, their sections to build
// damaged ones from, temporary folders.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/statefile/reader.h"
#include "common/error.h"

namespace stateserver::client {

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void WriteFile(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << path;
}

inline std::string DataFile(std::string_view name) {
  return std::string(TEST_DATA_DIR "/sqlmesh/").append(name);
}

// The file that SQLMesh's transcripts of imports were made with.
inline const std::string& AllJson() {
  static const std::string* text =
      new std::string(ReadFile(DataFile(NEWEST_CORPUS "/export_all_warmcache.json")));
  return *text;
}

// The sentence a transcript ends with: the text after "Error: ".
inline std::string TranscriptSentence(std::string_view name) {
  std::string text = ReadFile(DataFile("transcripts/import_" + std::string(name) + ".txt"));
  size_t at = text.rfind("\nError: ");
  if (at == std::string::npos) return "";
  at += 8;
  return text.substr(at, text.find('\n', at) - at);
}

// A state file as its top-level members, to leave out, change and reorder.
using Members = std::vector<std::pair<std::string, std::string>>;

inline Members MembersOf(const std::string& text) {
  const char* keys[] = {"metadata", "versions", "snapshots", "environments"};
  Members members;
  for (size_t i = 0; i < 4; ++i) {
    std::string head = "\n  \"" + std::string(keys[i]) + "\": ";
    size_t begin = text.find(head) + head.size();
    size_t end =
        i == 3 ? text.size() - 2 : text.find(",\n  \"" + std::string(keys[i + 1]) + "\": ");
    members.emplace_back(keys[i], text.substr(begin, end - begin));
  }
  return members;
}

inline std::string Join(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) {
    text += (text.size() > 1 ? ",\n  \"" : "\n  \"") + key + "\": " + value;
  }
  return text + "\n}";
}

inline std::string With(std::string_view key, std::string_view value) {
  Members members = MembersOf(AllJson());
  for (auto& member : members) {
    if (member.first == key) member.second = value;
  }
  return Join(members);
}

inline std::string Without(std::string_view key) {
  Members members = MembersOf(AllJson());
  std::erase_if(members, [&](const auto& member) { return member.first == key; });
  return Join(members);
}

// All records of a reader, whole.
struct Records {
  std::vector<std::string> snapshots;
  std::vector<std::pair<std::string, std::string>> environments;
  size_t largest_part = 0;
};

inline absl::Status Collect(StateFileReader* reader, Records* records) {
  std::string text;
  auto counts = reader->ReadRecords([&](const RecordPart& part) {
    if (part.begin) text.clear();
    text.append(part.json);
    records->largest_part = std::max(records->largest_part, part.json.size());
    if (!part.end) return absl::OkStatus();
    if (part.section == Section::kSnapshots) {
      records->snapshots.push_back(text);
    } else {
      records->environments.emplace_back(part.name, text);
    }
    return absl::OkStatus();
  });
  if (!counts.ok()) return counts.status();
  EXPECT_EQ(counts->snapshots, static_cast<int64_t>(records->snapshots.size()));
  EXPECT_EQ(counts->environments, static_cast<int64_t>(records->environments.size()));
  return absl::OkStatus();
}

// Header and records; the outcome of both.
inline absl::Status ReadBytes(std::string_view bytes, Records* records = nullptr) {
  Records own;
  auto reader = StateFileReader::FromBytes(bytes);
  return reader.ok() ? Collect(reader->get(), records != nullptr ? records : &own)
                     : reader.status();
}

inline std::string SentenceOf(const absl::Status& status) { return std::string(MessageOf(status)); }

// A folder that goes away with the test.
class TemporaryFolderTest : public testing::Test {
 protected:
  TemporaryFolderTest() {
    std::string pattern = testing::TempDir() + "/statefile-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

}  // namespace stateserver::client
