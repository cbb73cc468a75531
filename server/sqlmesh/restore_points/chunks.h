// SPDX-License-Identifier: Apache-2.0
//
// The rows of a restore point as zstd frames, one per table, split into chunks. Only for use inside
// this folder.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"

namespace stateserver::restore_points {

// Compressed bytes of one chunk.
inline constexpr size_t kChunkBytes = 1 << 20;

// ChunkWriter writes the chunks of a restore point. Between two calls the session is free for other
// statements. Memory: a few chunks. Not thread-safe.
class ChunkWriter {
 public:
  ChunkWriter(postgres::Session& session, std::string id);

  absl::Status BeginTable(const std::string& table);
  // Writes one row in COPY text format without the line feed.
  absl::Status Line(std::string_view line);
  // Writes a part of a row; EndLine ends it.
  absl::Status Piece(std::string_view piece);
  absl::Status EndLine() { return Piece("\n"); }
  absl::Status EndTable();

  int64_t raw_bytes() const { return raw_bytes_; }
  int64_t stored_bytes() const { return stored_bytes_; }

 private:
  struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  absl::Status Compress(std::string_view bytes, ZSTD_EndDirective directive);
  absl::Status WriteChunk();

  postgres::Session& session_;
  const std::string id_;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> compressor_;
  std::string table_;
  std::string input_;
  std::string chunk_;
  size_t filled_ = 0;
  int seq_ = 0;
  int64_t raw_bytes_ = 0;
  int64_t stored_bytes_ = 0;
};

// ChunkSink receives the lines of a restore point. Between EndChunk and the next BeginChunk the
// session is free for statements. A row may end in a later chunk than it began.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual absl::Status BeginChunk(const std::string& table) = 0;
  virtual absl::Status Line(std::string_view line) = 0;
  virtual absl::Status EndChunk() = 0;
};

// ChunkReader reads the chunks of a restore point in order. Returns STATE_CORRUPT if one is missing
// or cannot be decompressed.
class ChunkReader {
 public:
  ChunkReader(postgres::Session& session, std::string id);
  absl::Status ReadAll(ChunkSink& sink);

 private:
  struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  absl::Status Unpack(std::string_view compressed, ChunkSink& sink);
  absl::Status SplitLines(std::string_view text, ChunkSink& sink);
  absl::Status EnterTable(std::string_view table);
  absl::Status Corrupt(std::string_view what) const;

  postgres::Session& session_;
  const std::string id_;
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> decompressor_;
  std::string table_;
  bool in_frame_ = false;
  std::string partial_;
  std::string output_;
};

}  // namespace stateserver::restore_points
