// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/print/print.h"

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"

namespace stateserver::schema {

std::string PrintName(const ObjectName& name) {
  if (name.database.empty()) return QuoteName(name.name);
  return Cat(QuoteName(name.database), ".", QuoteName(name.name));
}

std::string PrintNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", QuoteName(name));
  return text;
}

std::string PrintPropertyList(const Properties& properties, std::string_view between) {
  std::string text;
  for (const auto& [key, value] : properties) {
    AppendTo(&text, text.empty() ? "" : between, QuoteText(key), " = ", QuoteText(value));
  }
  return text;
}

std::string PrintPropertiesClause(const Properties& properties) {
  if (properties.empty()) return "";
  return Cat("\nPROPERTIES (\n  ", PrintPropertyList(properties, ",\n  "), "\n)");
}

std::string PrintDistribution(const Distribution& distribution) {
  std::string text =
      distribution.random ? "RANDOM" : Cat("HASH(", PrintNames(distribution.columns), ")");
  if (distribution.buckets) AppendTo(&text, " BUCKETS ", *distribution.buckets);
  return text;
}

std::string Print(const Object& object) {
  struct Printer {
    const ObjectName& name;
    std::string operator()(const Table& table) const { return PrintTable(name, table); }
    std::string operator()(const View& view) const { return PrintView(name, view); }
    std::string operator()(const MaterializedView& view) const {
      return PrintMaterializedView(name, view);
    }
  };
  return std::visit(Printer{object.name}, object.definition);
}

}  // namespace stateserver::schema
