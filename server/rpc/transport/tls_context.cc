// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/tls_context.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::transport {

namespace {

// OpenSslFree is a deleter for OpenSSL's objects.
template <auto free>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;

// Returns a BIO that reads `text`, which must outlive it.
inline BioPtr InMemory(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::Status Invalid(const std::string& key, const std::string& message) {
  return Error(Reason::ARGUMENT_INVALID, message, "Correct tls." + key + ".",
               {{"field", "tls." + key}});
}

absl::StatusOr<std::string> ReadFile(const std::string& key, const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (file && text) return text.str();
  std::string why = errno == 0 ? "it is empty or not a file" : std::strerror(errno);
  return Invalid(key, "Cannot read " + path + " (tls." + key + "): " + why + ".");
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

absl::Status RequestCertificates(SSL_CTX* context, const std::string& authorities,
                                 ClientCertificates clients) {
  BioPtr bio = InMemory(authorities);
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
  SSL_CTX_set_verify(context, mode, nullptr);
  return absl::OkStatus();
}

void AddName(const unsigned char* data, int length, std::vector<std::string>* names) {
  std::string name(reinterpret_cast<const char*>(data), static_cast<size_t>(length));
  if (!name.empty() && name.find('\0') == std::string::npos) names->push_back(std::move(name));
}

void AddAddress(const ASN1_OCTET_STRING* address, std::vector<std::string>* names) {
  int length = ASN1_STRING_length(address);
  if (length != 4 && length != 16) return;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text.data(),
            text.size());
  names->emplace_back(text.data());
}

void AddAlternativeNames(const X509* certificate, std::vector<std::string>* names) {
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_IPADD) {
      AddAddress(name->d.iPAddress, names);
    } else if (name->type == GEN_DNS || name->type == GEN_URI || name->type == GEN_EMAIL) {
      AddName(ASN1_STRING_get0_data(name->d.ia5), ASN1_STRING_length(name->d.ia5), names);
    }
  }
  GENERAL_NAMES_free(all);
}

void AddCommonNames(const X509* certificate, std::vector<std::string>* names) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    int length = ASN1_STRING_to_UTF8(&utf8, text);
    if (length > 0) AddName(utf8, length, names);
    OPENSSL_free(utf8);
  }
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  AddAlternativeNames(certificate, &names);
  AddCommonNames(certificate, &names);
  ERR_clear_error();
  return names;
}

}  // namespace

absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files) {
  TlsContents contents;
  ASSIGN_OR_RETURN(contents.cert, ReadFile("cert", files.cert));
  ASSIGN_OR_RETURN(contents.key, ReadFile("key", files.key));
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(contents.client_ca, ReadFile("client_ca", files.client_ca));
  }
  return contents;
}

absl::StatusOr<absl::Time> CheckTlsContents(const TlsContents& contents, const TlsFiles& files) {
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
  return EndOf(certificate);
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

void TlsStore::Poll() {
  std::lock_guard lock(mutex_);
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
    RETURN_IF_ERROR(RequestCertificates(context.get(), contents.client_ca, clients));
  }
  return context;
}

bool NegotiatedHttp2(SSL* tls) {
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(tls, &protocol, &length);
  return std::string_view(reinterpret_cast<const char*>(protocol), length) == "h2";
}

std::vector<std::string> VerifiedNames(SSL* tls) {
  X509Ptr certificate(SSL_get1_peer_certificate(tls));
  if (certificate == nullptr || SSL_get_verify_result(tls) != X509_V_OK) return {};
  return NamesOf(certificate.get());
}

std::vector<std::string> NamesInCertificate(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate == nullptr ? std::vector<std::string>() : NamesOf(certificate.get());
}

}  // namespace stateserver::transport
