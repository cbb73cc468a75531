// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/jwt.h"

#include <rhonabwy.h>

#include <mutex>

#include "common/error.h"
#include "server/platform/auth/jwt_claims.h"
#include "server/platform/auth/refusal.h"

namespace stateserver::auth {
namespace {

constexpr unsigned kLeastRsaBits = 2048;
constexpr unsigned kP256Bits = 256;

// The library must be initialized once per process.
void InitLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { r_global_init(); });
}

struct FreeKey {
  void operator()(jwk_t* key) const { r_jwk_free(key); }
};
struct FreeKeys {
  void operator()(jwks_t* keys) const { r_jwks_free(keys); }
};
struct FreeToken {
  void operator()(jwt_t* token) const { r_jwt_free(token); }
};
using Key = std::unique_ptr<jwk_t, FreeKey>;
using Token = std::unique_ptr<jwt_t, FreeToken>;

// Returns the only algorithm that is accepted for a key, or R_JWA_ALG_NONE for an unsupported key.
jwa_alg AlgorithmOf(jwk_t* key) {
  unsigned bits = 0;
  int type = r_jwk_key_type(key, &bits, R_FLAG_IGNORE_REMOTE);
  if ((type & R_KEY_TYPE_PUBLIC) == 0) return R_JWA_ALG_NONE;
  if ((type & R_KEY_TYPE_RSA) != 0 && bits >= kLeastRsaBits) return R_JWA_ALG_RS256;
  if ((type & R_KEY_TYPE_EC) != 0 && bits == kP256Bits) return R_JWA_ALG_ES256;
  if ((type & R_KEY_TYPE_EDDSA) != 0 && bits == kP256Bits) return R_JWA_ALG_EDDSA;
  return R_JWA_ALG_NONE;
}

bool IsForSignatures(const jwk_t* key) {
  const char* use = r_jwk_get_property_str(const_cast<jwk_t*>(key), "use");
  return use == nullptr || std::string_view(use) == "sig";
}

std::string KeyId(jwk_t* key) {
  const char* id = r_jwk_get_property_str(key, "kid");
  return id == nullptr ? "" : id;
}

Token ParseSigned(const std::string& token) {
  jwt_t* made = nullptr;
  if (r_jwt_init(&made) != RHN_OK) return nullptr;
  Token out(made);
  // Ignores keys that the token itself contains or refers to.
  if (r_jwt_advanced_parsen(made, token.c_str(), token.size(), R_PARSE_NONE,
                            R_FLAG_IGNORE_REMOTE) != RHN_OK) {
    return nullptr;
  }
  return r_jwt_get_type(made) == R_JWT_TYPE_SIGN ? std::move(out) : nullptr;
}

std::string HeaderKeyId(jwt_t* token) {
  const char* id = r_jwt_get_header_str_value(token, "kid");
  return id == nullptr ? "" : id;
}

}  // namespace

struct KeySet::Impl {
  // The library counts references without a lock.
  mutable std::mutex mutex;
  std::unique_ptr<jwks_t, FreeKeys> keys;
};

KeySet::KeySet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeySet::~KeySet() = default;

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(const std::string& json) {
  InitLibrary();
  auto impl = std::make_unique<Impl>();
  jwks_t* all = nullptr;
  jwks_t* kept = nullptr;
  if (r_jwks_init(&all) != RHN_OK) return Error(Reason::INTERNAL, "out of memory");
  std::unique_ptr<jwks_t, FreeKeys> free_all(all);
  if (r_jwks_init(&kept) != RHN_OK) return Error(Reason::INTERNAL, "out of memory");
  impl->keys.reset(kept);
  // RHN_ERROR_PARAM only means that one of the keys was not understood.
  (void)r_jwks_import_from_json_str(all, json.c_str());
  size_t usable = 0;
  for (size_t i = 0; i < r_jwks_size(all); ++i) {
    Key key(r_jwks_get_at(all, i));
    if (key == nullptr || AlgorithmOf(key.get()) == R_JWA_ALG_NONE || !IsForSignatures(key.get())) {
      continue;
    }
    if (r_jwks_append_jwk(kept, key.get()) == RHN_OK) ++usable;
  }
  if (usable == 0) {
    return Error(Reason::ARGUMENT_INVALID,
                 "the key set holds no public key of type RSA (2048 bits or more), EC (P-256) or "
                 "OKP (Ed25519)",
                 "It is a JSON object with a list `keys` (RFC 7517).");
  }
  return std::shared_ptr<const KeySet>(new KeySet(std::move(impl)));
}

bool KeySet::Has(std::string_view key_id) const {
  std::lock_guard lock(impl_->mutex);
  Key key(r_jwks_get_by_kid(impl_->keys.get(), std::string(key_id).c_str()));
  return key != nullptr;
}

// JwtVerification verifies one token against one set.
class JwtVerification {
 public:
  explicit JwtVerification(const KeySet& keys) : keys_(*keys.impl_) {}

  absl::Status Signature(jwt_t* token) const {
    jwa_alg algorithm = r_jwt_get_sign_alg(token);
    if (algorithm != R_JWA_ALG_RS256 && algorithm != R_JWA_ALG_ES256 &&
        algorithm != R_JWA_ALG_EDDSA) {
      return Refuse("the token's algorithm is not RS256, ES256 or EdDSA");
    }
    Key key = Find(HeaderKeyId(token), algorithm);
    if (key == nullptr) return Refuse("no key of the issuer matches the token");
    if (r_jwt_verify_signature(token, key.get(), R_FLAG_IGNORE_REMOTE) != RHN_OK) {
      return Refuse("the token's signature is not valid");
    }
    return absl::OkStatus();
  }

 private:
  // Returns a copy of the key with this id or, without an id, of the only key for the algorithm.
  Key Find(const std::string& id, jwa_alg algorithm) const {
    std::lock_guard lock(keys_.mutex);
    Key found;
    for (size_t i = 0; i < r_jwks_size(keys_.keys.get()); ++i) {
      Key key(r_jwks_get_at(keys_.keys.get(), i));
      if (AlgorithmOf(key.get()) != algorithm) continue;
      if (!id.empty() && KeyId(key.get()) != id) continue;
      if (found != nullptr) return nullptr;
      found.reset(r_jwk_copy(key.get()));
    }
    return found;
  }

  const KeySet::Impl& keys_;
};

std::string KeyIdOf(const std::string& token) {
  InitLibrary();
  Token parsed = ParseSigned(token);
  return parsed == nullptr ? "" : HeaderKeyId(parsed.get());
}

absl::StatusOr<JwtClaims> VerifyJwt(const std::string& token, const KeySet& keys,
                                    const config::Jwt& expected, absl::Time now) {
  ASSIGN_OR_RETURN(JwtText text, DecodeJwt(token));
  RETURN_IF_ERROR(CheckJwtHeader(text.header));
  Token parsed = ParseSigned(token);
  if (parsed == nullptr) return Refuse("the token is not a signed JSON Web Token");
  RETURN_IF_ERROR(JwtVerification(keys).Signature(parsed.get()));
  return CheckJwtClaims(text.claims, expected, now);
}

}  // namespace stateserver::auth
