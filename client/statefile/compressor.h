// SPDX-License-Identifier: Apache-2.0
//
// Packs a state file whose first bytes are rewritten at the end.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::client {

// Not thread-safe.
class Compressor {
 public:
  virtual ~Compressor() = default;

  // A gzip member or zstd frame of its own that holds `text` (up to 65535 bytes)
  // as it is: equal lengths give equal lengths, so it can be written over.
  virtual std::string Prefix(std::string_view text) const = 0;

  // Appends packed bytes to `out`, maybe later than their text was given; with
  // `last` all of them. INTERNAL when the library fails (no memory).
  virtual absl::Status Add(std::string_view text, bool last, std::string* out) = 0;
};

// By the end of the path: ".gz" and ".zst"; nullptr for anything else.
std::unique_ptr<Compressor> CompressorFor(std::string_view path);

}  // namespace stateserver::client
