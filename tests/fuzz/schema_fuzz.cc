// SPDX-License-Identifier: Apache-2.0
//
// Declarations of StarRocks objects, by users and as the engine prints them: what is read is
// printed, and reads back the same, also in its normal form.
#include <string>
#include <variant>

#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/compare/queries.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace schema = stateserver::schema;

void CheckNormalForm(const schema::Object& object, const schema::Object& printed) {
  const schema::Engine engine;
  for (bool by_engine : {true, false}) {
    std::string digest = schema::ObjectDigest(object, engine, by_engine);
    Check(digest.size() == 16 && digest == schema::ObjectDigest(printed, engine, by_engine));
  }
  const auto* table = std::get_if<schema::Table>(&object.definition);
  if (table == nullptr) return;
  schema::Table live = schema::NormalizeLive(*table, engine);
  Check(schema::NormalizeLive(live, engine) == live);
  schema::Table normal = schema::NormalTable(object.name, *table, engine);
  Check(schema::NormalTable(object.name, normal, engine) == normal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using schema::ParseScript;
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  schema::ParsedScript script = ParseScript(text, "fuzz", "db");
  for (const auto& error : script.errors) Check(!error.Text().empty());
  for (const auto& object : script.objects) {
    auto again = ParseScript(schema::Print(object), "printed", "db");
    Check(again.errors.empty() && again.objects.size() == 1);
    Check(again.objects[0].definition == object.definition);
    CheckNormalForm(object, again.objects[0]);
    const std::string& query = schema::QueryOf(object);
    Check(schema::SameQuery(query, query, "fuzz"));
    schema::ReferencesOf(query, "fuzz");
  }
  return 0;
}
