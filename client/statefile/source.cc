// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "client/statefile/fd.h"
#include "common/error.h"

namespace stateserver::client {
namespace {

// A regular file.
class SeekableSource : public ByteSource {
 public:
  SeekableSource(Fd fd, off_t start, std::string name)
      : fd_(std::move(fd)), start_(start), name_(std::move(name)) {}

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    return ReadSome(fd_.get(), to, size, name_);
  }

  absl::Status Rewind() override {
    if (::lseek(fd_.get(), start_, SEEK_SET) < 0) return FileError("read", name_, errno);
    return absl::OkStatus();
  }

 private:
  Fd fd_;
  off_t start_;
  std::string name_;
};

// A pipe or terminal: keeps what it reads until Rewind().
class PipeSource : public ByteSource {
 public:
  PipeSource(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    if (replaying_) {
      ASSIGN_OR_RETURN(size_t got, Replay(to, size));
      if (got > 0) return got;
      replaying_ = false;
    }
    ASSIGN_OR_RETURN(size_t got, ReadSome(fd_.get(), to, size, name_));
    if (keeping_) RETURN_IF_ERROR(Keep({to, got}));
    return got;
  }

  absl::Status Rewind() override {
    keeping_ = false;
    replaying_ = true;
    if (spool_.valid() && ::lseek(spool_.get(), 0, SEEK_SET) < 0) {
      return FileError("read", SpoolName(), errno);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr size_t kInMemory = 1 << 20;

  std::string SpoolName() const {
    return "the temporary copy of " + name_ + " in '" + TemporaryFolder() + "'";
  }

  absl::Status Keep(std::string_view bytes) {
    if (!spool_.valid() && memory_.size() + bytes.size() <= kInMemory) {
      memory_.append(bytes);
      return absl::OkStatus();
    }
    if (!spool_.valid()) {
      ASSIGN_OR_RETURN(spool_, OpenUnlinked(name_));
    }
    return WriteAll(spool_.get(), bytes, SpoolName());
  }

  absl::StatusOr<size_t> Replay(char* to, size_t size) {
    if (replayed_ < memory_.size()) {
      size_t now = std::min(size, memory_.size() - replayed_);
      std::memcpy(to, memory_.data() + replayed_, now);
      replayed_ += now;
      return now;
    }
    std::string().swap(memory_);
    replayed_ = 0;
    if (!spool_.valid()) return 0;
    ASSIGN_OR_RETURN(size_t got, ReadSome(spool_.get(), to, size, SpoolName()));
    if (got == 0) spool_.Close();
    return got;
  }

  Fd fd_;
  std::string name_;
  bool keeping_ = true;
  bool replaying_ = false;
  std::string memory_;
  size_t replayed_ = 0;
  Fd spool_;
};

class BytesSource : public ByteSource {
 public:
  explicit BytesSource(std::string_view bytes) : bytes_(bytes) {}

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    size_t now = std::min(size, bytes_.size() - at_);
    if (now != 0) std::memcpy(to, bytes_.data() + at_, now);
    at_ += now;
    return now;
  }

  absl::Status Rewind() override {
    at_ = 0;
    return absl::OkStatus();
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenSource(const std::string& path,
                                                       const std::string& name) {
  Fd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return FileError("read", name, errno);
  off_t start = ::lseek(fd.get(), 0, SEEK_CUR);
  if (start >= 0) {
    return std::make_unique<SeekableSource>(std::move(fd), start, name);
  }
  return std::make_unique<PipeSource>(std::move(fd), name);
}

std::unique_ptr<ByteSource> MemorySource(std::string_view bytes) {
  return std::make_unique<BytesSource>(bytes);
}

}  // namespace stateserver::client
