#include "server/rpc/tls_files.h"

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
#include <utility>

#include "common/error.h"

namespace stateserver::rpc {
namespace {

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

absl::Status Invalid(std::string_view key, const std::string& message) {
  return Error(Reason::ARGUMENT_INVALID, message, "Correct tls." + std::string(key) + ".",
               {{"field", "tls." + std::string(key)}});
}

absl::StatusOr<std::string> ReadFile(std::string_view key, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return Invalid(key, "Cannot read " + path + " (tls." + std::string(key) +
                            "): " + std::strerror(errno) + ".");
  }
  return text.str();
}

Bio Memory(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<Certificate> ReadCertificate(std::string_view key, const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(key, path));
  Certificate certificate(PEM_read_bio_X509(Memory(text).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) {
    return Invalid(key,
                   path + " (tls." + std::string(key) + ") holds no certificate in PEM format.");
  }
  return certificate;
}

absl::StatusOr<PrivateKey> ReadKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadFile("key", path));
  // An empty password instead of a prompt on the terminal.
  char no_password[] = "";
  PrivateKey key(PEM_read_bio_PrivateKey(Memory(text).get(), nullptr, nullptr, no_password));
  ERR_clear_error();
  if (key == nullptr) {
    return Invalid("key", path + " (tls.key) holds no private key in PEM format without password.");
  }
  return key;
}

absl::Time EndOf(const Certificate& certificate) {
  std::tm tm = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &tm) != 1) {
    return absl::InfiniteFuture();
  }
  return absl::FromTM(tm, absl::UTCTimeZone());
}

std::string Contents(const TlsFiles& files) {
  std::string all;
  for (const std::string* path : {&files.cert, &files.key, &files.client_ca}) {
    if (path->empty()) continue;
    all.append(ReadFile("", *path).value_or("")).push_back('\0');
  }
  return all;
}

}  // namespace

absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files) {
  ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate("cert", files.cert));
  ASSIGN_OR_RETURN(PrivateKey key, ReadKey(files.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return Invalid("key", files.key + " (tls.key) is not the key of the certificate in " +
                              files.cert + " (tls.cert).");
  }
  if (!files.client_ca.empty()) {
    RETURN_IF_ERROR(ReadCertificate("client_ca", files.client_ca).status());
  }
  return EndOf(certificate);
}

TlsWatch::TlsWatch(TlsFiles files, telemetry::Metrics& metrics, telemetry::Logger& logger,
                   absl::Duration interval)
    : files_(std::move(files)),
      metrics_(metrics),
      logger_(logger),
      contents_(Contents(files_)),
      task_([this, interval] {
        Look();
        return interval;
      }) {
  if (auto end = CheckTlsFiles(files_); end.ok()) metrics_.SetCertificateExpiry(*end);
}

void TlsWatch::Look() {
  std::string contents = Contents(files_);
  if (contents == contents_) return;
  contents_ = std::move(contents);
  absl::StatusOr<absl::Time> end = CheckTlsFiles(files_);
  metrics_.CertificateReloaded(end.ok());
  if (end.ok()) {
    metrics_.SetCertificateExpiry(*end);
    logger_.Log(telemetry::LogLevel::kInfo, "took over changed certificate files",
                {{"expires", absl::FormatTime(absl::RFC3339_sec, *end, absl::UTCTimeZone())}});
  } else {
    logger_.Log(telemetry::LogLevel::kError, "changed certificate files are not usable",
                {{"error",
                  std::string_view(end.status().message().data(), end.status().message().size())}});
  }
}

}  // namespace stateserver::rpc
