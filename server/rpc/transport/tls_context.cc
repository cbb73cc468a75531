// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/tls_context.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {

namespace {

// A list of revoked certificates can be long.
constexpr size_t kMaxFileBytes = 16 << 20;

absl::Status Invalid(const std::string& key, const std::string& message) {
  return Error(Reason::ARGUMENT_INVALID, message, "Correct tls." + key + ".",
               {{"field", "tls." + key}});
}

absl::StatusOr<std::string> ReadFile(const std::string& key, const std::string& path) {
  absl::StatusOr<std::string> text = ReadRegularFile(path, kMaxFileBytes);
  if (text.ok()) return text;
  return Invalid(key,
                 Cat("Cannot read ", path, " (tls.", key, "): ", MessageOf(text.status()), "."));
}

absl::StatusOr<X509Ptr> ParseCertificate(const std::string& text, const std::string& key,
                                         const std::string& path) {
  X509Ptr certificate(PEM_read_bio_X509(InMemory(text).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate != nullptr) return certificate;
  return Invalid(key, path + " (tls." + key + ") holds no certificate in PEM format.");
}

absl::StatusOr<KeyPtr> ParseKey(const std::string& text, const std::string& path) {
  // An empty password prevents a prompt on the terminal.
  char no_password[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(InMemory(text).get(), nullptr, nullptr, no_password));
  ERR_clear_error();
  if (key != nullptr) return key;
  return Invalid("key", path + " (tls.key) holds no private key in PEM format without password.");
}

absl::Time EndOf(const X509Ptr& certificate) {
  std::tm tm = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &tm) != 1) {
    return absl::InfiniteFuture();
  }
  return absl::FromTM(tm, absl::UTCTimeZone());
}

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char kHttp2[] = {2, 'h', '2'};

absl::Status NotTaken(const char* key) {
  std::array<char, 256> why{};
  ERR_error_string_n(ERR_get_error(), why.data(), why.size());
  ERR_clear_error();
  return Error(Reason::ARGUMENT_INVALID, Cat("OpenSSL does not accept tls.", key, ": ", why.data()),
               Cat("Correct tls.", key, "."), {{"field", Cat("tls.", key)}});
}

int SelectHttp2(SSL*, const unsigned char** out, unsigned char* length,
                const unsigned char* offered, unsigned offered_length, void*) {
  unsigned char* selected = nullptr;
  int result =
      SSL_select_next_proto(&selected, length, kHttp2, sizeof kHttp2, offered, offered_length);
  *out = selected;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::Status UseChain(SSL_CTX* context, const std::string& pem) {
  BioPtr bio = InMemory(pem);
  X509Ptr leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (leaf == nullptr || SSL_CTX_use_certificate(context, leaf.get()) != 1) return NotTaken("cert");
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    // Takes ownership on success.
    if (SSL_CTX_add0_chain_cert(context, next) == 1) continue;
    X509_free(next);
    return NotTaken("cert");
  }
  ERR_clear_error();  // end of the file
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const std::string& pem) {
  char no_password[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(InMemory(pem).get(), nullptr, nullptr, no_password));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return NotTaken("key");
  return absl::OkStatus();
}

absl::Status RequestCertificates(SSL_CTX* context, const TlsContents& contents,
                                 ClientCertificates clients) {
  BioPtr bio = InMemory(contents.client_ca);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  while (X509Ptr authority{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return NotTaken("client_ca");
    }
  }
  ERR_clear_error();
  int mode = SSL_VERIFY_PEER;
  if (clients == ClientCertificates::kRequired) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  RecordRefusals(context, mode);
  return contents.client_crl.empty() ? absl::OkStatus()
                                     : UseRevocationLists(context, contents.client_crl);
}

}  // namespace

absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files) {
  TlsContents contents;
  ASSIGN_OR_RETURN(contents.cert, ReadFile("cert", files.cert));
  ASSIGN_OR_RETURN(contents.key, ReadFile("key", files.key));
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(contents.client_ca, ReadFile("client_ca", files.client_ca));
  }
  if (!files.client_crl.empty()) {
    ASSIGN_OR_RETURN(contents.client_crl, ReadFile("client_crl", files.client_crl));
  }
  return contents;
}

