// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/jwks_source.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "common/url.h"
#include "server/platform/auth/tokens.h"

namespace stateserver::auth {

namespace {

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct Body {
  std::string text;
  size_t max_bytes;
};

size_t Append(const char* data, size_t size, size_t count, void* to) {
  Body& body = *static_cast<Body*>(to);
  if (body.text.size() + size * count > body.max_bytes) return 0;
  body.text.append(data, size * count);
  return size * count;
}

absl::Status CannotRead(const std::string& url, std::string_view why) {
  return Error(Reason::ARGUMENT_INVALID, Cat("cannot read ", UrlWithoutSecrets(url), ": ", why));
}

constexpr absl::Duration kFileInterval = absl::Seconds(1);
constexpr absl::Duration kLeastPause = absl::Seconds(1);
constexpr absl::Duration kMostPause = absl::Seconds(30);
constexpr absl::Duration kHttpLimit = absl::Seconds(5);
constexpr absl::Duration kFirstLookLimit = absl::Seconds(2);
constexpr absl::Duration kUnknownFor = absl::Minutes(1);
constexpr size_t kMaxKeySetBytes = 1 << 20;
constexpr size_t kMostUnknown = 1'000;
// Providers use thumbprints and UUIDs.
constexpr size_t kLongestKeyId = 256;

std::string NameOf(const config::Jwt& jwt) {
  return jwt.jwks_file.empty() ? UrlWithoutSecrets(jwt.jwks_url) : jwt.jwks_file;
}

// Reads one small document over HTTP. Follows no redirects and accepts only status 200. Returns
// ARGUMENT_INVALID with the reason and the URL without its secrets for any failure, including a
// body over `max_bytes`.
absl::StatusOr<std::string> HttpGet(const std::string& url, size_t max_bytes,
                                    absl::Duration limit) {
  std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (handle == nullptr) return Error(Reason::INTERNAL, "The library libcurl cannot start");
  Body body{"", max_bytes};
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  const bool https = url.starts_with("https://");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
  // Plain text is only for this machine: a proxy of the environment would carry it elsewhere.
  if (!https) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(limit)));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_WRITE_ERROR) return CannotRead(url, "the answer is too long");
  if (code != CURLE_OK) return CannotRead(url, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return CannotRead(url, Cat("the answer is HTTP ", status));
  return std::move(body.text);
}

}  // namespace

JwksSource::JwksSource(const config::Jwt& jwt, telemetry::Metrics& metrics,
                       telemetry::Logger& logger)
    : jwt_(jwt),
      metrics_(metrics),
      reloads_("jwks", NameOf(jwt), metrics, logger),
      pause_(kLeastPause) {}

JwksSource::~JwksSource() = default;

absl::StatusOr<std::unique_ptr<JwksSource>> JwksSource::Open(const config::Jwt& jwt,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger) {
  auto source = std::unique_ptr<JwksSource>(new JwksSource(jwt, metrics, logger));
  if (!jwt.jwks_file.empty()) RETURN_IF_ERROR(source->Load().status());
  source->task_ =
      std::make_unique<telemetry::PeriodicTask>([source = source.get()] { return source->Poll(); });
  source->WaitForFirstLook(kFirstLookLimit);
  return source;
}

absl::StatusOr<std::string> JwksSource::Read() const {
  if (!jwt_.jwks_file.empty()) return ReadTextFile(jwt_.jwks_file);
  return HttpGet(jwt_.jwks_url, kMaxKeySetBytes, kHttpLimit);
}

absl::StatusOr<bool> JwksSource::Load() {
  ASSIGN_OR_RETURN(std::string text, Read());
  if (text == text_) return false;
  auto keys = KeySet::Parse(text);
  if (!keys.ok()) return WithPrefix(Cat(NameOf(jwt_), ": "), keys.status());
  text_ = std::move(text);
  std::lock_guard lock(mutex_);
  keys_ = *std::move(keys);
  return true;
}

absl::Duration JwksSource::Poll() {
  absl::StatusOr<bool> changed = Load();
  metrics_.KeySetFetched(changed.ok());
  if (!changed.ok()) {
    reloads_.Refused(changed.status());
  } else if (*changed) {
    reloads_.Took();
  } else {
    reloads_.Unchanged();
  }
  std::lock_guard lock(mutex_);
  looked_ = true;
  looked_once_.notify_all();
  if (changed.ok() && *changed) {
    unknown_.clear();
    pause_ = kLeastPause;
  } else if (woken_) {
    pause_ = std::min(2 * pause_, kMostPause);
  }
  woken_ = false;
  next_wake_ = SteadyNow() + pause_;
  return jwt_.jwks_file.empty() ? jwt_.refresh : kFileInterval;
}

void JwksSource::WaitForFirstLook(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  looked_once_.wait_for(lock, absl::ToChronoNanoseconds(limit), [this] { return looked_; });
}

std::shared_ptr<const KeySet> JwksSource::KeysFor(const std::string& key_id) {
  std::shared_ptr<const KeySet> keys;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    keys = keys_;
    if (keys != nullptr && (key_id.empty() || keys->Has(key_id))) return keys;
    wake = WakeFor(key_id, SteadyNow());
  }
  metrics_.UnknownTokenKey();
  if (wake) task_->RunSoon();
  return keys;
}

bool JwksSource::WakeFor(const std::string& key_id, absl::Time now) {
  if (key_id.size() > kLongestKeyId || woken_ || now < next_wake_) return false;
  if (auto found = unknown_.find(key_id); found != unknown_.end()) {
    if (now - found->second < kUnknownFor) return false;
  }
  Remember(key_id, now);
  woken_ = true;
  return true;
}

void JwksSource::Remember(const std::string& key_id, absl::Time now) {
  if (unknown_.size() >= kMostUnknown) {
    unknown_.erase(std::min_element(unknown_.begin(), unknown_.end(),
                                    [](auto& a, auto& b) { return a.second < b.second; }));
  }
  unknown_[key_id] = now;
}

}  // namespace stateserver::auth
