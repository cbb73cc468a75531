#include "server/auth/jwks_source.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/steady_time.h"
#include "common/text.h"
#include "server/auth/http_get.h"
#include "server/auth/text_file.h"

namespace stateserver::auth {
namespace {

constexpr absl::Duration kFileInterval = absl::Seconds(1);
constexpr absl::Duration kLeastInterval = absl::Seconds(1);
constexpr absl::Duration kHttpLimit = absl::Seconds(5);
constexpr size_t kMaxKeySetBytes = 1 << 20;

}  // namespace

JwksSource::JwksSource(const config::Jwt& jwt, telemetry::Metrics& metrics,
                       telemetry::Logger& logger)
    : jwt_(jwt),
      reloads_("jwks", jwt.jwks_file.empty() ? jwt.jwks_url : jwt.jwks_file, metrics, logger) {}

absl::StatusOr<std::unique_ptr<JwksSource>> JwksSource::Open(const config::Jwt& jwt,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger) {
  auto source = std::unique_ptr<JwksSource>(new JwksSource(jwt, metrics, logger));
  bool file = !jwt.jwks_file.empty();
  if (file) RETURN_IF_ERROR(source->Load());
  source->task_ = std::make_unique<telemetry::PeriodicTask>(
      [source = source.get(), interval = file ? kFileInterval : jwt.refresh] {
        source->Look();
        return interval;
      });
  return source;
}

absl::StatusOr<std::string> JwksSource::Read() const {
  if (!jwt_.jwks_file.empty()) return ReadTextFile(jwt_.jwks_file);
  return HttpGet(jwt_.jwks_url, kMaxKeySetBytes, kHttpLimit);
}

absl::Status JwksSource::Load() {
  ASSIGN_OR_RETURN(std::string text, Read());
  if (text == text_) return absl::OkStatus();
  auto keys = KeySet::Parse(text);
  if (!keys.ok()) {
    return WithPrefix(Cat(jwt_.jwks_file.empty() ? jwt_.jwks_url : jwt_.jwks_file, ": "),
                      keys.status());
  }
  text_ = std::move(text);
  std::lock_guard lock(mutex_);
  keys_ = *std::move(keys);
  return absl::OkStatus();
}

void JwksSource::Look() {
  std::lock_guard lock(loading_);
  std::string before = text_;
  absl::Status status = Load();
  looked_ = SteadyNow();
  if (!status.ok()) return reloads_.Refused(status);
  if (text_ == before) return reloads_.Unchanged();
  reloads_.Took();
}

std::shared_ptr<const KeySet> JwksSource::keys() const {
  std::lock_guard lock(mutex_);
  return keys_;
}

std::shared_ptr<const KeySet> JwksSource::KeysFor(const std::string& key_id) {
  std::shared_ptr<const KeySet> known = keys();
  if (known != nullptr && (key_id.empty() || known->Has(key_id))) return known;
  bool due = false;
  {
    std::lock_guard lock(loading_);
    due = SteadyNow() - looked_ >= kLeastInterval;
  }
  if (due) Look();
  return keys();
}

}  // namespace stateserver::auth
