// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/script.h"

#include <optional>
#include <string>
#include <utility>

#include "common/text.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/printed.h"

namespace stateserver::schema {

namespace {

class ScriptParser {
 public:
  ScriptParser(std::string_view text, std::string_view source, std::string_view database,
               ReadingBudget* budget, bool printed = false)
      : text_(text), source_(source), printed_(printed), database_(database), budget_(*budget) {}

  ParsedScript Parse() {
    StatementLexer lexer(text_, source_);
    while (!lexer.AtEnd()) {
      const Lexed lexed = lexer.Next();
      if (!MayRead(lexed)) break;
      Read(lexed);
    }
    return std::move(out_);
  }

 private:
  // Deducts the statement from the budget. Returns false if the budget is exhausted.
  bool MayRead(const Lexed& lexed) {
    size_t tokens = lexed.tokens.size();
    if (budget_.meter != nullptr && !budget_.meter->MayContinue(static_cast<int64_t>(tokens))) {
      return false;
    }
    TokenStream in(text_, lexed.tokens, source_);
    bool fine = true;
    if (in.AtEnd()) return true;
    if (tokens > budget_.tokens) {
      fine = in.Fail(Cat("at most ", kMostTokens, " tokens in all files"));
    } else if (budget_.problems == 0) {
      fine = in.Fail(Cat("no more than ", kMostProblems, " problems before it"));
    } else if (budget_.objects == 0) {
      fine = in.Fail(Cat("at most ", kMostObjects, " objects in all files"));
    }
    if (fine) {
      budget_.tokens -= tokens;
    } else {
      out_.errors.push_back(*in.error());
    }
    return fine;
  }

  void Read(const Lexed& lexed) {
    TokenStream in(text_, lexed.tokens, source_, printed_);
    in_ = &in;
    size_t before = out_.objects.size();
    std::optional<ParseError> error;
    if (!in.AtEnd() && !Statement()) error = in.error();
    if (lexed.error && !IsWhole(lexed)) {
      // The enclosing statement ended too early, which is not a separate error.
      if (error && error->found == "the end") error.reset();
      if (out_.objects.size() > before) out_.objects.pop_back();
    }
    for (const auto& one : {error, lexed.error}) {
      if (!one) continue;
      out_.errors.push_back(*one);
      if (budget_.problems > 0) --budget_.problems;
    }
  }

  // Returns true if the statement has its semicolon.
  static bool IsWhole(const Lexed& lexed) {
    return lexed.tokens.size() > 1 && lexed.tokens[lexed.tokens.size() - 2].IsSymbol(";");
  }

  bool Statement() {
    if (in_->ConsumeWord("USE")) {
      return ParseUse(in_, &database_) && (in_->AtEnd() || in_->Fail("`;`"));
    }
    Object object;
    object.place = in_->Place();
    if (!Create(&object)) return false;
    if (!in_->AtEnd()) return in_->Fail("the end of the statement");
    out_.objects.push_back(std::move(object));
    --budget_.objects;
    return true;
  }

  bool Create(Object* object) {
    if (!in_->ConsumeWord("CREATE")) {
      return in_->Fail("CREATE TABLE, CREATE VIEW, CREATE MATERIALIZED VIEW or USE");
    }
    if (in_->ConsumeWord("TABLE")) {
      return Name("the table's name", object) &&
             ParseTable(in_, &object->definition.emplace<Table>());
    }
    if (in_->ConsumeWord("VIEW") || in_->ConsumeWords({"OR", "REPLACE", "VIEW"})) {
      return Name("the view's name", object) && ParseView(in_, &object->definition.emplace<View>());
    }
    if (in_->ConsumeWords({"MATERIALIZED", "VIEW"})) {
      return Name("the materialized view's name", object) &&
             ParseMaterializedView(in_, &object->definition.emplace<MaterializedView>());
    }
    return in_->Fail("TABLE, VIEW or MATERIALIZED VIEW");
  }

  bool Name(std::string_view what, Object* object) {
    return ParseObjectName(in_, what, database_, &object->name);
  }

  const std::string_view text_, source_;
  const bool printed_;
  std::string database_;
  ReadingBudget& budget_;
  TokenStream* in_ = nullptr;  // the current statement
  ParsedScript out_;
};

}  // namespace

ParsedScript ParseScript(std::string_view text, std::string_view source,
                         std::string_view default_database, ReadingBudget* budget) {
  ReadingBudget own;
  return ScriptParser(text, source, default_database, budget == nullptr ? &own : budget).Parse();
}

ParsedScript ParsePrinted(std::string_view text, std::string_view source,
                          std::string_view default_database) {
  std::string requoted = RequotePrinted(text);
  ReadingBudget budget;
  return ScriptParser(requoted, source, default_database, &budget, /*printed=*/true).Parse();
}

}  // namespace stateserver::schema
