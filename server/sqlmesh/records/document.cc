// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/document.h"

#include <algorithm>
#include <string>

#include "common/depth.h"
#include "common/text.h"

namespace stateserver::state {
namespace {

std::string_view Reading(simdjson::error_code error) {
  switch (error) {
    case simdjson::NUMBER_ERROR:
      return "holds a number that is malformed or too large";
    case simdjson::CAPACITY:
      return "is larger than 4 GiB";
    case simdjson::UTF8_ERROR:
      return "is not valid UTF-8";
    case simdjson::STRING_ERROR:
      return "holds a string with a wrong escape";
    case simdjson::UNCLOSED_STRING:
      return "ends inside a string";
    case simdjson::UNESCAPED_CHARS:
      return "holds a string with a raw control character";
    case simdjson::EMPTY:
      return "is empty";
    case simdjson::MEMALLOC:
      return "does not fit into memory";
    default:
      return "is not valid JSON";
  }
}

}  // namespace

absl::Status ParseDocument(simdjson::dom::parser* parser, std::string_view text, Reason reason,
                           std::string_view what, simdjson::dom::element* root) {
  // simdjson copies from the pointer, which is null for a NULL column.
  const char* data = text.empty() ? "" : text.data();
  simdjson::error_code error = simdjson::SUCCESS;
  // The parser grows with its input and keeps its limit.
  constexpr size_t kDepth = kMostDepth + 1;
  if (parser->max_depth() != kDepth) {
    error = parser->allocate(std::max(parser->capacity(), text.size()), kDepth);
  }
  if (error == simdjson::SUCCESS) error = parser->parse(data, text.size()).get(*root);
  if (error == simdjson::SUCCESS) return absl::OkStatus();
  std::string reading(Reading(error));
  if (error == simdjson::DEPTH_ERROR)
    reading = Cat("is nested deeper than ", kMostDepth, " levels");
  return Error(reason, Cat(what, " ", reading),
               reason == Reason::STATE_CORRUPT
                   ? "Inspect the row in the state tables; SQLMesh cannot read it either."
                   : "Export the state again.");
}

}  // namespace stateserver::state
