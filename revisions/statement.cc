// SPDX-License-Identifier: Apache-2.0

#include "revisions/statement.h"

#include "common/text.h"
#include "revisions/statement_words.h"

namespace stateserver::revisions {
namespace {

using Kind = StatementFacts::Kind;

class Describer {
 public:
  explicit Describer(std::string_view sql) : words_(sql) {}

  StatementFacts Run() {
    if (words_.Is(0, "alter")) {
      Alter();
    } else if (words_.Is(0, "create")) {
      facts_.kind = Kind::kCreate;
      Create();
    } else if (words_.Is(0, "drop")) {
      facts_.kind = Kind::kDrop;
      Drop();
    } else if (words_.Is(0, "insert")) {
      Insert();
    } else if (words_.Is(0, "truncate")) {
      facts_.kind = Kind::kRepeatable;
      NameAt(words_.Is(1, "table") ? 2 : 1);
    } else if (words_.Is(0, "refresh")) {
      facts_.kind = Kind::kRepeatable;
      NameAt(3);
    } else if (words_.Is(0, "select") || words_.Is(0, "show") || words_.Is(0, "analyze")) {
      facts_.kind = Kind::kRepeatable;
    } else if (words_.Is(0, "update")) {
      NameAt(1);
    } else if (words_.Is(0, "delete")) {
      NameAt(2);
    } else if (words_.Is(0, "submit") || words_.Is(0, "with")) {
      facts_.kind = Kind::kDml;
    } else {
      facts_.kind = Kind::kDdl;
    }
    return std::move(facts_);
  }

 private:
  // The index behind the name.
  size_t NameAt(size_t at) {
    const Word* first = words_.At(at);
    if (first == nullptr || first->symbol != 0) return at;
    const Word *dot = words_.At(at + 1), *second = words_.At(at + 2);
    bool qualified =
        dot != nullptr && dot->symbol == '.' && second != nullptr && second->symbol == 0;
    facts_.object = qualified ? second->text : first->text;
    if (qualified) facts_.database = first->text;
    return at + (qualified ? 3 : 1);
  }

  // "TABLE", "VIEW", "MATERIALIZED VIEW", "EXTERNAL TABLE", …: the index behind.
  size_t BehindKind(size_t at) const {
    while (words_.Is(at, "or") || words_.Is(at, "replace") || words_.Is(at, "external") ||
           words_.Is(at, "temporary") || words_.Is(at, "materialized")) {
      ++at;
    }
    ++at;
    if (!words_.Is(at, "if")) return at;
    ++at;
    if (words_.Is(at, "not")) ++at;
    return at + 1;
  }

  void Alter() {
    bool table = words_.Is(1, "table"), materialized = words_.Is(1, "materialized");
    facts_.kind = table ? Kind::kAlterTable : Kind::kDdl;
    size_t behind = NameAt(materialized ? 3 : 2);
    if (materialized && (words_.Is(behind, "active") || words_.Is(behind, "inactive"))) {
      facts_.kind = Kind::kRepeatable;
    }
    bool column_rename = words_.Is(behind + 1, "column") || words_.Is(behind + 1, "partition") ||
                         words_.Is(behind + 1, "rollup");
    const Word* renamed = words_.At(behind + 1);
    if (words_.Is(behind, "rename") && !column_rename && renamed != nullptr) {
      facts_.renamed = renamed->text;
    }
    const Word* swapped = words_.At(behind + 2);
    if (words_.Is(behind, "swap") && swapped != nullptr) facts_.swapped = swapped->text;
  }

  void Create() {
    if (words_.Is(1, "index")) return OnTable();
    NameAt(BehindKind(1));
  }

  void Drop() {
    if (words_.Is(1, "index")) return OnTable();
    NameAt(BehindKind(1));
  }

  // CREATE INDEX i ON t.
  void OnTable() {
    facts_.kind = Kind::kAlterTable;
    for (size_t i = 2; words_.At(i) != nullptr; ++i) {
      if (words_.Is(i, "on")) {
        NameAt(i + 1);
        return;
      }
    }
  }

  void Insert() {
    facts_.kind = Kind::kInsert;
    size_t at = 2;
    if (words_.Is(at, "table")) ++at;
    size_t behind = NameAt(at);
    const Word* last = words_.At(behind - 1);
    if (facts_.object.empty() || last == nullptr) return;
    if (words_.Is(behind, "with") && words_.Is(behind + 1, "label")) {
      const Word* label = words_.At(behind + 2);
      if (label != nullptr) facts_.label = label->text;
      return;
    }
    bool partition = words_.Is(behind, "partition") || words_.Is(behind, "temporary");
    if (!partition && !words_.Is(behind, "properties")) facts_.label_at = last->end;
  }

  const StatementWords words_;
  StatementFacts facts_;
};

// Whether an ALTER TABLE is one that the engine has done at once.
bool IsInstantAlter(std::string_view statement) {
  StatementWords words(statement);
  size_t at = 2;
  while (const Word* word = words.At(at)) {
    if (word->symbol != '.' && words.At(at + 1) != nullptr && words.At(at + 1)->symbol != '.')
      break;
    ++at;
  }
  ++at;
  if (words.Is(at, "rename") || words.Is(at, "comment") || words.Is(at, "swap")) return true;
  bool partition = words.Is(at + 1, "partition") || words.Is(at + 1, "partitions");
  return (words.Is(at, "add") || words.Is(at, "drop") || words.Is(at, "truncate")) && partition;
}

}  // namespace

StatementFacts Describe(std::string_view statement) { return Describer(statement).Run(); }

std::string ClassOf(const SqlStep& step) {
  if (!step.notes.step_class.empty()) return step.notes.step_class;
  StatementWords words(step.statement);
  switch (Describe(step.statement).kind) {
    case Kind::kAlterTable:
      return IsInstantAlter(step.statement) ? "metadata" : "column";
    case Kind::kCreate:
      return "create";
    case Kind::kDrop:
      return "drop";
    case Kind::kInsert:
    case Kind::kDml:
      return "dml";
    case Kind::kDdl:
    case Kind::kRepeatable:
      break;
  }
  if (words.Is(1, "view")) return "view";
  if (words.Is(1, "materialized")) return "mv";
  return words.Is(0, "select") || words.Is(0, "truncate") ? "dml" : "metadata";
}

bool ChangesSession(std::string_view statement) {
  StatementWords words(statement);
  return words.Is(0, "use") ||
         (words.Is(0, "set") && !words.Is(1, "global") && !words.Is(1, "password"));
}

bool MayStartJob(const SqlStep& step) {
  if (step.notes.job.value_or(false)) return true;
  StatementFacts facts = Describe(step.statement);
  if (facts.kind == Kind::kAlterTable) return !IsInstantAlter(step.statement);
  // A synchronous materialized view, as far as its text may be one.
  return facts.kind == Kind::kCreate && StatementWords(step.statement).Is(1, "materialized") &&
         step.notes.step_class != "create";
}

std::string WithLabel(std::string_view statement, std::string_view label) {
  StatementFacts facts = Describe(statement);
  if (facts.label_at == 0) return std::string(statement);
  return Cat(statement.substr(0, facts.label_at), " WITH LABEL `", label, "`",
             statement.substr(facts.label_at));
}

}  // namespace stateserver::revisions
