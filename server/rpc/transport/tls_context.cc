// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>

#include "common/error.h"
#include "common/text.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {
namespace {

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
    // Takes ownership where it succeeds.
    if (SSL_CTX_add0_chain_cert(context, next) == 1) continue;
    X509_free(next);
    return NotTaken("cert");
  }
  ERR_clear_error();  // the end of the file
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const std::string& pem) {
  char no_password[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(InMemory(pem).get(), nullptr, nullptr, no_password));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return NotTaken("key");
  return absl::OkStatus();
}

absl::Status AskForCertificates(SSL_CTX* context, const std::string& authorities,
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
    RETURN_IF_ERROR(AskForCertificates(context.get(), contents.client_ca, clients));
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
