// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/writer_clauses.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/sql/lexer.h"
#include "common/text.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::revisions {

namespace {

using schema::Column;
using schema::DataType;
using schema::Shown;
using schema::Table;
using sql::Token;

// Properties of tables that neither delete, move nor re-encode data, that keep the number of its
// copies, and that change no result of a query. The engine compares keys with case.
constexpr std::array<std::string_view, 7> kTableProperties = {
    "bloom_filter_columns",          "bloom_filter_fpp",   "bucket_size",
    "enable_load_profile",           "mutable_bucket_num", "enable_statistic_collect_on_first_load",
    "primary_index_cache_expire_sec"};
constexpr std::array<std::string_view, 1> kViewProperties = {"partition_refresh_number"};

// Words after the first one of a clause that say what it is about.
constexpr std::array<std::string_view, 23> kHeadWords = {
    "ALL",   "BRANCH",  "BY",         "COLUMN",    "EXTERNAL", "INDEX",        "INTO", "KEY",
    "LIKE",  "OR",      "OVERWRITE",  "PARTITION", "ROLLUP",   "MATERIALIZED", "ROW",  "SECURITY",
    "TABLE", "REPLACE", "PARTITIONS", "TEMPORARY", "TAG",      "VIEW",         "WITH"};

// Reserved words with which other statements begin, or with which a query writes or reads files.
// None of them can follow the first word of an allowed statement, not even in an expression.
constexpr std::array<std::string_view, 10> kNeverInside = {
    "ALTER", "CREATE", "DELETE", "DROP", "FILES", "GRANT", "INSERT", "INTO", "REVOKE", "UPDATE"};

template <size_t kSize>
bool IsOne(const std::array<std::string_view, kSize>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Splits the statement as the engine does. Refuses what some release of the engine, or a front end
// that reads Unicode, may split otherwise, and returns the reason as a phrase.
std::optional<std::string> Tokenize(std::string_view statement, std::vector<Token>* tokens) {
  if (statement.find("/*+") != statement.npos || statement.find("/*!") != statement.npos) {
    return "a hint, or a comment that is executed";
  }
  sql::Lexer lexer(statement, sql::kStarRocks);
  size_t end = 0;
  for (Token token = lexer.Next(); token.kind != Token::Kind::kEnd; token = lexer.Next()) {
    // The engine's white space has no vertical tab and no form feed.
    std::string_view space = statement.substr(end, token.offset - end);
    end = token.end();
    if (space.find_first_not_of(" \t\r\n") != space.npos) return "unusual white space";
    if (token.fault != Token::Fault::kNone) return Cat("`", Shown(token.source), "`");
    if (token.IsSymbol(";")) return "more than one statement";
    if (token.kind == Token::Kind::kComment) {
      // Old releases read this as the beginning of a longer comment.
      if (token.source == "/**/") return "the empty comment /**/";
      continue;
    }
    // The engine folds letters such as U+017F to those of keywords; `@` begins a variable, and `$$`
    // in newer releases a text.
    bool plain = std::all_of(token.source.begin(), token.source.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x80 && c != '$' && c != '@';
    });
    bool dollars = token.kind == Token::Kind::kText && token.source.starts_with('$');
    if (dollars || (token.kind == Token::Kind::kWord && !plain)) {
      return Cat("`", Shown(token.source), "` without backticks");
    }
    if (tokens->size() == schema::kMostStatementTokens) return "its length";
    tokens->push_back(std::move(token));
  }
  Token last;
  last.offset = end;
  tokens->push_back(std::move(last));
  return std::nullopt;
}

constexpr std::array<std::string_view, 5> kIntegers = {"TINYINT", "SMALLINT", "INT", "BIGINT",
                                                       "LARGEINT"};

bool IsWiderInteger(std::string_view from, std::string_view to) {
  const auto* narrow = std::find(kIntegers.begin(), kIntegers.end(), from);
  return narrow != kIntegers.end() && std::find(narrow, kIntegers.end(), to) != kIntegers.end();
}

// Returns true if every value of `from` is one of `to`. Other conversions that the engine has, such
// as those to and from texts, may lose values.
bool HoldsAll(const DataType& from, const DataType& to) {
  if (from == to || IsWiderInteger(from.name, to.name)) return true;
  if (from.name == "FLOAT" && to.name == "DOUBLE") return true;
  if (from.name != to.name) return false;
  if (from.name == "CHAR" || from.name == "VARCHAR") {
    return from.length && to.length && *from.length <= *to.length;
  }
  if (from.name != "DECIMAL" || !from.precision || !from.scale || !to.precision || !to.scale) {
    return false;
  }
  return *from.scale <= *to.scale && *from.precision - *from.scale <= *to.precision - *to.scale;
}

bool HasKey(const Table& table, const Column& column) {
  return table.key &&
         std::any_of(table.key->columns.begin(), table.key->columns.end(),
                     [&](const std::string& name) { return EqualIgnoringCase(name, column.name); });
}

// StatementReader reads one statement. Its functions return false for what a writer may not run;
// `why_`, or else the stream's error, then says what that is.
class StatementReader {
 public:
  StatementReader(std::string_view sql, const std::vector<Token>& tokens, WriterClauses* tables)
      : tokens_(tokens), in_(sql, tokens, ""), tables_(*tables) {}

