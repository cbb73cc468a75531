// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/source.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "client/statefile/fd.h"
#include "common/error.h"

namespace stateserver::client {

namespace {

// SeekableSource reads a regular file.
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

// PipeSource reads a pipe or terminal and keeps the data until Rewind().
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

constexpr size_t kInput = 256 * 1024;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

absl::Status Damaged(const std::string& name, std::string_view why) {
  return Error(Reason::FILE_MALFORMED,
               "The compressed data of " + name + " is damaged: " + std::string(why),
               "Copy or export it again.", {{"file", name}});
}

absl::Status CutShort(const std::string& name) {
  return Error(Reason::FILE_TRUNCATED, "The compressed data of " + name + " ends early",
               "The file was cut short: copy or export it again.", {{"file", name}});
}

// Input holds compressed bytes and refills them from the source below.
struct Input {
  std::unique_ptr<ByteSource> raw;
  std::vector<char> buffer = std::vector<char>(kInput);
  size_t at = 0;
  size_t size = 0;
  bool ended = false;

  std::string_view left() const { return {buffer.data() + at, size - at}; }

  // Ensures that at least one byte is available, or sets `ended`.
  absl::Status Fill() {
    if (at < size || ended) return absl::OkStatus();
    ASSIGN_OR_RETURN(size, raw->Read(buffer.data(), buffer.size()));
    at = 0;
    ended = size == 0;
    return absl::OkStatus();
  }

  // Reads enough bytes to detect the format, however small the reads are.
  absl::Status FillMagic() {
    at = size = 0;
    ended = false;
    while (size < kZstdMagic.size()) {
      ASSIGN_OR_RETURN(size_t got, raw->Read(buffer.data() + size, buffer.size() - size));
      if (got == 0) break;
      size += got;
    }
    return absl::OkStatus();
  }
};

// Unpacker converts input to decompressed bytes; returns 0 at the end.
class Unpacker {
 public:
  virtual ~Unpacker() = default;
  virtual absl::StatusOr<size_t> Read(Input* input, char* to, size_t size) = 0;
};

class PlainUnpacker : public Unpacker {
 public:
  absl::StatusOr<size_t> Read(Input* input, char* to, size_t size) override {
    RETURN_IF_ERROR(input->Fill());
    size_t now = std::min(size, input->left().size());
    if (now != 0) std::memcpy(to, input->left().data(), now);
    input->at += now;
    return now;
  }
};

class GzipUnpacker : public Unpacker {
 public:
  explicit GzipUnpacker(std::string name) : name_(std::move(name)) {
    ready_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
  }
  ~GzipUnpacker() override {
    if (ready_) inflateEnd(&stream_);
  }

  absl::StatusOr<size_t> Read(Input* input, char* to, size_t size) override {
    if (!ready_) return Damaged(name_, "out of memory");
    while (true) {
      RETURN_IF_ERROR(input->Fill());
      if (input->ended && between_) return 0;
      if (input->ended) return CutShort(name_);
      if (between_ && !StartMember(input)) continue;
      ASSIGN_OR_RETURN(size_t got, Inflate(input, to, size));
      if (got > 0) return got;
    }
  }

 private:
  // Zeros after a member are padding (tape blocks), as in gzip(1).
  bool StartMember(Input* input) {
    if (members_ > 0 && input->left().front() == '\0') {
      ++input->at;
      return false;
    }
    between_ = false;
    inflateReset(&stream_);
    return true;
  }

  absl::StatusOr<size_t> Inflate(Input* input, char* to, size_t size) {
    stream_.next_in = reinterpret_cast<Bytef*>(input->buffer.data() + input->at);
    stream_.avail_in = static_cast<uInt>(input->left().size());
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    int result = inflate(&stream_, Z_NO_FLUSH);
    input->at = input->size - stream_.avail_in;
    if (result == Z_STREAM_END) {
      between_ = true;
      ++members_;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Damaged(name_, stream_.msg != nullptr ? stream_.msg : "not gzip data");
    }
    return size - stream_.avail_out;
  }

  std::string name_;
  z_stream stream_ = {};
  bool ready_ = false;
  bool between_ = true;  // between members
  int64_t members_ = 0;
};

class ZstdUnpacker : public Unpacker {
 public:
  explicit ZstdUnpacker(std::string name) : name_(std::move(name)), stream_(ZSTD_createDStream()) {}
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }

  absl::StatusOr<size_t> Read(Input* input, char* to, size_t size) override {
    while (true) {
      // The stream may hold decompressed bytes after the input has ended.
      RETURN_IF_ERROR(input->Fill());
      ZSTD_inBuffer in{input->buffer.data(), input->size, input->at};
      ZSTD_outBuffer out{to, size, 0};
      size_t result = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(result)) return Damaged(name_, ZSTD_getErrorName(result));
      bool moved = in.pos != input->at || out.pos != 0;
      input->at = in.pos;
      if (moved) within_ = result != 0;
      if (out.pos > 0) return out.pos;
      if (input->ended && !moved) return within_ ? absl::StatusOr<size_t>(CutShort(name_)) : 0;
    }
  }

 private:
  std::string name_;
  ZSTD_DStream* stream_;
  bool within_ = false;  // within a frame
};

class Decoder : public ByteSource {
 public:
  Decoder(std::unique_ptr<ByteSource> raw, std::string name) : name_(std::move(name)) {
    input_.raw = std::move(raw);
  }

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    if (unpacker_ == nullptr) {
      RETURN_IF_ERROR(input_.FillMagic());
      if (input_.left().starts_with(kGzipMagic)) {
        unpacker_ = std::make_unique<GzipUnpacker>(name_);
      } else if (input_.left().starts_with(kZstdMagic)) {
        unpacker_ = std::make_unique<ZstdUnpacker>(name_);
      } else {
        unpacker_ = std::make_unique<PlainUnpacker>();
      }
    }
    return unpacker_->Read(&input_, to, size);
  }

  absl::Status Rewind() override {
    unpacker_.reset();
    return input_.raw->Rewind();
  }

 private:
  std::string name_;
  Input input_;
  std::unique_ptr<Unpacker> unpacker_;
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

std::unique_ptr<ByteSource> DecodingSource(std::unique_ptr<ByteSource> raw, std::string name) {
  return std::make_unique<Decoder>(std::move(raw), std::move(name));
}

}  // namespace stateserver::client
