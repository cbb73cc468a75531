// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/statement.h"

#include <utility>

#include "common/text.h"
#include "server/starrocks/apply/alter_clauses.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::apply {
namespace {

using schema::TokenStream;

// Parses db.name.
bool Name(TokenStream* in, ObjectName* out) {
  return schema::ParseObjectName(in, "a name", "", out);
}

class StatementParser {
 public:
  StatementParser(std::string_view sql, const std::vector<schema::Token>& tokens)
      : sql_(sql), tokens_(tokens), in_(sql, tokens, "statement") {}

  ParsedStatement Parse() {
    bool parsed = Any() && (in_.AtEnd() || in_.Fail("the end of the statement"));
    if (parsed) {
      out_.statement = std::move(statement_);
    } else if (out_.verdict.taken()) {
      out_.verdict = Unknown(Cat("what the statement means: ",
                                 in_.error() ? in_.error()->Message() : "it has another form"));
    }
    return std::move(out_);
  }

 private:
  bool Any() {
    if (in_.ConsumeWord("CREATE")) return Create();
    if (in_.ConsumeWords({"ALTER", "TABLE"})) return Table();
    if (in_.ConsumeWords({"ALTER", "VIEW"})) return View();
    if (in_.ConsumeWords({"ALTER", "MATERIALIZED", "VIEW"})) return MaterializedView();
    if (in_.ConsumeWord("DROP")) return Drop();
    if (in_.ConsumeWords({"REFRESH", "MATERIALIZED", "VIEW"})) return Refresh();
    if (in_.ConsumeWords({"INSERT", "INTO"})) return Insert();
    if (in_.ConsumeWords({"TRUNCATE", "TABLE"})) {
      return Named(&Set<TruncateTable>().name);
    }
    return in_.Fail("a statement that changes the schema");
  }

  template <typename Action>
  Action& Set() {
    return statement_.action.emplace<Action>();
  }

  bool Named(ObjectName* name) {
    if (!Name(&in_, name)) return false;
    out_.object = *name;
    return true;
  }

  // Sets the verdict to a refusal by the engine's grammar. Returns false.
  bool NoStatement(std::string_view evidence = kMeasured40) {
    const schema::Token& at = in_.Peek();
    std::string_view text =
        sql_.substr(tokens_.front().offset, at.offset + at.source.size() - tokens_.front().offset);
    out_.verdict = RefusedBySyntax(Cat("No viable statement for input '", text, "'"), evidence);
    return false;
  }

  bool Create() {
    auto& create = Set<CreateObject>();
    schema::Object& object = create.object;
    create.or_replace = in_.ConsumeWords({"OR", "REPLACE"});
    if (create.or_replace && in_.IsWord("MATERIALIZED")) return NoStatement();
    bool table = !create.or_replace && in_.ConsumeWord("TABLE");
    bool view = !table && in_.ConsumeWord("VIEW");
    bool other =
        !table && !view && !create.or_replace && in_.ConsumeWords({"MATERIALIZED", "VIEW"});
    if (!table && !view && !other) return in_.Fail("TABLE, VIEW or MATERIALIZED VIEW");
    create.if_not_exists = in_.IsWord("IF");
    if (!Named(&object.name)) return false;
    if (table) {
      create.bracketed_calls = BracketedCalls();
      return schema::ParseTable(&in_, &object.definition.emplace<schema::Table>()) &&
             HasWrittenDefaults();
    }
    if (view) return schema::ParseView(&in_, &object.definition.emplace<schema::View>());
    for (size_t i = in_.position(); i + 1 < tokens_.size() && !IsWord(i, "AS"); ++i) {
      create.schedule = create.schedule || IsWord(i, "SCHEDULE");
    }
    return schema::ParseMaterializedView(&in_,
                                         &object.definition.emplace<schema::MaterializedView>());
  }

  // Declarations may have numbers and booleans without quotes as defaults, statements may not.
  bool HasWrittenDefaults() {
    for (size_t i = 0; i + 1 < tokens_.size(); ++i) {
      if (!IsWord(i, "DEFAULT")) continue;
      bool bare = tokens_[i + 1].kind == schema::Token::Kind::kNumber || IsWord(i + 1, "TRUE") ||
                  IsWord(i + 1, "FALSE");
      if (!bare) continue;
      out_.verdict = RefusedBySyntax(
          Cat("Unexpected input '", tokens_[i + 1].source,
              "', the most similar input is {'CURRENT_TIMESTAMP', 'NULL', SINGLE_QUOTED_TEXT, "
              "DOUBLE_QUOTED_TEXT, '('}"),
          kMeasured402);
      return false;
    }
    return true;
  }

  bool IsWord(size_t at, std::string_view word) const {
    return tokens_[at].kind == schema::Token::Kind::kWord &&
           EqualIgnoringCase(tokens_[at].value, word);
  }

