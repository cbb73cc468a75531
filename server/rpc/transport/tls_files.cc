// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/tls_files.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

#include "common/error.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {
namespace {

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
  std::string why = errno == 0 ? "it is empty or no file" : std::strerror(errno);
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
  // An empty password instead of a prompt on the terminal.
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

}  // namespace stateserver::transport
