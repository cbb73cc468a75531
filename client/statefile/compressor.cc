// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/compressor.h"

#include <zlib.h>
#include <zstd.h>

#include "common/error.h"

namespace stateserver::client {
namespace {

constexpr size_t kStep = 256 * 1024;
// State files are repetitive: higher levels gain little and cost much.
constexpr int kGzipLevel = 4;
constexpr int kZstdLevel = 3;

void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

absl::Status Failed(std::string_view library, std::string_view why) {
  return Error(Reason::INTERNAL, std::string(library) + " failed: " + std::string(why));
}

class GzipCompressor : public Compressor {
 public:
  GzipCompressor() {
    ready_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, 16 + MAX_WBITS, 8,
                          Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipCompressor() override {
    if (ready_) deflateEnd(&stream_);
  }

  // RFC 1952 around one stored block (RFC 1951, 3.2.4).
  std::string Prefix(std::string_view text) const override {
    std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
    out.push_back('\x01');  // the last block, stored
    AppendLittleEndian(text.size(), 2, &out);
    AppendLittleEndian(~text.size(), 2, &out);
    out.append(text);
    auto bytes = reinterpret_cast<const Bytef*>(text.data());
    AppendLittleEndian(crc32(0, bytes, static_cast<uInt>(text.size())), 4, &out);
    AppendLittleEndian(text.size(), 4, &out);
    return out;
  }

  absl::Status Add(std::string_view text, bool last, std::string* out) override {
    if (!ready_) return Failed("zlib", "no memory");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    int result;
    do {
      size_t before = out->size();
      out->resize(before + kStep);
      stream_.next_out = reinterpret_cast<Bytef*>(out->data() + before);
      stream_.avail_out = kStep;
      result = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      out->resize(before + kStep - stream_.avail_out);
      if (result == Z_STREAM_ERROR) return Failed("zlib", "stream error");
    } while (last ? result != Z_STREAM_END : stream_.avail_out == 0);
    return absl::OkStatus();
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

class ZstdCompressor : public Compressor {
 public:
  ZstdCompressor() : context_(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
    // Fails where the library was built without threads, which is fine.
    ZSTD_CCtx_setParameter(context_, ZSTD_c_nbWorkers, 1);
  }
  ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }

  // RFC 8878: magic, a header with a 4-byte content size, one raw block.
  std::string Prefix(std::string_view text) const override {
    std::string out("\x28\xb5\x2f\xfd\xa0", 5);
    AppendLittleEndian(text.size(), 4, &out);
    AppendLittleEndian(text.size() << 3 | 1, 3, &out);  // size, raw, last
    out.append(text);
    return out;
  }

  absl::Status Add(std::string_view text, bool last, std::string* out) override {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    size_t left;
    do {
      size_t before = out->size();
      out->resize(before + kStep);
      ZSTD_outBuffer to{out->data() + before, kStep, 0};
      left = ZSTD_compressStream2(context_, &to, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      out->resize(before + to.pos);
      if (ZSTD_isError(left)) return Failed("zstd", ZSTD_getErrorName(left));
    } while (last ? left != 0 : in.pos < in.size);
    return absl::OkStatus();
  }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Compressor> CompressorFor(std::string_view path) {
  if (path.ends_with(".gz")) return std::make_unique<GzipCompressor>();
  if (path.ends_with(".zst")) return std::make_unique<ZstdCompressor>();
  return nullptr;
}

}  // namespace stateserver::client