  std::optional<std::string> WhyNot() {
    clause_ = Head();
    bool whole = Statement() && (in_.Finished() || in_.Fail("the end"));
    if (whole && NothingElseInside()) return std::nullopt;
    if (!why_.empty()) return why_;
    return Cat(clause_, ": ", in_.error() ? in_.error()->Message() : "not understood");
  }

 private:
  bool Refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

  // Returns the words with which the next clause begins: "DROP COLUMN".
  std::string Head() const {
    if (in_.Peek().kind != Token::Kind::kWord) {
      return in_.Finished() ? "no clause" : Cat("`", Shown(in_.Peek().source), "`");
    }
    std::string head = Upper(Shown(in_.Peek().source));
    for (size_t i = 1; in_.Peek(i).kind == Token::Kind::kWord; ++i) {
      std::string word = Upper(in_.Peek(i).value);
      if (!IsOne(kHeadWords, word)) break;
      AppendTo(&head, " ", word);
    }
    return head;
  }

  bool Statement() {
    if (in_.ConsumeWords({"CREATE", "TABLE"})) return CreateTable();
    if (in_.ConsumeWords({"CREATE", "INDEX"})) return CreateIndex();
    if (in_.ConsumeWords({"CREATE", "VIEW"})) {
      schema::View view;
      return CreatedName() && schema::ParseView(&in_, &view);
    }
    if (in_.ConsumeWords({"CREATE", "MATERIALIZED", "VIEW"})) {
      schema::MaterializedView view;
      return CreatedName() && schema::ParseMaterializedView(&in_, &view);
    }
    if (in_.ConsumeWords({"ALTER", "TABLE"})) return AlterTable();
    if (in_.ConsumeWords({"ALTER", "VIEW"})) return AlterView();
    if (in_.ConsumeWords({"ALTER", "MATERIALIZED", "VIEW"})) return AlterMaterializedView();
    if (in_.ConsumeWords({"REFRESH", "MATERIALIZED", "VIEW"})) return RefreshMaterializedView();
    return Refuse(clause_);
  }

  // Parses [IF NOT EXISTS] name.
  bool CreatedName() {
    schema::ObjectName name;
    return schema::ParseObjectName(&in_, "a name", "", &name);
  }

  // Parses the name of an object that exists; returns it without its database.
  bool AlteredName(std::string* name) {
    if (!in_.Name("a name", name)) return false;
    return !in_.ConsumeSymbol(".") || in_.Name("a name", name);
  }

  bool CreateTable() {
    Table table;
    if (!CreatedName() || !schema::ParseTable(&in_, &table)) return false;
    // Tables of other engines are windows on other systems.
    return table.engine == "OLAP" || Refuse(Cat("ENGINE = ", Shown(table.engine)));
  }

  bool CreateIndex() {
    schema::Index index;
    std::string table;
    return in_.Name("an index's name", &index.name) && in_.NeedWord("ON") && AlteredName(&table) &&
           schema::ParseIndexDefinition(&in_, &index);
  }

