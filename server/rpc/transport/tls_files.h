// SPDX-License-Identifier: Apache-2.0
//
// The certificate files of the server: what they must hold.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

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

}  // namespace stateserver::transport
