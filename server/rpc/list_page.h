// SPDX-License-Identifier: Apache-2.0
//
// The size of answers that are lists.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace stateserver::rpc {

// What one page holds at most, so that with its page token no message passes 1 MiB.
inline constexpr size_t kPageBytes = (1 << 20) - (128 << 10);
// What one text of an entry holds at most: enough for all that this server writes itself.
inline constexpr size_t kEntryTextBytes = 64 << 10;
// Tag and length of an entry in its list.
inline constexpr size_t kEntryOverhead = 12;

// Cuts the texts of `message` that have more than kEntryTextBytes, also in the messages it holds,
// down to their first KiB and a note of how many bytes are missing. JSON, in fields whose name ends
// with "_json", becomes an object with `cut_bytes`, the bytes it has, and `begin`, its start. So a
// row that an older server or somebody else wrote does not make a whole list unreadable.
void CutTexts(google::protobuf::Message* message);

// Appends the entries, converted by `to_message` and with their texts cut, to `page`, which is
// empty, as long as it does not pass kPageBytes; the first always fits. Returns how many were
// appended.
template <typename Entry, typename Convert, typename Listed>
size_t FillPage(const std::vector<Entry>& entries, const Convert& to_message,
                google::protobuf::RepeatedPtrField<Listed>* page) {
  size_t bytes = 0;
  for (const Entry& entry : entries) {
    Listed listed = to_message(entry);
    CutTexts(&listed);
    bytes += listed.ByteSizeLong() + kEntryOverhead;
    if (!page->empty() && bytes > kPageBytes) break;
    page->Add(std::move(listed));
  }
  return static_cast<size_t>(page->size());
}

// Bytes of one message, about: far below gRPC's limit of 4 MiB, large enough that
// the work for each message does not count.
inline constexpr size_t kMessageBytes = size_t{512} << 10;

}  // namespace stateserver::rpc
