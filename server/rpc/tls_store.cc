#include "server/rpc/tls_store.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "common/error.h"

namespace stateserver::rpc {

// The library watches paths; this gives it one without writing a key to a disk.
class TlsStore::MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

  bool Replace(const std::string& text) {
    return ftruncate(fd_, 0) == 0 &&
           pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  }

 private:
  const int fd_;
};

TlsStore::TlsStore(telemetry::Metrics& metrics, telemetry::Logger& logger)
    : metrics_(metrics),
      logger_(logger),
      cert_(std::make_unique<MemoryFile>("tls-cert")),
      key_(std::make_unique<MemoryFile>("tls-key")),
      client_ca_(std::make_unique<MemoryFile>("tls-client-ca")) {}

TlsStore::~TlsStore() = default;

absl::StatusOr<std::unique_ptr<TlsStore>> TlsStore::Open(const TlsFiles& files,
                                                         telemetry::Metrics& metrics,
                                                         telemetry::Logger& logger,
                                                         absl::Duration interval) {
  auto store = std::unique_ptr<TlsStore>(new TlsStore(metrics, logger));
  RETURN_IF_ERROR(store->Take(files));
  store->task_ = std::make_unique<telemetry::PeriodicTask>([store = store.get(), interval] {
    store->Look();
    return interval;
  });
  return store;
}

TlsFiles TlsStore::checked() const {
  return {cert_->path(), key_->path(), contents_.client_ca.empty() ? "" : client_ca_->path()};
}

absl::Status TlsStore::Take(const TlsFiles& files) {
  ASSIGN_OR_RETURN(TlsContents contents, ReadTlsFiles(files));
  ASSIGN_OR_RETURN(absl::Time end, CheckTlsContents(contents, files));
  if (!cert_->Replace(contents.cert) || !key_->Replace(contents.key) ||
      !client_ca_->Replace(contents.client_ca)) {
    return Error(Reason::INTERNAL, "Cannot keep the certificates in memory.",
                 "The machine may be out of memory.");
  }
  files_ = files;
  contents_ = std::move(contents);
  refused_.clear();
  metrics_.SetCertificateExpiry(end);
  return absl::OkStatus();
}

absl::Status TlsStore::SetFiles(const TlsFiles& files) {
  std::lock_guard lock(mutex_);
  return Take(files);
}

void TlsStore::Look() {
  std::lock_guard lock(mutex_);
  absl::StatusOr<TlsContents> contents = ReadTlsFiles(files_);
  if (contents.ok() && *contents == contents_) {
    refused_.clear();
    return;
  }
  absl::Status status = contents.ok() ? Take(files_) : contents.status();
  if (!status.ok()) return Refuse(status);
  metrics_.CertificateReloaded(true);
  logger_.Log(telemetry::LogLevel::kInfo, "took over changed certificate files",
              {{"cert", files_.cert}});
}

void TlsStore::Refuse(const absl::Status& status) {
  std::string why(MessageOf(status));
  if (why == refused_) return;
  refused_ = why;
  metrics_.CertificateReloaded(false);
  logger_.Log(telemetry::LogLevel::kError,
              "changed certificate files are not usable; those before stay in use",
              {{"error", why}});
}

}  // namespace stateserver::rpc
