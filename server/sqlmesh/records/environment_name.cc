// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/environment_name.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "common/json/text.h"
#include "common/utf8.h"

namespace stateserver::state {
namespace {

struct Range {
  uint32_t first, last;
};

// LowerRun stands for the characters `first`, `first` + `step`, ..., `last`, whose lower case is
// `distance` further on.
struct LowerRun {
  uint32_t first, last, step;
  int32_t distance;
};

#include "server/sqlmesh/records/environment_name_table.inc"

constexpr uint32_t kCapitalSigma = 0x3a3;
constexpr uint32_t kFinalSigma = 0x3c2;
constexpr uint32_t kCapitalIWithDot = 0x130;
constexpr std::string_view kSmallIWithDot = "i\u0307";

// Returns the entry that contains `character`, or null. The tables are sorted.
template <typename Entry>
const Entry* Find(std::span<const Entry> table, uint32_t character) {
  auto after =
      std::upper_bound(table.begin(), table.end(), character,
                       [](uint32_t sought, const Entry& entry) { return sought < entry.first; });
  if (after == table.begin() || character > (after - 1)->last) return nullptr;
  return &*(after - 1);
}

bool IsIn(std::span<const Range> table, uint32_t character) {
  return Find(table, character) != nullptr;
}

// Returns the code points of `name`, with '_' for those that are not part of words.
std::vector<uint32_t> WordsOf(std::string_view name) {
  std::vector<uint32_t> words;
  while (!name.empty()) {
    size_t length = Utf8SequenceLength(name);
    uint32_t character = '_';
    if (length == 1) {
      character = static_cast<unsigned char>(name.front());
    } else if (length > 1) {
      character = static_cast<uint32_t>(json::DecodeUtf8(name.data(), static_cast<int>(length)));
    }
    words.push_back(IsIn(kWordCharacters, character) ? character : '_');
    name.remove_prefix(std::max<size_t>(length, 1));
  }
  return words;
}

// Returns true if the first character from `begin` to `end` that a search for letters does not
// ignore has a case.
template <typename Iterator>
bool FindsCased(Iterator begin, Iterator end) {
  auto found = std::find_if(
      begin, end, [](uint32_t character) { return !IsIn(kCaseIgnorableCharacters, character); });
  return found != end && IsIn(kCasedCharacters, *found);
}

// Returns true if the capital sigma at `index` ends a word.
bool EndsWord(const std::vector<uint32_t>& words, size_t index) {
  auto here = words.begin() + static_cast<std::ptrdiff_t>(index);
  return FindsCased(std::make_reverse_iterator(here), words.rend()) &&
         !FindsCased(here + 1, words.end());
}

uint32_t LowerCase(uint32_t character) {
  const LowerRun* run = Find(std::span<const LowerRun>(kLowerRuns), character);
  if (run == nullptr || (character - run->first) % run->step != 0) return character;
  return static_cast<uint32_t>(static_cast<int32_t>(character) + run->distance);
}

void Append(uint32_t character, std::string* out) {
  char bytes[json::kMaxEncoded];
  // A character of a word is never escaped.
  out->append(bytes, json::EncodeChar(character, json::Charset::kUtf8, bytes));
}

}  // namespace

std::string SanitizedEnvironmentName(std::string_view name) {
  const std::vector<uint32_t> words = WordsOf(name);
  std::string sanitized;
  sanitized.reserve(name.size());
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == kCapitalIWithDot) {
      sanitized.append(kSmallIWithDot);
    } else if (words[i] == kCapitalSigma && EndsWord(words, i)) {
      Append(kFinalSigma, &sanitized);
    } else {
      Append(LowerCase(words[i]), &sanitized);
    }
  }
  return sanitized;
}

}  // namespace stateserver::state
