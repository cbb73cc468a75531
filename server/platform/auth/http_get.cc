// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/http_get.h"

#include <curl/curl.h>

#include <memory>

#include "common/error.h"
#include "common/text.h"
#include "common/url.h"

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

}  // namespace

absl::StatusOr<std::string> HttpGet(const std::string& url, size_t max_bytes,
                                    absl::Duration limit) {
  std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (handle == nullptr) return Error(Reason::INTERNAL, "libcurl cannot start");
  Body body{"", max_bytes};
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
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

}  // namespace stateserver::auth