  // Expressions and queries are read without their grammar.
  bool NothingElseInside() {
    for (size_t i = 1; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != Token::Kind::kWord) continue;
      std::string word = Upper(tokens_[i].value);
      if (IsOne(kNeverInside, word)) return Refuse(Cat(word, " inside the statement"));
    }
    return true;
  }

  bool AlterView() {
    std::string name;
    if (!AlteredName(&name)) return false;
    if (!in_.IsSymbol("(") && !in_.IsWord("AS")) return Refuse(Cat("ALTER VIEW … ", Head()));
    schema::View view;
    return schema::ParseView(&in_, &view);
  }

  bool AlterMaterializedView() {
    std::string name;
    if (!AlteredName(&name)) return false;
    std::string head = Head();
    if (in_.ConsumeWord("ACTIVE")) return true;
    if (in_.ConsumeWord("REFRESH")) {
      schema::Refresh refresh;
      return schema::ParseRefresh(&in_, &refresh);
    }
    if (in_.ConsumeWord("SET")) return SetProperties(kViewProperties);
    return Refuse(Cat("ALTER MATERIALIZED VIEW … ", head));
  }

  // PARTITION and FORCE can replace partitions whose rows are gone from the tables.
  bool RefreshMaterializedView() {
    std::string name;
    if (!AlteredName(&name)) return false;
    if (!in_.ConsumeWord("WITH")) return true;
    return (in_.ConsumeWord("SYNC") || in_.ConsumeWord("ASYNC") || in_.Fail("SYNC or ASYNC")) &&
           in_.NeedWord("MODE");
  }

  bool AlterTable() {
    if (!AlteredName(&table_)) return false;
    clause_ = Head();
    // The engine has this as a statement of its own, whose list has no other clauses.
    if (in_.ConsumeWords({"ADD", "ROLLUP"})) {
      do {
        schema::Rollup rollup;
        if (!schema::ParseRollup(&in_, &rollup)) return false;
      } while (in_.ConsumeSymbol(","));
      return true;
    }
    do {
      clause_ = Head();
      if (!TableClause()) return false;
    } while (in_.ConsumeSymbol(","));
    return true;
  }

  bool TableClause() {
    if (in_.ConsumeWords({"ADD", "COLUMN"})) return AddColumns();
    if (in_.ConsumeWords({"ADD", "INDEX"})) {
      schema::Index index;
      return schema::ParseIndex(&in_, &index);
    }
    if (in_.ConsumeWords({"ADD", "PARTITIONS", "START"})) {
      schema::Partition partitions;
      return schema::ParsePartitionBatch(&in_, &partitions);
    }
    if (in_.ConsumeWords({"ADD", "PARTITION"})) {
      schema::Partition partition;
      return schema::ParsePartition(&in_, &partition);
    }
    if (in_.ConsumeWords({"MODIFY", "COLUMN"})) return ModifyColumn();
    if (in_.ConsumeWord("SET")) return SetProperties(kTableProperties);
    if (in_.ConsumeWord("COMMENT")) {
      std::string comment;
      return in_.NeedSymbol("=") && in_.Text("the comment in quotes", &comment);
    }
    return Refuse(clause_);
  }

  bool AddColumns() {
    if (!in_.ConsumeSymbol("(")) return AddedColumn() && Place();
    do {
      if (!AddedColumn()) return false;
    } while (in_.ConsumeSymbol(","));
    return in_.NeedSymbol(")");
  }

  bool AddedColumn() {
    Column column;
    size_t begin = in_.position();
    if (!schema::ParseColumn(&in_, &column)) return false;
    // The expression was read up to a comma, and may have taken the clauses after it.
    for (size_t i = begin; column.generated && i < in_.position(); ++i) {
      for (std::string_view word : {"AFTER", "FIRST", "PROPERTIES", "TO", "WITH"}) {
        if (tokens_[i].kind == Token::Kind::kWord && EqualIgnoringCase(tokens_[i].value, word)) {
          return in_.FailAt(i, "an expression");
        }
      }
    }
    return true;
  }

  // Parses FIRST or AFTER a column; both may be absent.
  bool Place() {
    std::string name;
    if (in_.ConsumeWord("FIRST")) return true;
    return !in_.ConsumeWord("AFTER") || in_.Name("a column's name", &name);
  }

