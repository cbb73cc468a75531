// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of data that arrives in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

// OpenSSL's digest context, declared here to avoid including its headers.
struct evp_md_ctx_st;

namespace stateserver {

// Sha256 computes one digest at a time. Movable; a moved-from object may only be destroyed. Not
// thread-safe.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;

  void Update(std::string_view bytes);
  // Adds a text without zero bytes and a zero byte behind it, so that texts stay apart.
  void UpdateText(std::string_view text);

  // Return the digest of all data so far as 64 lower-case hex digits, or as 32 raw bytes, and reset
  // the object for the next message.
  std::string FinishHex();
  std::string FinishRaw();

  static std::string Hex(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Returns two lower-case hex digits for every byte.
std::string ToHex(std::string_view bytes);

}  // namespace stateserver