absl::StatusOr<TlsFacts> CheckTlsContents(const TlsContents& contents, const TlsFiles& files) {
  ASSIGN_OR_RETURN(X509Ptr certificate, ParseCertificate(contents.cert, "cert", files.cert));
  ASSIGN_OR_RETURN(KeyPtr key, ParseKey(contents.key, files.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return Invalid("key", files.key + " (tls.key) is not the key of the certificate in " +
                              files.cert + " (tls.cert).");
  }
  if (!files.client_ca.empty()) {
    RETURN_IF_ERROR(ParseCertificate(contents.client_ca, "client_ca", files.client_ca).status());
  }
  TlsFacts facts;
  facts.expires = EndOf(certificate);
  if (!files.client_crl.empty()) {
    ASSIGN_OR_RETURN(
        facts.revocation_lists,
        ReadRevocationLists(contents.client_crl, contents.client_ca, files.client_crl));
  }
  return facts;
}

absl::StatusOr<std::vector<std::string>> CheckRevocationLists(const TlsFiles& files) {
  ASSIGN_OR_RETURN(std::string lists, ReadFile("client_crl", files.client_crl));
  ASSIGN_OR_RETURN(std::string authorities, ReadFile("client_ca", files.client_ca));
  ASSIGN_OR_RETURN(std::vector<RevocationList> read,
                   ReadRevocationLists(lists, authorities, files.client_crl));
  return RevocationProblems(read, absl::Now());
}

absl::StatusOr<std::unique_ptr<TlsStore>> TlsStore::Open(const TlsFiles& files,
                                                         ClientCertificates clients,
                                                         telemetry::Metrics& metrics,
                                                         telemetry::Logger& logger,
                                                         absl::Duration interval) {
  auto store = std::unique_ptr<TlsStore>(new TlsStore(clients, metrics, logger));
  RETURN_IF_ERROR(store->Take(files));
  store->task_ = std::make_unique<telemetry::PeriodicTask>([store = store.get(), interval] {
    store->Poll();
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
  ASSIGN_OR_RETURN(TlsFacts facts, CheckTlsContents(contents, files));
  ASSIGN_OR_RETURN(context_, MakeTlsContext(contents, clients_));
  files_ = files;
  contents_ = std::move(contents);
  facts_ = std::move(facts);
  refused_.clear();
  metrics_.SetCertificateExpiry(facts_.expires);
  for (const RevocationList& list : facts_.revocation_lists) {
    metrics_.SetRevocationListExpiry(list.issuer, list.present ? list.expires : absl::UnixEpoch());
  }
  WarnOfRevocationLists();
  return absl::OkStatus();
}

// Logs each change once, also when a list expires while it is in use.
void TlsStore::WarnOfRevocationLists() {
  std::vector<std::string> problems = RevocationProblems(facts_.revocation_lists, absl::Now());
  if (problems == warned_of_) return;
  for (const std::string& problem : problems) {
    logger_.Log(telemetry::LogLevel::kError, "A revocation list is not usable",
                {{"client_crl", files_.client_crl}, {"error", problem}});
  }
  warned_of_ = std::move(problems);
}

std::vector<std::string> TlsStore::revocation_problems() const {
  std::lock_guard lock(mutex_);
  return RevocationProblems(facts_.revocation_lists, absl::Now());
}

absl::Status TlsStore::SetFiles(const TlsFiles& files) {
  std::lock_guard lock(mutex_);
  return Take(files);
}

void TlsStore::Poll() {
  std::lock_guard lock(mutex_);
  WarnOfRevocationLists();
  absl::StatusOr<TlsContents> contents = ReadTlsFiles(files_);
  if (contents.ok() && *contents == contents_) {
    refused_.clear();
    return;
  }
  absl::Status status = contents.ok() ? Take(files_) : contents.status();
  if (!status.ok()) return Refuse(status);
  metrics_.CertificateReloaded(true);
  logger_.Log(telemetry::LogLevel::kInfo, "Reloaded changed certificate files",
              {{"cert", files_.cert}});
}

void TlsStore::Refuse(const absl::Status& status) {
  std::string why(MessageOf(status));
  if (why == refused_) return;
  refused_ = why;
  metrics_.CertificateReloaded(false);
  logger_.Log(telemetry::LogLevel::kError,
              "Changed certificate files are not usable; the previous ones stay in use",
              {{"error", why}});
}

absl::StatusOr<TlsContextPtr> MakeTlsContext(const TlsContents& contents,
                                             ClientCertificates clients) {
  TlsContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return Error(Reason::INTERNAL, "OpenSSL has no memory for TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectHttp2, nullptr);
  RETURN_IF_ERROR(UseChain(context.get(), contents.cert));
  RETURN_IF_ERROR(UseKey(context.get(), contents.key));
  if (!contents.client_ca.empty()) {
    RETURN_IF_ERROR(RequestCertificates(context.get(), contents, clients));
  }
  return context;
}

bool NegotiatedHttp2(SSL* tls) {
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(tls, &protocol, &length);
  return std::string_view(reinterpret_cast<const char*>(protocol), length) == "h2";
}

}  // namespace stateserver::transport
