// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses what the rest is: a token of a stranger, claims that the issuer has
// signed, a header that it has signed, or a key set. No token without the issuer's signature is
// accepted, and none whose claims do not say what they must.
#include <openssl/evp.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "common/error.h"
#include "server/platform/auth/jwt.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace auth = stateserver::auth;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kHeader[] = R"({"alg":"EdDSA","kid":"k"})";

std::string Base64(std::string_view text) {
  return absl::WebSafeBase64Escape(absl::string_view(text.data(), text.size()));
}

// Issuer is the holder of one fixed key of the type Ed25519.
class Issuer {
 public:
  Issuer() {
    std::array<unsigned char, 32> secret{};
    secret.fill(7);
    key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), 32));
    std::array<unsigned char, 32> shown{};
    size_t length = shown.size();
    EVP_PKEY_get_raw_public_key(key_.get(), shown.data(), &length);
    std::string x = Base64({reinterpret_cast<char*>(shown.data()), length});
    auto keys = auth::KeySet::Parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":")" + x +
                                    R"("}]})");
    Check(keys.ok());
    keys_ = *keys;
    expected_.issuer = "https://login.example.com/";
    expected_.audience = "stateserver";
  }

  std::string Signed(std::string_view header, std::string_view claims) const {
    std::string text = Base64(header) + "." + Base64(claims);
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    std::array<unsigned char, 64> signature{};
    size_t length = signature.size();
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    EVP_DigestSign(context.get(), signature.data(), &length,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return text + "." + Base64({reinterpret_cast<char*>(signature.data()), length});
  }

  // Returns true if the token ends with a signature of the text before it, by this key.
  bool HasSigned(std::string_view token) const {
    size_t dot = token.rfind('.');
    std::string signature;
    if (dot == token.npos ||
        !absl::WebSafeBase64Unescape(
            absl::string_view(token.data() + dot + 1, token.size() - dot - 1), &signature)) {
      return false;
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(), reinterpret_cast<const unsigned char*>(token.data()),
                            dot) == 1;
  }

  absl::StatusOr<auth::JwtClaims> Verify(const std::string& token) const {
    auto claims = auth::VerifyJwt(token, *keys_, expected_, kNow);
    if (claims.ok()) {
      Check(HasSigned(token));
    } else {
      Check(stateserver::ReasonOf(claims.status()) == stateserver::Reason::UNAUTHENTICATED);
    }
    return claims;
  }

  const stateserver::config::Jwt& expected() const { return expected_; }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
  std::shared_ptr<const auth::KeySet> keys_;
  stateserver::config::Jwt expected_;
};

// Reads the claims again, with another interface of the parser.
void CheckClaims(const Issuer& issuer, const std::string& text, const auth::JwtClaims& claims) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  Check(parser.parse(text).get(object) == simdjson::SUCCESS);
  std::string_view word;
  double expires = 0;
  Check(object["exp"].get(expires) == simdjson::SUCCESS);
  Check(kNow < absl::FromUnixSeconds(0) + absl::Seconds(expires) + issuer.expected().leeway);
  Check(!claims.subject.empty() && claims.subject.size() <= 256);
  Check(std::none_of(claims.subject.begin(), claims.subject.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  if (object["iss"].get(word) == simdjson::SUCCESS) Check(word == issuer.expected().issuer);
  if (object["aud"].get(word) == simdjson::SUCCESS) Check(word == issuer.expected().audience);
  if (object["sub"].get(word) == simdjson::SUCCESS) Check(word == claims.subject);
}

void CheckKeySet(const std::string& text) {
  auto keys = auth::KeySet::Parse(text);
  if (!keys.ok()) {
    Check(stateserver::ReasonOf(keys.status()) == stateserver::Reason::ARGUMENT_INVALID);
    return;
  }
  (*keys)->Has("k");
  static const Issuer issuer;
  // Whoever chooses the keys may be the issuer; the claims must still be right.
  std::string token = issuer.Signed(kHeader, "{}");
  Check(!auth::VerifyJwt(token, **keys, issuer.expected(), kNow).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const Issuer issuer;
  std::string text(stateserver::fuzz::TextOf(data + 1, size - 1));
  switch (data[0] % 4) {
    case 0: {
      auth::KeyIdOf(text);
      (void)issuer.Verify(text);
      break;
    }
    case 1: {
      std::string token = issuer.Signed(kHeader, text);
      Check(auth::KeyIdOf(token).empty() || auth::KeyIdOf(token) == "k");
      auto claims = issuer.Verify(token);
      if (claims.ok()) CheckClaims(issuer, text, *claims);
      // The same claims with another signature.
      token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
      Check(!issuer.Verify(token).ok());
      break;
    }
    case 2: {
      (void)issuer.Verify(issuer.Signed(
          text,
          R"({"iss":"https://login.example.com/","aud":"stateserver","sub":"a","exp":1.9e9})"));
      break;
    }
    default:
      CheckKeySet(text);
  }
  return 0;
}
