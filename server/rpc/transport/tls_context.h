// SPDX-License-Identifier: Apache-2.0
//
// TLS settings and certificates of the server.
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
#include "server/rpc/transport/revocation.h"

namespace stateserver::transport {

// TlsFiles holds paths of PEM files.
struct TlsFiles {
  std::string cert;
  std::string key;
  // If set, clients must present a certificate signed by one of these.
  std::string client_ca;
  // If set, holds the revocation lists of all authorities in clients' chains. Needs client_ca.
  std::string client_crl;
};

// TlsContents holds the contents of these files.
struct TlsContents {
  std::string cert;
  std::string key;
  std::string client_ca;
  std::string client_crl;

  bool operator==(const TlsContents&) const = default;
};

// Reads the files. Returns ARGUMENT_INVALID, naming the file that cannot be read.
absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files);

// TlsFacts is what valid files say about the future.
struct TlsFacts {
  // Time at which the server's certificate expires.
  absl::Time expires;
  // Empty without client_crl.
  std::vector<RevocationList> revocation_lists;
};

// Checks the contents. Returns ARGUMENT_INVALID, naming the invalid file, or if the key does not
// match the certificate. An expired revocation list is valid; see RevocationProblems.
absl::StatusOr<TlsFacts> CheckTlsContents(const TlsContents& contents, const TlsFiles& files);

// Reads `client_crl` and `client_ca` and returns the RevocationProblems of now. Returns
// ARGUMENT_INVALID, naming the file, if one of them is not usable.
absl::StatusOr<std::vector<std::string>> CheckRevocationLists(const TlsFiles& files);

using TlsContextPtr = std::shared_ptr<SSL_CTX>;

// ClientCertificates selects whether clients must present a certificate, if there is a `client_ca`
// to verify it.
enum class ClientCertificates { kRequired, kOptional };

// Creates a context with TLS 1.2 and 1.3, ECDHE with AES-GCM or ChaCha20, HTTP/2 by ALPN only, and
// neither session resumption nor renegotiation. Returns ARGUMENT_INVALID if OpenSSL rejects the
// contents.
absl::StatusOr<TlsContextPtr> MakeTlsContext(const TlsContents& contents,
                                             ClientCertificates clients);

// Returns true if the client negotiated HTTP/2 in the completed handshake.
bool NegotiatedHttp2(SSL* tls);

// TlsStore checks every second whether the files have changed. It validates new files before it
// uses them, so invalid or partially replaced files leave the current ones in use. Log and metrics
// report both outcomes. Thread-safe.
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

  // Returns the context for the next handshake.
  TlsContextPtr context() const;

  // Returns the RevocationProblems of now.
  std::vector<std::string> revocation_problems() const;

  // Reads from these paths from now on. On an error everything stays unchanged. A client_ca must
  // not be added or removed.
  absl::Status SetFiles(const TlsFiles& files);

 private:
  TlsStore(ClientCertificates clients, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : clients_(clients), metrics_(metrics), logger_(logger) {}
  absl::Status Take(const TlsFiles& files);
  void Poll();
  void Refuse(const absl::Status& status);
  void WarnOfRevocationLists();

  const ClientCertificates clients_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;

  mutable std::mutex mutex_;
  TlsContextPtr context_;
  TlsFiles files_;
  TlsContents contents_;
  TlsFacts facts_;
  // The last error logged; prevents logging it again.
  std::string refused_;
  // The last problems of revocation lists that were logged.
  std::vector<std::string> warned_of_;
  std::unique_ptr<telemetry::PeriodicTask> task_;  // last member: its thread uses the others
};

}  // namespace stateserver::transport
