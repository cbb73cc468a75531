// SPDX-License-Identifier: Apache-2.0

#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/json/text.h"
#include "common/text.h"
#include "server/sqlmesh/restore_points/chunks.h"

namespace stateserver::operations {
namespace {

constexpr size_t kOutput = 256 << 10;

// "\x0a…" → bytes; false where it is no hex.
bool Unhex(std::string_view text, std::string* bytes) {
  if (text.substr(0, 2) != "\\x" || text.size() % 2 != 0) return false;
  text.remove_prefix(2);
  bytes->resize(text.size() / 2);
  int invalid = 0;
  for (size_t i = 0; i < bytes->size(); ++i) {
    int high = json::HexValue(text[2 * i]), low = json::HexValue(text[2 * i + 1]);
    invalid |= high | low;
    (*bytes)[i] = static_cast<char>((high << 4) | low);
  }
  return invalid >= 0;
}

}  // namespace

ChunkReader::ChunkReader(postgres::Session& session, std::string id)
    : session_(session), id_(std::move(id)), decompressor_(ZSTD_createDCtx()) {
  output_.resize(kOutput);
}

absl::Status ChunkReader::Corrupt(std::string_view what) const {
  return Error(Reason::STATE_CORRUPT, Cat("restore point ", id_, " is damaged: ", what),
               "Use another restore point.", {{"restore_point", id_}, {"table", table_}});
}

absl::Status ChunkReader::ReadAll(ChunkSink& sink) {
  std::string bytes;
  for (int seq = 0;; ++seq) {
    ASSIGN_OR_RETURN(postgres::Result chunk,
                     session_.QueryPrepared("SELECT table_name, data"
                                            " FROM stateserver.restore_point_chunks"
                                            " WHERE restore_point_id = $1::uuid AND seq = $2::int",
                                            {id_, Cat(seq)}));
    if (chunk.rows() == 0) break;
    RETURN_IF_ERROR(EnterTable(chunk.Text(0, 0)));
    if (!Unhex(chunk.Text(0, 1), &bytes)) return Corrupt("a chunk is no bytea in hex form");
    RETURN_IF_ERROR(sink.BeginChunk(table_));
    RETURN_IF_ERROR(Unpack(bytes, sink));
    RETURN_IF_ERROR(sink.EndChunk());
  }
  return EnterTable("");
}

absl::Status ChunkReader::EnterTable(std::string_view table) {
  if (table_ == table) return absl::OkStatus();
  if (in_frame_ || !partial_.empty()) return Corrupt(Cat("table ", table_, " ends too early"));
  table_ = table;
  return absl::OkStatus();
}

absl::Status ChunkReader::Unpack(std::string_view compressed, ChunkSink& sink) {
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  bool full = true;
  // The output may be full with the input read: then there is more to come.
  while (in.pos < in.size || full) {
    ZSTD_outBuffer out{output_.data(), output_.size(), 0};
    size_t left = ZSTD_decompressStream(decompressor_.get(), &out, &in);
    if (ZSTD_isError(left)) return Corrupt(ZSTD_getErrorName(left));
    in_frame_ = left != 0;
    full = out.pos == out.size;
    RETURN_IF_ERROR(SplitLines(std::string_view(output_).substr(0, out.pos), sink));
    if (!in_frame_ && in.pos == in.size) break;
  }
  return absl::OkStatus();
}

absl::Status ChunkReader::SplitLines(std::string_view text, ChunkSink& sink) {
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (partial_.empty()) {
      RETURN_IF_ERROR(sink.Line(line));
      continue;
    }
    partial_.append(line);
    RETURN_IF_ERROR(sink.Line(partial_));
    partial_.clear();
  }
  partial_.append(text);
  return absl::OkStatus();
}

}  // namespace stateserver::operations
