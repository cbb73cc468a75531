// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/python_env.h"

#include <algorithm>
#include <tuple>

#include "common/text.h"
#include "server/sqlmesh/records/python_repr.h"

namespace stateserver::fingerprint {
namespace {

struct PrintedObject {
  int order = 0;  // import, value, definition
  std::string_view name;
  bool metadata = false;
  std::string text;
};

constexpr std::string_view kKinds[] = {"import", "value", "definition"};

// Prints only fields that differ from their default, with raw texts.
PrintedObject Print(std::string_view name, simdjson::dom::object object, Unsupported* unsupported) {
  Fields fields(object, "python_env", unsupported);
  PrintedObject entry;
  entry.name = name;
  std::string_view kind = fields.TextOr("kind", "definition");
  while (entry.order < 3 && kKinds[entry.order] != kind) ++entry.order;
  if (entry.order == 3) fields.Refuse("kind");
  if (!fields.Text("payload")) fields.Refuse("payload");
  entry.text =
      Cat("(", state::PythonRepr(name), ", Executable<payload: ", fields.TextOr("payload", ""));
  if (kind != "definition") AppendTo(&entry.text, ", kind: ", kind);
  for (std::string_view field : {"name", "path", "alias"}) {
    if (auto text = fields.Text(field)) AppendTo(&entry.text, ", ", field, ": ", *text);
  }
  if (auto flag = fields.Boolean("is_metadata")) {
    entry.metadata = *flag;
    AppendTo(&entry.text, ", is_metadata: ", *flag ? "True" : "False");
  }
  entry.text.append(">)");
  return entry;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void Append(const PrintedObject& entry, std::string* list) {
  AppendTo(list, list->size() > 1 ? ", " : "", entry.text);
}

}  // namespace

PythonEnvTexts PrintPythonEnv(const Fields& node) {
  std::vector<PrintedObject> entries;
  for (auto [name, value] : node.Object("python_env")) {
    simdjson::dom::object object = EmptyObject();
    if (value.get(object) != simdjson::SUCCESS || !IsAscii(name)) node.Refuse("python_env");
    entries.push_back(Print(name, object, node.unsupported()));
  }
  std::sort(entries.begin(), entries.end(), [](const PrintedObject& a, const PrintedObject& b) {
    return std::tie(a.order, a.name) < std::tie(b.order, b.name);
  });
  PythonEnvTexts texts{"[", "[", "["};
  for (const PrintedObject& entry : entries) {
    Append(entry, &texts.all);
    Append(entry, entry.metadata ? &texts.metadata : &texts.data);
    texts.has_metadata = texts.has_metadata || entry.metadata;
  }
  for (std::string* list : {&texts.all, &texts.data, &texts.metadata}) list->push_back(']');
  return texts;
}

}  // namespace stateserver::fingerprint
