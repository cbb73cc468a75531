// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/messages.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::workers {
namespace {

absl::Status Nonsense(std::string_view what) { return Error(Reason::ARGUMENT_INVALID, what); }

std::string Text(simdjson::dom::element element, const char* key) {
  std::string_view text;
  return element[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

}  // namespace

Hello ParseHello(const std::string& line) {
  Hello hello;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(line).get(root) != simdjson::SUCCESS || !root.is_object()) {
    hello.wrong = "its first line is no JSON object";
    return hello;
  }
  hello.fatal = Text(root, "fatal");
  hello.role = Text(root, "role");
  int64_t protocol = 0;
  if (Text(root, "hello") != "stateserver-worker") {
    hello.wrong = "its first line is no hello";
  } else if (root["protocol"].get(protocol) != simdjson::SUCCESS || protocol != kProtocol) {
    hello.wrong = Cat("it speaks another protocol than ", kProtocol);
  }
  return hello;
}

std::string BeginRequest(uint64_t id) { return Cat("{\"id\":", id, ",\"items\":["); }

void EndRequest(std::string* request) { *request += "]}"; }

absl::Status ParseAnswer(const std::string& line, uint64_t id, size_t count,
                         const TakeAnswer& take) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(line).get(root) != simdjson::SUCCESS) return Nonsense("a line that is no JSON");
  if (std::string fatal = Text(root, "fatal"); !fatal.empty()) return Nonsense(fatal);
  uint64_t answered = 0;
  if (root["id"].get(answered) != simdjson::SUCCESS || answered != id) {
    return Nonsense("an answer to another request");
  }
  simdjson::dom::array answers;
  if (root["answers"].get(answers) != simdjson::SUCCESS || answers.size() != count) {
    return Nonsense(Cat("not ", count, " answers to ", count, " items"));
  }
  size_t index = 0;
  for (simdjson::dom::element answer : answers) {
    if (!answer.is_object()) return Nonsense("an answer that is no object");
    RETURN_IF_ERROR(take(index++, answer));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const char* key) {
  simdjson::dom::element value;
  if (element[key].get(value) != simdjson::SUCCESS) return std::string();
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Nonsense(Cat("'", key, "' that is no text"));
  return std::string(text);
}

}  // namespace stateserver::workers
