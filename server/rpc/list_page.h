// SPDX-License-Identifier: Apache-2.0
//
// Pages of list responses, and their size limits.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace stateserver::rpc {

// Maximum bytes of one page; with its page token no message exceeds 1 MiB.
inline constexpr size_t kPageBytes = (1 << 20) - (128 << 10);
// Maximum bytes of one text in an entry; sufficient for everything this server writes itself.
inline constexpr size_t kEntryTextBytes = 64 << 10;
// Bytes of an entry's tag and length in its list.
inline constexpr size_t kEntryOverhead = 12;

// Truncates the texts of `message` and its nested messages that exceed kEntryTextBytes to their
// first KiB and a note of how many bytes are missing. This keeps a list readable even if an older
// server or another client stored an oversized row.
void CutTexts(google::protobuf::Message* message);

// Appends at most `most` of the entries, converted by `to_message` and truncated by CutTexts, to
// the empty `page` while it stays within kPageBytes. The first entry always fits. Returns the
// number of entries appended.
template <typename Entry, typename Convert, typename Listed>
size_t FillPage(const std::vector<Entry>& entries, const Convert& to_message,
                google::protobuf::RepeatedPtrField<Listed>* page,
                size_t most = std::numeric_limits<size_t>::max()) {
  size_t bytes = 0;
  for (const Entry& entry : entries) {
    if (static_cast<size_t>(page->size()) == most) break;
    Listed listed = to_message(entry);
    CutTexts(&listed);
    bytes += listed.ByteSizeLong() + kEntryOverhead;
    if (!page->empty() && bytes > kPageBytes) break;
    page->Add(std::move(listed));
  }
  return static_cast<size_t>(page->size());
}

// As FillPage, with the entries after the place `token` of a list that is ordered by
// `place_of(entry)`. Returns the token of the next page, the place of the last entry of this one;
// "" on the last page.
template <typename Entry, typename PlaceOf, typename Convert, typename Listed>
std::string FillPageAfter(const std::string& token, std::vector<Entry> entries,
                          const PlaceOf& place_of, const Convert& to_message, int most,
                          google::protobuf::RepeatedPtrField<Listed>* page) {
  std::erase_if(entries, [&](const Entry& entry) { return place_of(entry) <= token; });
  size_t listed = FillPage(entries, to_message, page, static_cast<size_t>(most));
  return listed < entries.size() ? std::string(place_of(entries[listed - 1])) : "";
}

// Approximate bytes of one message: far below gRPC's limit of 4 MiB, and large enough to make the
// cost per message negligible.
inline constexpr size_t kMessageBytes = size_t{512} << 10;

}  // namespace stateserver::rpc
