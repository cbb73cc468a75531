// SPDX-License-Identifier: Apache-2.0
//
// A text as the client's file of contexts: what is read is printed, and reads back the same.
#include <string>

#include "client/errors.h"
#include "client/settings/contexts.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  namespace client = stateserver::client;
  std::string text(stateserver::fuzz::TextOf(data, size));
  auto contexts = client::ParseContexts(text, "/home/anna/config.yaml");
  if (!contexts.ok()) {
    Check(client::HasClientReason(contexts.status(), client::ClientReason::SETTINGS_INVALID));
    return 0;
  }
  Check(contexts->current.empty() || contexts->named.contains(contexts->current));
  auto again = client::ParseContexts(client::FormatContexts(*contexts), "/home/anna/config.yaml");
  Check(again.ok() && again->current == contexts->current && again->named == contexts->named);
  return 0;
}
