// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of bytes that arrive in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

// OpenSSL's digest context, kept out of the includes.
struct evp_md_ctx_st;

namespace stateserver {

// Not thread-safe. Movable; a moved-from object may only be destroyed.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept = default;
  Sha256& operator=(Sha256&&) noexcept = default;

  void Update(std::string_view bytes);

  // The digest of everything given so far as 64 lower-case hex digits, or as 32
  // raw bytes. Starts over: the object can be used for the next message.
  std::string FinishHex();
  std::string FinishRaw();

  static std::string Hex(std::string_view bytes);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Two lower-case hex digits for every byte.
std::string ToHex(std::string_view bytes);

}  // namespace stateserver
