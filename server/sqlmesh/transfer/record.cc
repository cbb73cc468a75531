// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/record.h"

namespace stateserver::transfer {

void NoteCounter::Add(std::string_view record) {
  ++count_;
  if (records_.size() < kMaxNoteRecords) records_.emplace_back(record);
}

void NoteCounter::AppendTo(std::string_view kind, std::string_view message,
                           std::vector<Note>* notes) const {
  if (count_ == 0) return;
  notes->push_back({std::string(kind), count_, std::string(message), records_});
}

}  // namespace stateserver::transfer
