// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/declared/declared.h"

#include <map>

#include "common/error.h"
#include "common/text.h"
#include "common/utf8.h"
#include "server/starrocks/ddl/parse/script.h"
#include "server/starrocks/diff/declared/known_properties.h"

namespace stateserver::schema {
namespace {

constexpr size_t kMostLines = 20;

std::string Where(const SourcePlace& place) {
  return Cat(place.source, ":", place.line, ":", place.column);
}

class Reader {
 public:
  Reader(const std::string& database, WorkMeter* meter) : database_(database) {
    budget_.meter = meter;
  }

  void Read(const SourceFile& file) {
    if (ToValidUtf8(file.text) != file.text) {
      return Note({{file.name, 1, 1}, "the file is no UTF-8", "Save it as UTF-8."});
    }
    ParsedScript script = ParseScript(file.text, file.name, database_, &budget_);
    for (const ParseError& error : script.errors) {
      out_.problems.push_back({error.place, error.Message(), ""});
    }
    for (Object& object : script.objects) Take(std::move(object));
  }

  Declared Finish() { return std::move(out_); }

 private:
  // The script has noted what does not parse in the budget already.
  void Note(Problem problem) {
    if (budget_.problems == 0) return;
    --budget_.problems;
    out_.problems.push_back(std::move(problem));
  }

  void Take(Object object) {
    if (!database_.empty() && object.name.database != database_) {
      Note({object.place, Cat(object.name.Text(), " is of another database than ", database_),
            "Compare one database at a time: name the other one, or leave it out."});
      return;
    }
    auto [first, is_new] = places_.try_emplace(object.name, object.place);
    if (!is_new) {
      Note({object.place,
            Cat(object.name.Text(), " is declared twice; first at ", Where(first->second)),
            "Take one of them away."});
      return;
    }
    CheckProperties(object);
    out_.objects.push_back(std::move(object));
  }

  void CheckProperties(const Object& object) {
    const Properties* properties = nullptr;
    if (const auto* table = std::get_if<Table>(&object.definition)) {
      if (table->engine == "OLAP") properties = &table->properties;
    } else if (const auto* view = std::get_if<MaterializedView>(&object.definition)) {
      properties = &view->properties;
    }
    if (properties == nullptr) return;
    for (const auto& [key, value] : *properties) {
      if (IsKnownProperty(key)) continue;
      std::string similar = SimilarProperty(key);
      Note({object.place,
            Cat(object.name.Text(), " has the property \"", Shown(key),
                "\", which no StarRocks has"),
            similar.empty() ? "Take it away, or correct its name."
                            : Cat("Its name is \"", similar, "\".")});
    }
  }

  const std::string& database_;
  ReadingBudget budget_;
  std::map<ObjectName, SourcePlace> places_;
  Declared out_;
};

}  // namespace

absl::StatusOr<Declared> ReadDeclared(const std::vector<SourceFile>& files,
                                      const std::string& database, WorkMeter* meter) {
  Reader reader(database, meter);
  for (const SourceFile& file : files) {
    reader.Read(file);
    if (meter != nullptr && !meter->MayContinue()) return meter->status();
  }
  return reader.Finish();
}

absl::Status ToStatus(const std::vector<Problem>& problems) {
  if (problems.empty()) return absl::OkStatus();
  std::string text;
  for (size_t i = 0; i < problems.size() && i < kMostLines; ++i) {
    AppendTo(&text, i == 0 ? "" : "\n", Where(problems[i].place), ": ", problems[i].message);
  }
  if (problems.size() > kMostLines) {
    AppendTo(&text, "\nand ", problems.size() - kMostLines, " more");
  }
  const Problem& first = problems.front();
  return Error(Reason::SCHEMA_INVALID, text, first.hint,
               {{"file", first.place.source},
                {"line", Cat(first.place.line)},
                {"column", Cat(first.place.column)},
                {"problems", Cat(problems.size())}});
}

}  // namespace stateserver::schema
