// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/error.h"
#include "common/uuid.h"

namespace stateserver::client {

namespace {

constexpr int kMaxLinks = 40;  // the kernel's limit

// Follows symbolic links at the end of `path`, even dangling ones. Returns 0 or an errno.
int FollowLinks(std::filesystem::path* path) {
  for (int links = 0; links < kMaxLinks; ++links) {
    std::error_code error;
    auto status = std::filesystem::symlink_status(*path, error);
    if (!std::filesystem::is_symlink(status)) return 0;
    auto target = std::filesystem::read_symlink(*path, error);
    if (error) return error.value();
    *path = target.is_absolute() ? target : path->parent_path() / target;
  }
  return ELOOP;
}

// Returns the descriptor that "-", /dev/stdout or /dev/fd/N names. Reopening such a path would
// overwrite existing contents of the file.
std::optional<int> NamedDescriptor(std::string_view path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (std::string_view prefix : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(prefix)) continue;
    std::string_view digits = path.substr(prefix.size());
    int fd = -1;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
    if (error == std::errc() && end == digits.data() + digits.size() && fd >= 0) return fd;
  }
  return std::nullopt;
}

class ReplacingTarget : public OutputTarget {
 public:
  ReplacingTarget(Fd fd, std::string name, std::string temporary, std::string target)
      : OutputTarget(std::move(fd), std::move(name)),
        temporary_(std::move(temporary)),
        target_(std::move(target)) {}

  ~ReplacingTarget() override {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  static absl::StatusOr<std::unique_ptr<OutputTarget>> Open(const std::filesystem::path& path,
                                                            const struct stat* existing,
                                                            std::string name) {
    std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    std::string temporary = folder + "/.stateclient-" + NewHexId() + ".tmp";
    Fd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!fd.valid()) return FileError("write", name, errno);
    if (existing != nullptr) {
      // Best effort: only root may change a file's owner.
      bool owned = ::fchown(fd.get(), existing->st_uid, existing->st_gid) == 0;
      ::fchmod(fd.get(), existing->st_mode & (owned ? 07777 : 0777));
    }
    return std::make_unique<ReplacingTarget>(std::move(fd), std::move(name), std::move(temporary),
                                             path.string());
  }

  absl::Status Commit() override {
    if (::fsync(fd_.get()) != 0) return FileError("write", name_, errno);
    if (int error = fd_.Close(); error != 0) return FileError("write", name_, error);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
      return FileError("replace", name_, errno);
    }
    std::string folder = std::filesystem::path(temporary_).parent_path().string();
    temporary_.clear();
    Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // The file is in place already; some file systems cannot sync a folder.
    if (directory.valid()) ::fsync(directory.get());
    return absl::OkStatus();
  }

 private:
  std::string temporary_;
  std::string target_;
};

class SpoolingTarget : public OutputTarget {
 public:
  SpoolingTarget(Fd spool, Fd out, std::string path, std::string name)
      : OutputTarget(std::move(spool),
                     "the temporary copy of " + name + " in '" + TemporaryFolder() + "'"),
        out_(std::move(out)),
        path_(std::move(path)),
        out_name_(std::move(name)) {}

  static absl::StatusOr<std::unique_ptr<OutputTarget>> Open(const std::string& path,
                                                            std::string name) {
    Fd out;
    if (std::optional<int> named = NamedDescriptor(path)) {
      out = Fd(::fcntl(*named, F_DUPFD_CLOEXEC, 3));
      if (!out.valid()) return FileError("write", name, errno);
    } else if (::access(path.c_str(), W_OK) != 0) {
      return FileError("write", name, errno);
    }
    ASSIGN_OR_RETURN(Fd spool, OpenUnlinked(name));
    return std::make_unique<SpoolingTarget>(std::move(spool), std::move(out), path,
                                            std::move(name));
  }

  absl::Status Commit() override {
    // A pipe is opened only here, because opening blocks until there is a reader.
    if (!out_.valid()) out_ = Fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!out_.valid()) return FileError("write", out_name_, errno);
    if (::lseek(fd_.get(), 0, SEEK_SET) != 0) return FileError("read", name_, errno);
    std::vector<char> buffer(1 << 20);
    while (true) {
      ASSIGN_OR_RETURN(size_t size, ReadSome(fd_.get(), buffer.data(), buffer.size(), name_));
      if (size == 0) break;
      RETURN_IF_ERROR(WriteAll(out_.get(), {buffer.data(), size}, out_name_));
    }
    if (int error = out_.Close(); error != 0) return FileError("write", out_name_, error);
    return absl::OkStatus();
  }

 private:
  Fd out_;
  std::string path_;
  std::string out_name_;
};

class NullTarget : public OutputTarget {
 public:
  NullTarget(Fd fd, std::string name) : OutputTarget(std::move(fd), std::move(name)) {}
  bool seekable() const override { return false; }
  absl::Status Commit() override { return absl::OkStatus(); }
};

bool IsNull(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
}

constexpr size_t kStep = 256 * 1024;
// State files are repetitive: higher levels gain little and are much slower.
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

  // Writes an RFC 1952 member with one stored block (RFC 1951, 3.2.4).
  std::string Prefix(std::string_view text) const override {
    std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
    out.push_back('\x01');  // last block, stored
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
    // Fails if the library was built without threads, which is acceptable.
    ZSTD_CCtx_setParameter(context_, ZSTD_c_nbWorkers, 1);
  }
  ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }

  // Writes an RFC 8878 frame: magic, a header with a 4-byte content size, one raw block.
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

absl::StatusOr<std::unique_ptr<OutputTarget>> OutputTarget::Open(const std::string& path) {
  std::string name = DisplayName(path, "standard output");
  if (path.empty()) return FileError("write", name, ENOENT);
  if (NamedDescriptor(path)) return SpoolingTarget::Open(path, name);
  std::filesystem::path target = path;
  if (int error = FollowLinks(&target); error != 0) return FileError("write", name, error);
  struct stat info;
  if (::stat(target.c_str(), &info) != 0) {
    if (errno != ENOENT) return FileError("write", name, errno);
    if (!target.has_filename()) return FileError("write", name, EISDIR);
    return ReplacingTarget::Open(target, nullptr, name);
  }
  if (S_ISDIR(info.st_mode)) return FileError("write", name, EISDIR);
  // A write-protected file must not be replaced.
  if (::access(target.c_str(), W_OK) != 0) return FileError("write", name, errno);
  if (S_ISREG(info.st_mode)) return ReplacingTarget::Open(target, &info, name);
  if (!IsNull(info)) return SpoolingTarget::Open(target.string(), name);
  Fd fd(::open(target.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return FileError("write", name, errno);
  return std::make_unique<NullTarget>(std::move(fd), name);
}

std::unique_ptr<Compressor> CompressorFor(std::string_view path) {
  if (path.ends_with(".gz")) return std::make_unique<GzipCompressor>();
  if (path.ends_with(".zst")) return std::make_unique<ZstdCompressor>();
  return nullptr;
}

}  // namespace stateserver::client
