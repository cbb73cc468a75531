// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/sql.h"

#include <map>

#include "absl/strings/ascii.h"
#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {
namespace {

std::string FileName(const std::string& name) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    auto byte = static_cast<unsigned char>(name[i]);
    bool plain =
        absl::ascii_isalnum(byte) || byte == '_' || ((byte == '-' || byte == '.') && i > 0);
    if (plain) {
      out.push_back(name[i]);
    } else {
      AppendTo(&out, '%', kDigits[byte >> 4], kDigits[byte & 15]);
    }
  }
  return out;
}

// Omits the database, because the files are valid for any.
std::string Statement(const Object& object) {
  return Print({{"", object.name.name}, object.definition, object.place}) + ";\n";
}

}  // namespace

std::vector<GeneratedFile> GenerateSqlFiles(const std::vector<const Object*>& objects) {
  std::vector<GeneratedFile> files;
  std::map<std::string, int> seen;
  for (const Object* object : objects) {
    std::string name = FileName(object->name.name);
    int number = ++seen[Folded(name)];
    if (number > 1) AppendTo(&name, '~', number);
    files.push_back({name + ".sql", Statement(*object)});
  }
  return files;
}

std::string GenerateSql(const std::vector<const Object*>& objects) {
  std::string text;
  for (const Object* object : objects) {
    AppendTo(&text, text.empty() ? "" : "\n", Statement(*object));
  }
  return text;
}

}  // namespace stateserver::schema
