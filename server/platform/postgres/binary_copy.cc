// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/binary_copy.h"

#include <cstdint>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::postgres {
namespace {

using namespace std::literals;

// What begins every binary COPY, flags and the header extension's length follow.
constexpr std::string_view kSignature = "PGCOPY\n\377\r\n\0"sv;
constexpr size_t kLengths = 8;
constexpr int kTrailer = -1;

absl::Status Unexpected(std::string_view what) {
  return Error(Reason::INTERNAL, Cat("binary COPY gave ", what));
}

// A big-endian integer of the size of T, taken off the front.
template <typename T>
bool Take(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  uint64_t all = 0;
  for (size_t i = 0; i < sizeof(T); ++i) all = all << 8 | static_cast<unsigned char>((*bytes)[i]);
  bytes->remove_prefix(sizeof(T));
  *value = static_cast<T>(all);
  return true;
}

}  // namespace

absl::Status BinaryCopy::TakeHeader(std::string_view* message) {
  has_header_ = true;
  if (!message->starts_with(kSignature)) return Unexpected("no header");
  message->remove_prefix(kSignature.size());
  int32_t flags = 0;
  int32_t extension = 0;
  if (message->size() < kLengths || !postgres::Take(message, &flags) ||
      !postgres::Take(message, &extension) || flags != 0 ||
      message->size() < static_cast<size_t>(extension)) {
    return Unexpected("a header of another version");
  }
  message->remove_prefix(static_cast<size_t>(extension));
  return absl::OkStatus();
}

absl::Status BinaryCopy::TakeFields(std::string_view message, int count) {
  fields_.clear();
  for (int i = 0; i < count; ++i) {
    int32_t length = 0;
    if (!postgres::Take(&message, &length)) return Unexpected("a row that ends early");
    if (length < 0) {
      fields_.push_back(std::nullopt);
      continue;
    }
    if (message.size() < static_cast<size_t>(length)) return Unexpected("a field that ends early");
    fields_.push_back(message.substr(0, static_cast<size_t>(length)));
    message.remove_prefix(static_cast<size_t>(length));
  }
  return message.empty() ? absl::OkStatus() : Unexpected("bytes behind a row");
}

absl::Status BinaryCopy::Take(std::string_view message, const FieldSink& sink) {
  if (!has_header_) RETURN_IF_ERROR(TakeHeader(&message));
  if (message.empty()) return absl::OkStatus();
  int16_t count = 0;
  if (!postgres::Take(&message, &count)) return Unexpected("a row without its count of fields");
  if (count == kTrailer) return absl::OkStatus();
  RETURN_IF_ERROR(TakeFields(message, count));
  return sink(fields_);
}

}  // namespace stateserver::postgres
