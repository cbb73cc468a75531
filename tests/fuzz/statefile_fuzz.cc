// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a state file: plain, gzip or zstd. Whatever is read must be whole
// JSON records that the writer's restyler can take.
#include <string>
#include <string_view>

#include "client/statefile/reader.h"
#include "common/error.h"
#include "common/json/restyler.h"
#include "simdjson.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::Reason;
using stateserver::ReasonOf;
using stateserver::client::RecordPart;
using stateserver::client::StateFileReader;
using stateserver::fuzz::Check;
namespace json = stateserver::json;

// Numbers that simdjson cannot hold are still JSON.
bool IsJson(std::string_view text) {
  simdjson::dom::parser parser;
  auto error = parser.parse(simdjson::padded_string(text)).error();
  return error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR;
}

void CheckRecord(const std::string& record) {
  constexpr json::Style kIndented{json::Layout::kIndented, json::Charset::kAscii, 2};
  constexpr json::Style kCompact{json::Layout::kCompact, json::Charset::kUtf8, 0};
  Check(IsJson(record));
  std::string compact = json::Restyle(record, kCompact);
  Check(json::Restyle(json::Restyle(record, kIndented), kCompact) == compact);
  Check(json::Restyle(compact, kCompact) == compact);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto reader = StateFileReader::FromBytes(bytes);
  if (!reader.ok()) {
    Check(ReasonOf(reader.status()) != Reason::INTERNAL);
    return 0;
  }
  std::string record;
  bool open = false;
  auto counts = (*reader)->ReadRecords([&](const RecordPart& part) {
    Check(part.begin != open);
    open = !part.end;
    if (part.begin) record.clear();
    record.append(part.json);
    if (part.end) CheckRecord(record);
    return absl::OkStatus();
  });
  Check(counts.ok() ? !open : ReasonOf(counts.status()) != Reason::INTERNAL);
  return 0;
}
