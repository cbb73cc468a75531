// SPDX-License-Identifier: Apache-2.0
//
// Certificate revocation lists (CRLs) of clients' certificates.
#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::transport {

// RevocationList is the list of one authority, or its absence.
struct RevocationList {
  // The authority's subject, for example "CN=ca,O=Example".
  std::string issuer;
  // False if an authority of `client_ca` has no list; then all of its certificates are refused.
  bool present = true;
  absl::Time issued;
  // Time from which all certificates of the authority are refused, until there is a newer list.
  absl::Time expires = absl::InfiniteFuture();
};

// Reads the lists in `crls` and determines which authorities in `authorities` have none; both are
// texts in PEM. `path` is the file of `crls`, for messages. Returns ARGUMENT_INVALID if there is no
// list, if one is damaged, or if one that an authority has issued is not signed by it.
absl::StatusOr<std::vector<RevocationList>> ReadRevocationLists(const std::string& crls,
                                                                const std::string& authorities,
                                                                std::string_view path);

// Returns one sentence, without a full stop, for each list because of which valid certificates are
// refused at `now`: it is missing, has expired or is not valid yet.
std::vector<std::string> RevocationProblems(const std::vector<RevocationList>& lists,
                                            absl::Time now);

// Makes `context` refuse client certificates with a chain in which a certificate is revoked, or in
// which an authority has no valid list. `crls` must have passed ReadRevocationLists.
absl::Status UseRevocationLists(SSL_CTX* context, const std::string& crls);

// Makes `context` record why it refuses client certificates, for WhyRefused.
void RecordRefusals(SSL_CTX* context, int verify_mode);

// Returns why the client's certificate was refused, for example "'uri:spiffe://a/ci', issued by
// 'CN=ca': certificate revoked". Returns "" if it was not.
std::string WhyRefused(const SSL* tls);

}  // namespace stateserver::transport
