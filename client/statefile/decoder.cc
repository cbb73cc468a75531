// SPDX-License-Identifier: Apache-2.0
//
// DecodingSource: gzip and zstd by their first bytes.
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <vector>

#include "client/statefile/source.h"
#include "common/error.h"

namespace stateserver::client {
namespace {

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

// Compressed bytes, refilled from the source below.
struct Input {
  std::unique_ptr<ByteSource> raw;
  std::vector<char> buffer = std::vector<char>(kInput);
  size_t at = 0;
  size_t size = 0;
  bool ended = false;

  std::string_view left() const { return {buffer.data() + at, size - at}; }

  // At least one byte is left afterwards, or `ended` is set.
  absl::Status Fill() {
    if (at < size || ended) return absl::OkStatus();
    ASSIGN_OR_RETURN(size, raw->Read(buffer.data(), buffer.size()));
    at = 0;
    ended = size == 0;
    return absl::OkStatus();
  }

  // Enough to tell the format, however small the reads are.
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

// Takes from the input, gives unpacked bytes; 0 at the end.
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
  // After a member: zeros are padding (tape blocks), as for gzip(1).
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
  bool between_ = true;  // members
  int64_t members_ = 0;
};

class ZstdUnpacker : public Unpacker {
 public:
  explicit ZstdUnpacker(std::string name) : name_(std::move(name)), stream_(ZSTD_createDStream()) {}
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }

  absl::StatusOr<size_t> Read(Input* input, char* to, size_t size) override {
    while (true) {
      // Unpacked bytes may be left in the stream after the input has ended.
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
  bool within_ = false;  // a frame
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

std::unique_ptr<ByteSource> DecodingSource(std::unique_ptr<ByteSource> raw, std::string name) {
  return std::make_unique<Decoder>(std::move(raw), std::move(name));
}

}  // namespace stateserver::client