  bool ModifyColumn() {
    if (in_.IsWord("COMMENT", 1)) {
      std::string name, comment;
      return in_.Name("a column's name", &name) && in_.NeedWord("COMMENT") &&
             in_.Text("the comment in quotes", &comment);
    }
    if (in_.IsWord("ADD", 1) && in_.IsWord("FIELD", 2)) return AddField();
    if (in_.IsWord("DROP", 1)) return Refuse("DROP FIELD");
    Column column;
    if (!schema::ParseColumn(&in_, &column)) return false;
    if (!in_.AtEnd() && !in_.IsSymbol(",")) return in_.Fail("`,` or the end");
    return tables_.Widen(table_, column) ||
           Refuse(Cat("MODIFY COLUMN that may change the values of `", Shown(column.name), "`"));
  }

  // Parses: name ADD FIELD path type [FIRST | AFTER name].
  bool AddField() {
    std::string name;
    if (!in_.Name("a column's name", &name)) return false;
    in_.ConsumeWords({"ADD", "FIELD"});
    do {
      bool element = in_.IsSymbol("[") && in_.IsSymbol("*", 1) && in_.IsSymbol("]", 2);
      for (int i = 0; element && i < 3; ++i) in_.Consume();
      if (!element && !in_.Name("a field's name", &name)) return false;
    } while (in_.ConsumeSymbol("."));
    DataType type;
    return schema::ParseType(&in_, &type) && Place();
  }

  // Parses ("k" = "v", …).
  template <size_t kSize>
  bool SetProperties(const std::array<std::string_view, kSize>& allowed) {
    if (!in_.NeedSymbol("(")) return false;
    do {
      std::string_view source = in_.Peek().source;
      std::string key, value;
      if (!in_.Text("a property's name in quotes", &key)) return false;
      // A name with escapes is not what it looks like.
      bool plain = source.size() == key.size() + 2 && source.substr(1, key.size()) == key;
      if (!plain || !IsOne(allowed, key)) return Refuse(Cat("SET of '", Shown(key), "'"));
      if (!in_.NeedSymbol("=") || !in_.Text("a property's value in quotes", &value)) return false;
    } while (in_.ConsumeSymbol(","));
    return in_.NeedSymbol(")");
  }

  const std::vector<Token>& tokens_;
  schema::TokenStream in_;
  WriterClauses& tables_;
  std::string table_;   // that an ALTER TABLE changes
  std::string clause_;  // the words with which the current clause begins
  std::string why_;
};

}  // namespace

std::optional<std::string> WriterClauses::WhyNot(std::string_view statement) {
  std::vector<Token> tokens;
  if (auto why = Tokenize(statement, &tokens)) return why;
  return StatementReader(statement, tokens, this).WhyNot();
}

bool WriterClauses::Widen(const std::string& table, const Column& column) {
  Table* live = Find(table);
  if (live == nullptr) return false;
  auto found = std::find_if(live->columns.begin(), live->columns.end(), [&](const Column& one) {
    return EqualIgnoringCase(one.name, column.name);
  });
  if (found == live->columns.end() || !found->type || !column.type) return false;
  if (found->state || column.state || found->generated || column.generated) return false;
  bool primary = live->key && live->key->model == schema::KeyModel::kPrimary;
  // Columns of a primary key are never marked.
  bool same_key = column.key == (HasKey(*live, column) && !primary);
  bool same = same_key && found->aggregate == column.aggregate &&
              found->auto_increment == column.auto_increment &&
              found->default_value == column.default_value;
  bool narrows = found->nullable.value_or(true) && !column.nullable.value_or(true);
  if (!same || narrows || !HoldsAll(*found->type, *column.type)) return false;
  *found = column;
  return true;
}

Table* WriterClauses::Find(const std::string& name) {
  auto [found, is_new] = tables_.try_emplace(name);
  auto live = live_.find(name);
  if (is_new && live != live_.end()) {
    schema::ParsedScript script = schema::ParseScript(live->second.statement, name);
    if (script.errors.empty() && script.objects.size() == 1) {
      auto* table = std::get_if<Table>(&script.objects.front().definition);
      if (table != nullptr) found->second = std::move(*table);
    }
  }
  return found->second ? &*found->second : nullptr;
}

}  // namespace stateserver::revisions
