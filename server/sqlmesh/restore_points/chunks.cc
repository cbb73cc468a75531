// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/chunks.h"

#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/json/text.h"
#include "common/text.h"

namespace stateserver::restore_points {

namespace {

// Level 1 is as fast as PostgreSQL's COPY and reduces the text to a tenth.
constexpr int kLevel = 1;
constexpr size_t kInput = 128 << 10;

constexpr char kDigits[] = "0123456789abcdef";

// PostgreSQL reads hex faster than any other text form of bytea.
void AppendHex(std::string_view bytes, std::string* out) {
  size_t at = out->size();
  out->resize(at + 2 * bytes.size());
  char* to = out->data() + at;
  for (unsigned char byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
}

constexpr size_t kOutput = 256 << 10;

// Converts "\x0a…" to bytes. Returns false if the text is not hex.
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

ChunkWriter::ChunkWriter(postgres::Session& session, std::string id)
    : session_(session), id_(std::move(id)), compressor_(ZSTD_createCCtx()) {
  ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_checksumFlag, 1);
  chunk_.resize(kChunkBytes);
  input_.reserve(kInput);
}

absl::Status ChunkWriter::BeginTable(const std::string& table) {
  table_ = table;
  return absl::OkStatus();
}

absl::Status ChunkWriter::Line(std::string_view line) {
  RETURN_IF_ERROR(Piece(line));
  return EndLine();
}

absl::Status ChunkWriter::Piece(std::string_view piece) {
  raw_bytes_ += static_cast<int64_t>(piece.size());
  if (input_.size() + piece.size() > kInput) {
    RETURN_IF_ERROR(Compress(input_, ZSTD_e_continue));
    input_.clear();
  }
  if (piece.size() >= kInput) return Compress(piece, ZSTD_e_continue);
  input_.append(piece);
  return absl::OkStatus();
}

absl::Status ChunkWriter::EndTable() {
  RETURN_IF_ERROR(Compress(input_, ZSTD_e_end));
  input_.clear();
  return filled_ == 0 ? absl::OkStatus() : WriteChunk();
}

absl::Status ChunkWriter::Compress(std::string_view bytes, ZSTD_EndDirective directive) {
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    ZSTD_outBuffer out{chunk_.data(), chunk_.size(), filled_};
    size_t left = ZSTD_compressStream2(compressor_.get(), &out, &in, directive);
    if (ZSTD_isError(left)) {
      return Error(Reason::INTERNAL, Cat("zstd: ", ZSTD_getErrorName(left)));
    }
    filled_ = out.pos;
    if (filled_ == chunk_.size()) RETURN_IF_ERROR(WriteChunk());
    bool done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
    if (done) return absl::OkStatus();
  }
}

absl::Status ChunkWriter::WriteChunk() {
  std::string data = "\\x";
  AppendHex(std::string_view(chunk_).substr(0, filled_), &data);
  stored_bytes_ += static_cast<int64_t>(filled_);
  filled_ = 0;
  return session_
      .QueryPrepared(
          "INSERT INTO stateserver.restore_point_chunks (restore_point_id, seq, table_name, data)"
          " VALUES ($1::uuid, $2::int, $3, $4::bytea)",
          {id_, Cat(seq_++), table_, std::move(data)})
      .status();
}

ChunkReader::ChunkReader(postgres::Session& session, std::string id)
    : session_(session), id_(std::move(id)), decompressor_(ZSTD_createDCtx()) {
  output_.resize(kOutput);
}

absl::Status ChunkReader::Corrupt(std::string_view what) const {
  return Error(Reason::STATE_CORRUPT, Cat("Restore point '", id_, "' is damaged: ", what),
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
    if (!Unhex(chunk.Text(0, 1), &bytes)) return Corrupt("a chunk is not a bytea in hex form");
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
  // The output may be full although the input is consumed; then there is more to come.
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

}  // namespace stateserver::restore_points
