#include "server/schema/parse/script.h"

#include <string>
#include <utility>

#include "server/schema/parse/clauses.h"
#include "server/schema/parse/lexer.h"

namespace stateserver::schema {
namespace {

class Script {
 public:
  Script(TokenStream* in, std::string_view database) : in_(*in), database_(database) {}

  ParsedScript Run() {
    while (!in_.Finished()) {
      if (!in_.AtEnd() && !Statement()) {
        out_.errors.push_back(*in_.error());
        in_.ClearError();
      }
      in_.SkipStatement();
    }
    return std::move(out_);
  }

 private:
  bool Statement() {
    if (in_.TakeWord("USE")) {
      return in_.Name("a database's name", &database_) && (in_.AtEnd() || in_.Fail("`;`"));
    }
    Object object;
    object.place = in_.Place();
    if (!Create(&object)) return false;
    if (!in_.AtEnd()) return in_.Fail("the end of the statement");
    out_.objects.push_back(std::move(object));
    return true;
  }

  bool Create(Object* object) {
    if (!in_.TakeWord("CREATE")) {
      return in_.Fail("CREATE TABLE, CREATE VIEW, CREATE MATERIALIZED VIEW or USE");
    }
    if (in_.TakeWord("TABLE")) {
      return Name("the table's name", object) &&
             ParseTable(&in_, &object->definition.emplace<Table>());
    }
    if (in_.TakeWord("VIEW") || in_.TakeWords({"OR", "REPLACE", "VIEW"})) {
      return Name("the view's name", object) &&
             ParseView(&in_, &object->definition.emplace<View>());
    }
    if (in_.TakeWords({"MATERIALIZED", "VIEW"})) {
      return Name("the materialized view's name", object) &&
             ParseMaterializedView(&in_, &object->definition.emplace<MaterializedView>());
    }
    return in_.Fail("TABLE, VIEW or MATERIALIZED VIEW");
  }

  bool Name(std::string_view what, Object* object) {
    return ParseObjectName(&in_, what, database_, &object->name);
  }

  TokenStream& in_;
  std::string database_;
  ParsedScript out_;
};

}  // namespace

ParsedScript ParseScript(std::string_view text, std::string_view source,
                         std::string_view default_database) {
  Lexed lexed = Lex(text, source);
  TokenStream stream(text, lexed.tokens, source);
  ParsedScript out = Script(&stream, default_database).Run();
  // The statement it stands in ended too early; that is no error of its own.
  if (lexed.error) {
    if (!out.errors.empty() && lexed.tokens.back().kind == Token::Kind::kEnd &&
        out.errors.back().found == "the end") {
      out.errors.pop_back();
    }
    out.errors.push_back(*lexed.error);
  }
  return out;
}

}  // namespace stateserver::schema