  // Returns the text from PARTITION BY to the first call in its brackets, or "".
  std::string BracketedCalls() const {
    for (size_t i = 0; i + 3 < tokens_.size(); ++i) {
      if (!IsWord(i, "PARTITION") || !IsWord(i + 1, "BY")) continue;
      if (!tokens_[i + 2].IsSymbol("(")) return "";
      for (size_t j = i + 3; j + 1 < tokens_.size() && !tokens_[j].IsSymbol(")"); ++j) {
        if (!tokens_[j].IsName() || !tokens_[j + 1].IsSymbol("(")) continue;
        size_t begin = tokens_[i].offset;
        return std::string(sql_.substr(begin, tokens_[j + 1].end() - begin));
      }
      return "";
    }
    return "";
  }

  bool Table() {
    auto& alter = Set<AlterTable>();
    return Named(&alter.name) && ParseAlterClauses(&in_, &alter.clauses, &out_.verdict);
  }

  bool View() {
    auto& alter = Set<AlterView>();
    if (!Named(&alter.name)) return false;
    if (in_.ConsumeWords({"SET", "SECURITY"})) {
      if (!in_.IsWord("NONE") && !in_.IsWord("INVOKER")) {
        out_.verdict = RefusedBySyntax(Cat("Unexpected input '", in_.Peek().source,
                                           "', the most similar input is {'INVOKER', 'NONE'}"));
        return false;
      }
      alter.security = Upper(in_.Consume().value);
      return true;
    }
    if (!in_.IsSymbol("(") && !in_.IsWord("AS")) return NoStatement();
    return schema::ParseView(&in_, &alter.view.emplace());
  }

  bool MaterializedView() {
    auto& alter = Set<AlterMaterializedView>();
    if (!Named(&alter.name)) return false;
    if (in_.ConsumeWord("ACTIVE")) {
      alter.active = true;
      return true;
    }
    if (in_.ConsumeWord("INACTIVE")) {
      alter.active = false;
      return true;
    }
    if (in_.ConsumeWord("REFRESH")) return schema::ParseRefresh(&in_, &alter.refresh.emplace());
    if (in_.ConsumeWord("RENAME")) return in_.Name("a name", &alter.rename);
    if (in_.ConsumeWords({"SWAP", "WITH"})) return in_.Name("a name", &alter.swap);
    if (in_.ConsumeWord("SET")) return ParseSet(&in_, &alter.set.emplace());
    if (in_.IsWord("COMMENT") || in_.IsWord("DISTRIBUTED") || in_.IsWord("AS") ||
        in_.IsWord("PARTITION") || in_.IsWord("ORDER")) {
      return NoStatement();
    }
    return in_.Fail("ACTIVE, INACTIVE, REFRESH, RENAME, SWAP WITH or SET");
  }

  bool Drop() {
    auto& drop = Set<DropObject>();
    if (in_.ConsumeWord("TABLE")) {
      drop.kind = DropObject::Kind::kTable;
    } else if (in_.ConsumeWord("VIEW")) {
      drop.kind = DropObject::Kind::kView;
    } else if (in_.ConsumeWords({"MATERIALIZED", "VIEW"})) {
      drop.kind = DropObject::Kind::kMaterializedView;
    } else {
      return in_.Fail("TABLE, VIEW or MATERIALIZED VIEW");
    }
    drop.if_exists = in_.ConsumeWords({"IF", "EXISTS"});
    return Named(&drop.name) && (!in_.ConsumeWord("FORCE") || true);
  }

  bool Refresh() {
    auto& refresh = Set<RefreshMaterializedView>();
    if (!Named(&refresh.name)) return false;
    in_.ConsumeWord("FORCE");
    if (in_.ConsumeWords({"WITH", "SYNC", "MODE"}) || in_.ConsumeWords({"WITH", "ASYNC", "MODE"})) {
    }
    return true;
  }

  bool Insert() {
    auto& copy = Set<Copy>();
    if (!Named(&copy.target)) return false;
    if (in_.ConsumeWords({"WITH", "LABEL"}) && !in_.Name("a label", &label_)) return false;
    if (in_.IsSymbol("(") && !in_.Names("a column's name", &copy.columns)) return false;
    if (!in_.IsWord("SELECT") && !in_.IsWord("WITH")) return in_.Fail("SELECT");
    return in_.Rest("a query", &copy.query);
  }

  const std::string_view sql_;
  const std::vector<schema::Token>& tokens_;
  TokenStream in_;
  Statement statement_;
  std::string label_;
  ParsedStatement out_;
};

}  // namespace

ParsedStatement ParseStatement(std::string_view sql) {
  schema::Lexed lexed = schema::Lex(sql, "statement");
  if (lexed.error) {
    ParsedStatement out;
    out.verdict = Unknown(Cat("what the statement means: ", lexed.error->Message()));
    return out;
  }
  return StatementParser(sql, lexed.tokens).Parse();
}

}  // namespace stateserver::apply
