// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/part_spool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "common/error.h"

namespace stateserver::client {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

// Frame precedes a part's name and text in the file.
struct Frame {
  uint32_t name = 0;
  uint32_t json = 0;
  uint8_t begin = 0;
  uint8_t end = 0;
};

}  // namespace

absl::Status PartSpool::Add(const RecordPart& part) {
  if (!file_.valid()) {
    ASSIGN_OR_RETURN(file_, OpenUnlinked(what_));
  }
  Frame frame{static_cast<uint32_t>(part.name.size()), static_cast<uint32_t>(part.json.size()),
              part.begin, part.end};
  pending_.append(reinterpret_cast<const char*>(&frame), sizeof frame);
  pending_.append(part.name);
  pending_.append(part.json);
  ++parts_;
  return pending_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status PartSpool::Flush() {
  absl::Status status = WriteAll(file_.get(), pending_, TemporaryFolder());
  pending_.clear();
  return status;
}

absl::Status PartSpool::Replay(const std::function<absl::Status(const RecordPart&)>& sink) {
  if (parts_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(Flush());
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return FileError("read", TemporaryFolder(), errno);
  std::string name, json;
  for (uint64_t i = 0; i < parts_; ++i) {
    Frame frame;
    RETURN_IF_ERROR(Read(reinterpret_cast<char*>(&frame), sizeof frame));
    RETURN_IF_ERROR(ReadText(frame.name, &name));
    RETURN_IF_ERROR(ReadText(frame.json, &json));
    RETURN_IF_ERROR(sink({section_, name, json, frame.begin != 0, frame.end != 0}));
  }
  return absl::OkStatus();
}

absl::Status PartSpool::ReadText(size_t size, std::string* text) {
  text->resize(size);
  return Read(text->data(), size);
}

absl::Status PartSpool::Read(char* to, size_t size) {
  while (size > 0) {
    if (at_ == window_.size()) {
      window_.resize(kBufferBytes);
      ASSIGN_OR_RETURN(size_t got,
                       ReadSome(file_.get(), window_.data(), window_.size(), TemporaryFolder()));
      window_.resize(got);
      at_ = 0;
      if (got == 0) return FileError("read", TemporaryFolder(), EIO);
    }
    size_t some = std::min(size, window_.size() - at_);
    std::memcpy(to, window_.data() + at_, some);
    to += some;
    size -= some;
    at_ += some;
  }
  return absl::OkStatus();
}

}  // namespace stateserver::client
