// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a certificate that a proxy forwards. Its names can be written to logs and tables.
#include <algorithm>
#include <string>

#include "common/certificate_name.h"
#include "common/utf8.h"
#include "server/rpc/transport/certificate_names.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  using stateserver::transport::NamesInCertificate;
  std::string der(stateserver::fuzz::TextOf(data, size));
  const auto names = NamesInCertificate(der);
  for (const std::string& name : names) {
    Check(stateserver::ToValidUtf8(name) == name);
    auto written = stateserver::ParseCertificateName(name);
    // A grant cannot name a wildcard.
    const bool wildcard = name.starts_with("dns:") && name.find('*') != name.npos;
    Check(wildcard ? !written.ok() : written.ok() && *written == name);
    Check(std::none_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  }
  // An input without names may be a certificate that lacks its last byte.
  Check(names.empty() || NamesInCertificate(der + "x").empty());
  return 0;
}
