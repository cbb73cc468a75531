// SPDX-License-Identifier: Apache-2.0
//
// TLS as the server speaks it.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::transport {

// Paths of PEM files.
struct TlsFiles {
  std::string cert;
  std::string key;
  // Set: clients must show a certificate that one of these signed.
  std::string client_ca;
};

// What is in them.
struct TlsContents {
  std::string cert;
  std::string key;
  std::string client_ca;

  bool operator==(const TlsContents&) const = default;
};

// ARGUMENT_INVALID names the file that cannot be read.
absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files);

// When the server's certificate ends. ARGUMENT_INVALID names the file that is
// not what it should be, or says that key and certificate are no pair.
absl::StatusOr<absl::Time> CheckTlsContents(const TlsContents& contents, const TlsFiles& files);

using TlsContextPtr = std::shared_ptr<SSL_CTX>;

// Whether clients must show a certificate, if there is a `client_ca` to check it with.
enum class ClientCertificates { kRequired, kOptional };

// TLS 1.2 and 1.3 with ECDHE and AES-GCM or ChaCha20, HTTP/2 by ALPN alone, without
// sessions to resume and without renegotiation. ARGUMENT_INVALID where OpenSSL does not
// take the contents.
absl::StatusOr<TlsContextPtr> MakeTlsContext(const TlsContents& contents,
                                             ClientCertificates clients);

// Returns true if the client asked for HTTP/2 in the handshake that has ended.
bool NegotiatedHttp2(SSL* tls);

// The names in the client's verified certificate: subject alternative names of the types
// DNS, URI, e-mail and IP, then the common name. Empty without a certificate. Names
// that hold a NUL are left out.
std::vector<std::string> VerifiedNames(SSL* tls);

// The same, of a certificate in DER that somebody else has verified. Empty where it is
// not one.
std::vector<std::string> NamesInCertificate(const std::string& der);

// Looks every second whether the files changed. New ones are checked before
// they are used, so files that are broken or replaced one after the other leave
// the server with those it has. Log and metrics tell both. Thread-safe.
class TlsStore {
 public:
  // Reads and checks the files once.
  static absl::StatusOr<std::unique_ptr<TlsStore>> Open(const TlsFiles& files,
                                                        ClientCertificates clients,
                                                        telemetry::Metrics& metrics,
                                                        telemetry::Logger& logger,
                                                        absl::Duration interval = absl::Seconds(1));
  TlsStore(const TlsStore&) = delete;
  TlsStore& operator=(const TlsStore&) = delete;

  // For the next handshake.
  TlsContextPtr context() const;

  // Reads from these paths from now on. An error leaves all as it was. Whether
  // there is a client_ca at all must not change.
  absl::Status SetFiles(const TlsFiles& files);

 private:
  TlsStore(ClientCertificates clients, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : clients_(clients), metrics_(metrics), logger_(logger) {}
  absl::Status Take(const TlsFiles& files);
  void Poll();
  void Refuse(const absl::Status& status);

  const ClientCertificates clients_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;

  mutable std::mutex mutex_;
  TlsContextPtr context_;
  TlsFiles files_;
  TlsContents contents_;
  // The error said last, so that it is said once.
  std::string refused_;
  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::transport
