// SPDX-License-Identifier: Apache-2.0
//
// Any text: the scanner must judge it as simdjson does, wherever it is cut, and
// the restyler must survive it.
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/json/path_splitter.h"
#include "common/json/restyler.h"
#include "simdjson.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::Reason;
using stateserver::ReasonOf;
using stateserver::fuzz::Check;
namespace json = stateserver::json;

class Values : public json::SplitHandler {
 public:
  absl::Status OnValueBegin(const json::CutValue&) override { return absl::OkStatus(); }
  absl::Status OnValueBytes(std::string_view piece) override {
    text.append(piece);
    return absl::OkStatus();
  }
  absl::Status OnValueEnd() override {
    text.push_back('\n');
    return absl::OkStatus();
  }
  std::string text;
};

struct Outcome {
  absl::Status status;
  std::string values;
  std::string remainder;
};

Outcome Split(std::string_view text, size_t size) {
  Values values;
  json::PathSplitter splitter({"a[*]", "b.a[*]", "c{*}", "d"}, &values);
  absl::Status status;
  for (size_t at = 0; at < text.size() && status.ok(); at += size) {
    status = splitter.Feed(text.substr(at, size));
  }
  if (status.ok()) status = splitter.Finish();
  return {status, values.text, splitter.remainder()};
}

simdjson::error_code Parse(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(simdjson::padded_string(text)).error();
}

// simdjson is laxer with lone surrogates and refuses numbers it cannot hold.
void CheckVerdict(std::string_view text, const absl::Status& status) {
  auto error = Parse(text);
  std::string sentence(stateserver::MessageOf(status));
  if (status.ok()) {
    Check(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
  } else if (error == simdjson::SUCCESS) {
    Check(sentence.starts_with("Unpaired") || sentence.starts_with("JSON nested deeper") ||
          sentence.starts_with("A key longer"));
  }
}

void CheckRestyler(std::string_view text, bool valid) {
  for (json::Layout layout :
       {json::Layout::kCompact, json::Layout::kSpaced, json::Layout::kIndented}) {
    for (json::Charset charset : {json::Charset::kAscii, json::Charset::kUtf8}) {
      json::Style style{layout, charset, 1};
      std::string out = json::Restyle(text, style);
      if (!valid) continue;
      Check(json::Restyle(out, style) == out);
      std::string cut;
      json::Restyler restyler(style);
      for (size_t at = 0; at < text.size(); at += 3) restyler.Feed(text.substr(at, 3), &cut);
      Check(restyler.Finish(&cut));
      Check(cut == out);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Outcome whole = Split(text, size + 1);
  for (size_t piece : {1, 2, 17}) {
    Outcome cut = Split(text, piece);
    Check(cut.status.ok() == whole.status.ok() && ReasonOf(cut.status) == ReasonOf(whole.status));
    if (!whole.status.ok()) continue;
    Check(cut.values == whole.values && cut.remainder == whole.remainder);
  }
  CheckVerdict(text, whole.status);
  if (whole.status.ok()) Check(Parse(whole.remainder) == Parse(text) || Parse(text) != 0);
  CheckRestyler(text, whole.status.ok());
  return 0;
}
