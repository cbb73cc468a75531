// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's binary COPY format, as messages of COPY … TO STDOUT.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Fed with every message of one COPY in order. Keeps its buffer between rows.
class BinaryCopy {
 public:
  // Calls `sink` for the row the message holds; the header and the trailer hold
  // none. INTERNAL for what is not the format.
  absl::Status Take(std::string_view message, const FieldSink& sink);

 private:
  absl::Status TakeHeader(std::string_view* message);
  absl::Status TakeFields(std::string_view message, int count);

  bool has_header_ = false;
  Fields fields_;
};

}  // namespace stateserver::postgres
