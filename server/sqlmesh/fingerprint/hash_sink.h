// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's hash_data(): the CRC-32 of texts joined by ';', in decimal.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace stateserver::fingerprint {

class HashSink {
 public:
  // Adds one element. An absent element counts as an empty text.
  void Add(std::string_view text) {
    if (started_) Feed(";");
    started_ = true;
    Feed(text);
  }
  void AddNone() { Add({}); }

  std::string Finish() const { return std::to_string(crc_); }

 private:
  void Feed(std::string_view text) {
    // zlib resets the checksum when the buffer is null.
    if (text.empty()) return;
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(text.data()), text.size());
  }

  uLong crc_ = crc32_z(0, nullptr, 0);
  bool started_ = false;
};

}  // namespace stateserver::fingerprint
