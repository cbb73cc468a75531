// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/revocation.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "common/error.h"
#include "common/text.h"
#include "common/utf8.h"
#include "server/rpc/transport/certificate_names.h"
#include "server/rpc/transport/openssl_pointers.h"

namespace stateserver::transport {
namespace {

absl::Status InvalidLists(std::string_view path, std::string_view what) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, " (tls.client_crl) ", what),
               "Correct tls.client_crl.", {{"field", "tls.client_crl"}});
}

std::string TextOf(const X509_NAME* name) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  // Escapes control characters and everything that is not ASCII.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  long length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(std::max(length, 0L)));
}

absl::Time TimeOf(const ASN1_TIME* time, absl::Time otherwise) {
  std::tm tm = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1) return otherwise;
  return absl::FromTM(tm, absl::UTCTimeZone());
}

std::vector<X509Ptr> Certificates(const std::string& pem) {
  std::vector<X509Ptr> out;
  BioPtr bio = InMemory(pem);
  while (X509Ptr one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    out.push_back(std::move(one));
  }
  ERR_clear_error();
  return out;
}

absl::StatusOr<std::vector<CrlPtr>> Lists(const std::string& pem, std::string_view path) {
  std::vector<CrlPtr> out;
  BioPtr bio = InMemory(pem);
  ERR_clear_error();
  while (CrlPtr one{PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)}) {
    out.push_back(std::move(one));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (out.empty()) return InvalidLists(path, "holds no revocation list in PEM format.");
  if (!at_end) return InvalidLists(path, "holds a revocation list that is damaged.");
  return out;
}

// Returns false if the list is of one of `authorities` but is signed by none of them.
bool IsSigned(X509_CRL* list, const std::vector<X509Ptr>& authorities) {
  bool known = false;
  for (const X509Ptr& authority : authorities) {
    if (X509_NAME_cmp(X509_get_subject_name(authority.get()), X509_CRL_get_issuer(list)) != 0) {
      continue;
    }
    known = true;
    if (X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1) return true;
  }
  ERR_clear_error();
  return !known;
}

std::string DayOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// The place of a connection's refusal: a string that OpenSSL frees with the connection.
int RefusalIndex() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* text, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<std::string*>(text);
      });
  return index;
}

int OnVerified(int ok, X509_STORE_CTX* store) {
  auto* tls =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ok == 1 || tls == nullptr || SSL_get_ex_data(tls, RefusalIndex()) != nullptr) return ok;
  std::string text = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
  if (const X509* certificate = X509_STORE_CTX_get_current_cert(store); certificate != nullptr) {
    std::vector<std::string> names = NamesOf(certificate);
    text = Cat("'", names.empty() ? TextOf(X509_get_subject_name(certificate)) : names.front(),
               "', issued by '", TextOf(X509_get_issuer_name(certificate)), "': ", text);
  }
  SSL_set_ex_data(tls, RefusalIndex(), new std::string(ToValidUtf8(text)));
  return ok;
}

}  // namespace

absl::StatusOr<std::vector<RevocationList>> ReadRevocationLists(const std::string& crls,
                                                                const std::string& authorities,
                                                                std::string_view path) {
  ASSIGN_OR_RETURN(std::vector<CrlPtr> lists, Lists(crls, path));
  std::vector<X509Ptr> issuers = Certificates(authorities);
  std::vector<RevocationList> out;
  for (const CrlPtr& list : lists) {
    RevocationList one;
    one.issuer = TextOf(X509_CRL_get_issuer(list.get()));
    if (!IsSigned(list.get(), issuers)) {
      return InvalidLists(path, Cat("holds a list of '", one.issuer,
                                    "' that this authority (tls.client_ca) has not signed."));
    }
    one.issued = TimeOf(X509_CRL_get0_lastUpdate(list.get()), absl::InfinitePast());
    one.expires = TimeOf(X509_CRL_get0_nextUpdate(list.get()), absl::InfiniteFuture());
    out.push_back(std::move(one));
  }
  for (const X509Ptr& issuer : issuers) {
    std::string name = TextOf(X509_get_subject_name(issuer.get()));
    bool present = std::any_of(out.begin(), out.end(),
                               [&](const RevocationList& list) { return list.issuer == name; });
    if (!present) out.push_back({std::move(name), false, absl::InfinitePast()});
  }
  return out;
}

std::vector<std::string> RevocationProblems(const std::vector<RevocationList>& lists,
                                            absl::Time now) {
  std::vector<std::string> out;
  for (const RevocationList& list : lists) {
    const bool replaced = std::any_of(lists.begin(), lists.end(), [&](const RevocationList& other) {
      return other.issuer == list.issuer && other.present && other.issued <= now &&
             now < other.expires;
    });
    if (replaced) continue;
    std::string what = Cat("the revocation list of '", list.issuer, "' ");
    if (!list.present) {
      what += "is missing";
    } else if (now >= list.expires) {
      AppendTo(&what, "expired at ", DayOf(list.expires));
    } else {
      AppendTo(&what, "is not valid before ", DayOf(list.issued));
    }
    out.push_back(Cat(what, ", so all client certificates of this authority are refused"));
  }
  return out;
}

absl::Status UseRevocationLists(SSL_CTX* context, const std::string& crls) {
  ASSIGN_OR_RETURN(std::vector<CrlPtr> lists, Lists(crls, "The file"));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CrlPtr& list : lists) {
    if (X509_STORE_add_crl(store, list.get()) != 1) {
      ERR_clear_error();
      return InvalidLists("The file", "holds a list that OpenSSL does not accept.");
    }
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return absl::OkStatus();
}

void RecordRefusals(SSL_CTX* context, int verify_mode) {
  SSL_CTX_set_verify(context, verify_mode, OnVerified);
}

std::string WhyRefused(const SSL* tls) {
  const auto* text = static_cast<std::string*>(SSL_get_ex_data(tls, RefusalIndex()));
  return text == nullptr ? "" : *text;
}

}  // namespace stateserver::transport
