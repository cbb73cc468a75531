// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/jwt_claims.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/escaping.h"
#include "common/principal_name.h"
#include "common/text.h"
#include "server/platform/auth/refusal.h"

namespace stateserver::auth {
namespace {

using simdjson::dom::element;

constexpr size_t kMostTokenBytes = 64 << 10;
constexpr size_t kMostLevels = 32;
// The last second of the year 9999.
constexpr double kLastSecond = 253'402'300'799;

absl::StatusOr<std::string> Decode(std::string_view part) {
  const bool base64url = !part.empty() && part.find_first_not_of(
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789-_") == part.npos;
  std::string text;
  if (!base64url || !absl::WebSafeBase64Unescape(std::string(part), &text)) {
    return Refuse("a part of the token is not base64url");
  }
  return text;
}

// Finds a name that an object has twice, at any level. Parsers differ in which of the two counts.
// The parser has limited the depth.
std::optional<std::string> DuplicateName(element value) {
  simdjson::dom::array list;
  if (value.get(list) == simdjson::SUCCESS) {
    for (element item : list) {
      if (auto found = DuplicateName(item)) return found;
    }
    return std::nullopt;
  }
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return std::nullopt;
  std::set<std::string_view> names;
  for (simdjson::dom::key_value_pair field : object) {
    if (!names.insert(field.key).second) return std::string(field.key);
    if (auto found = DuplicateName(field.value)) return found;
  }
  return std::nullopt;
}

// Fields are the fields of one JSON object, and the first one of a wrong type.
class Fields {
 public:
  // `what` names the object in messages: "header" or "claims". `parser` owns the fields.
  static absl::StatusOr<Fields> Parse(const std::string& json, std::string_view what,
                                      simdjson::dom::parser* parser) {
    Fields out;
    if (json.size() > kMostTokenBytes ||
        parser->allocate(kMostTokenBytes, kMostLevels) != simdjson::SUCCESS ||
        parser->parse(json).get(out.object_) != simdjson::SUCCESS || !out.object_.is_object()) {
      return Refuse(
          Cat("the token's ", what, " is not one JSON object of at most ", kMostLevels, " levels"));
    }
    if (auto name = DuplicateName(out.object_)) {
      return Refuse(Cat("the token's ", what, " has a name twice: ", *name));
    }
    return out;
  }

  bool Has(const std::string& name) const {
    return object_.at_key(name).error() == simdjson::SUCCESS;
  }

  // Each returns nothing if the field is absent, or has a wrong type.
  std::optional<std::string> Text(const std::string& name) {
    std::string_view text;
    if (!Has(name)) return std::nullopt;
    if (object_.at_key(name).get(text) == simdjson::SUCCESS) return std::string(text);
    return Wrong(name, "a text");
  }

  std::vector<std::string> Texts(const std::string& name) {
    std::string_view text;
    simdjson::dom::array list;
    std::vector<std::string> out;
    if (!Has(name)) return out;
    if (object_.at_key(name).get(text) == simdjson::SUCCESS) return {std::string(text)};
    bool texts = object_.at_key(name).get(list) == simdjson::SUCCESS;
    if (texts) {
      for (element item : list) {
        texts = texts && item.get(text) == simdjson::SUCCESS;
        if (texts) out.emplace_back(text);
      }
    }
    if (!texts) Wrong(name, "a text or a list of texts");
    return out;
  }

  std::optional<absl::Time> Time(const std::string& name) {
    double seconds = 0;
    if (!Has(name)) return std::nullopt;
    if (object_.at_key(name).get(seconds) == simdjson::SUCCESS && seconds >= 0 &&
        seconds <= kLastSecond) {
      return absl::UnixEpoch() + absl::Seconds(seconds);
    }
    Wrong(name, "a number of seconds since 1970");
    return std::nullopt;
  }

  // Returns UNAUTHENTICATED if a field that was read has a wrong type.
  absl::Status status() const { return status_; }

 private:
  std::nullopt_t Wrong(const std::string& name, std::string_view expected) {
    if (status_.ok()) status_ = Refuse(Cat("the token's ", name, " is not ", expected));
    return std::nullopt;
  }

  element object_;
  absl::Status status_;
};

absl::Status CheckTimes(std::optional<absl::Time> expires, std::optional<absl::Time> not_before,
                        absl::Duration leeway, absl::Time now) {
  if (!expires) return Refuse("the token has no exp");
  if (now >= *expires + leeway) return Refuse("the token has expired");
  if (not_before && now + leeway < *not_before) {
    return Refuse("the token is not valid yet (nbf)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JwtText> DecodeJwt(const std::string& token) {
  std::string_view rest = token;
  std::array<std::string_view, 3> parts;
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  if (!rest.empty() || std::count(token.begin(), token.end(), '.') != 2) {
    return Refuse("the token does not have three parts");
  }
  JwtText text;
  ASSIGN_OR_RETURN(text.header, Decode(parts[0]));
  ASSIGN_OR_RETURN(text.claims, Decode(parts[1]));
  RETURN_IF_ERROR(Decode(parts[2]).status());
  return text;
}

absl::Status CheckJwtHeader(const std::string& header) {
  simdjson::dom::parser parser;
  ASSIGN_OR_RETURN(Fields fields, Fields::Parse(header, "header", &parser));
  const bool has_algorithm = fields.Text("alg").has_value();
  fields.Text("kid");
  std::string type = Lower(fields.Text("typ").value_or("JWT"));
  RETURN_IF_ERROR(fields.status());
  if (!has_algorithm) return Refuse("the token has no alg");
  if (fields.Has("crit")) return Refuse("the token asks for an extension (crit)");
  constexpr std::string_view kMediaType = "application/";
  if (type.starts_with(kMediaType)) type.erase(0, kMediaType.size());
  if (type != "jwt" && type != "at+jwt") {
    return Refuse("the token's typ is neither JWT nor at+jwt, so it is for another use");
  }
  return absl::OkStatus();
}

absl::StatusOr<JwtClaims> CheckJwtClaims(const std::string& claims, const config::Jwt& expected,
                                         absl::Time now) {
  simdjson::dom::parser parser;
  ASSIGN_OR_RETURN(Fields fields, Fields::Parse(claims, "claims", &parser));
  const std::optional<std::string> issuer = fields.Text("iss");
  const std::vector<std::string> audience = fields.Texts("aud");
  const std::optional<absl::Time> expires = fields.Time("exp");
  const std::optional<absl::Time> not_before = fields.Time("nbf");
  fields.Time("iat");
  fields.Text("sub");
  const std::optional<std::string> subject = fields.Text(expected.subject_claim);
  JwtClaims out;
  out.groups = fields.Texts(expected.groups_claim);
  RETURN_IF_ERROR(fields.status());
  if (issuer != expected.issuer) return Refuse("the token is from another issuer");
  if (std::find(audience.begin(), audience.end(), expected.audience) == audience.end()) {
    return Refuse("the token is for another audience");
  }
  RETURN_IF_ERROR(CheckTimes(expires, not_before, expected.leeway, now));
  if (!subject || subject->empty()) {
    return Refuse(Cat("the token has no ", expected.subject_claim));
  }
  // The subject is written to logs and tables.
  if (!IsPrincipalName(*subject)) {
    return Refuse(Cat("the token's ", expected.subject_claim, " is not a name"));
  }
  out.subject = *subject;
  return out;
}

}  // namespace stateserver::auth
