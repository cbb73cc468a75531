// SPDX-License-Identifier: Apache-2.0
//
// Declarations of StarRocks objects: what is read is printed, and reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/queries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::schema::ParseScript;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  stateserver::schema::ParsedScript script = ParseScript(text, "fuzz");
  for (const auto& error : script.errors) {
    if (error.Text().empty()) std::abort();
  }
  for (const auto& object : script.objects) {
    auto again = ParseScript(stateserver::schema::Print(object), "printed");
    if (!again.errors.empty() || again.objects.size() != 1) std::abort();
    if (!(again.objects[0].definition == object.definition)) std::abort();
    const std::string& query = stateserver::schema::QueryOf(object);
    if (!stateserver::schema::SameQuery(query, query, "fuzz")) std::abort();
    stateserver::schema::ReferencesOf(query, "fuzz");
  }
  return 0;
}
