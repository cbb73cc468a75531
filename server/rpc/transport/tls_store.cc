// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/tls_store.h"

#include <string_view>

#include "common/error.h"

namespace stateserver::transport {

absl::StatusOr<std::unique_ptr<TlsStore>> TlsStore::Open(const TlsFiles& files,
                                                         ClientCertificates clients,
                                                         telemetry::Metrics& metrics,
                                                         telemetry::Logger& logger,
                                                         absl::Duration interval) {
  auto store = std::unique_ptr<TlsStore>(new TlsStore(clients, metrics, logger));
  RETURN_IF_ERROR(store->Take(files));
  store->task_ = std::make_unique<telemetry::PeriodicTask>([store = store.get(), interval] {
    store->Look();
    return interval;
  });
  return store;
}

TlsContextPtr TlsStore::context() const {
  std::lock_guard lock(mutex_);
  return context_;
}

absl::Status TlsStore::Take(const TlsFiles& files) {
  ASSIGN_OR_RETURN(TlsContents contents, ReadTlsFiles(files));
  ASSIGN_OR_RETURN(absl::Time end, CheckTlsContents(contents, files));
  ASSIGN_OR_RETURN(context_, MakeTlsContext(contents, clients_));
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

}  // namespace stateserver::transport
