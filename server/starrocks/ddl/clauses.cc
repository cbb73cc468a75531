// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/clauses.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"

namespace stateserver::schema {

namespace {

constexpr std::string_view kOwnCatalog = "default_catalog";

}  // namespace

bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out) {
  if (in->ConsumeWords({"IF", "NOT", "EXISTS"})) {
    // IF NOT EXISTS does not affect the declaration.
  }
  out->database = default_database;
  size_t position = in->position();
  if (!in->Name(what, &out->name)) return false;
  if (!in->ConsumeSymbol(".")) return true;
  out->database = out->name;
  if (!in->Name(what, &out->name)) return false;
  if (!in->ConsumeSymbol(".")) return true;
  if (!EqualIgnoringCase(out->database, kOwnCatalog)) {
    return in->FailAt(position, "an object of default_catalog");
  }
  out->database = out->name;
  return in->Name(what, &out->name);
}

bool ParseUse(TokenStream* in, std::string* database) {
  size_t position = in->position();
  if (!in->Name("a database's name", database)) return false;
  if (!in->ConsumeSymbol(".")) return true;
  if (!EqualIgnoringCase(*database, kOwnCatalog)) {
    return in->FailAt(position, "a database of default_catalog");
  }
  return in->Name("a database's name", database);
}

namespace {

// Each parser returns false and leaves the error in the stream if the input is invalid. Those whose
// name begins with Consume also return true if the clause is absent.

// Parses ("k" = "v", …).
bool ParseProperties(TokenStream* in, Properties* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostProperties, "properties in a list")) return false;
    size_t position = in->position();
    std::string key, value;
    if (!in->Text("a property's name in quotes", &key) || !in->NeedSymbol("=") ||
        !in->Text("a property's value in quotes", &value)) {
      return false;
    }
    if (!out->emplace(key, value).second) return in->FailAt(position, "each property once");
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

// Parses PROPERTIES (…).
bool ConsumeProperties(TokenStream* in, Properties* out) {
  return !in->ConsumeWord("PROPERTIES") || ParseProperties(in, out);
}

// Parses COMMENT "…".
bool ConsumeComment(TokenStream* in, std::string* out) {
  return !in->ConsumeWord("COMMENT") || in->Text("the comment in quotes", out);
}

// Parses the clause after DISTRIBUTED BY.
bool ParseDistribution(TokenStream* in, Distribution* out) {
  out->random = in->ConsumeWord("RANDOM");
  if (!out->random && (!in->ConsumeWord("HASH") || !in->Names("a column's name", &out->columns))) {
    return in->Fail("HASH(columns) or RANDOM");
  }
  if (!in->ConsumeWord("BUCKETS")) return true;
  int buckets = 0;
  if (!in->Integer("the number of buckets", &buckets)) return false;
  // 0 is equivalent to omitting the clause.
  if (buckets > 0) out->buckets = buckets;
  return true;
}

// Parses the clause after ORDER BY. Sort keys are ascending, whether or not this is stated.
bool ParseOrderBy(TokenStream* in, std::vector<std::string>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "names in a list")) return false;
    if (!in->Name("a column's name", &out->emplace_back())) return false;
    in->ConsumeWord("ASC");
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

bool ParseViewColumn(TokenStream* in, ViewColumn* out) {
  return in->Name("a column's name", &out->name) && ConsumeComment(in, &out->comment);
}

// Parses (a COMMENT "…", b) and, unless `indexes` is null, indexes after the columns.
bool ParseViewColumns(TokenStream* in, std::vector<ViewColumn>* out,
                      std::vector<Index>* indexes = nullptr) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (indexes != nullptr && in->ConsumeWord("INDEX")) {
      if (!in->MayAdd(indexes->size(), kMostIndexes, "indexes")) return false;
      if (!ParseIndex(in, &indexes->emplace_back())) return false;
      continue;
    }
    if (!in->MayAdd(out->size(), kMostColumns, "columns")) return false;
    if (!ParseViewColumn(in, &out->emplace_back())) return false;
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

// Consumes CHAR SET, CHARSET or CHARACTER SET. Texts are UTF-8, whatever follows.
bool ConsumeCharset(TokenStream* in) {
  return in->ConsumeWords({"CHAR", "SET"}) || in->ConsumeWord("CHARSET") ||
         in->ConsumeWords({"CHARACTER", "SET"});
}

// Parses [DEFAULT] CHARSET [=] utf8 after ENGINE.
bool ConsumeTableCharset(TokenStream* in) {
  in->ConsumeWord("DEFAULT");
  std::string dropped;
  if (!ConsumeCharset(in)) return true;
  in->ConsumeSymbol("=");
  if (in->Peek().kind == Token::Kind::kText) return in->Text("a character set", &dropped);
  return in->Name("a character set", &dropped);
}

struct Alias {
  std::string_view written, name;
};

constexpr Alias kAliases[] = {
    {"INTEGER", "INT"},        {"BOOL", "BOOLEAN"},       {"NUMERIC", "DECIMAL"},
    {"DECIMALV2", "DECIMAL"},  {"DECIMAL32", "DECIMAL"},  {"DECIMAL64", "DECIMAL"},
    {"DECIMAL128", "DECIMAL"}, {"DECIMAL256", "DECIMAL"}, {"NUMBER", "DECIMAL"},
    {"BINARY", "VARBINARY"},
};
constexpr std::array kPlain = {"BOOLEAN", "DOUBLE", "DATE",       "DATETIME", "JSON",
                               "HLL",     "BITMAP", "PERCENTILE", "VARIANT"};
// Types for which the width in brackets has no meaning.
constexpr std::array kWithWidth = {"TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "FLOAT"};

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool Brackets(TokenStream* in, std::optional<int>* first, std::optional<int>* second) {
  if (!in->ConsumeSymbol("(")) return true;
  int number = 0;
  if (!in->Integer("a number", &number)) return false;
  *first = number;
  if (second != nullptr && in->ConsumeSymbol(",")) {
    if (!in->Integer("a number", &number)) return false;
    *second = number;
  }
  return in->NeedSymbol(")");
}

bool Decimal(TokenStream* in, DataType* out) {
  if (!Brackets(in, &out->precision, &out->scale)) return false;
  // The engine's defaults.
  if (!out->precision) out->precision = 10;
  if (!out->scale) out->scale = 0;
  return true;
}

bool IsTypeName(std::string_view name) {
  constexpr std::array kOthers = {"STRING", "TEXT", "DECIMAL", "CHAR",   "VARCHAR",
                                  "ARRAY",  "MAP",  "STRUCT",  "SIGNED", "VARBINARY"};
  return Contains(kPlain, name) || Contains(kWithWidth, name) || Contains(kOthers, name) ||
         std::any_of(std::begin(kAliases), std::end(kAliases),
                     [&](const Alias& alias) { return alias.written == name; });
}

// Returns true if the tokens `ahead` are a type and then `,` or `>`.
bool IsLastType(const TokenStream& in, size_t ahead) {
  if (in.Peek(ahead).kind != Token::Kind::kWord || !IsTypeName(Upper(in.Peek(ahead).value))) {
    return false;
  }
  ++ahead;
  for (int depth = 0; in.Peek(ahead).kind != Token::Kind::kEnd; ++ahead) {
    bool opens = in.IsSymbol("(", ahead) || in.IsSymbol("<", ahead);
    bool closes = in.IsSymbol(")", ahead) || in.IsSymbol(">", ahead);
    if (depth == 0 && !opens) break;
    depth += static_cast<int>(opens) - static_cast<int>(closes);
  }
  return in.IsSymbol(",", ahead) || in.IsSymbol(">", ahead);
}

// Returns the number of tokens of a printed field's name.
size_t FieldNameTokens(const TokenStream& in) {
  constexpr size_t kMost = 64;
  for (size_t count = 1; count < kMost; ++count) {
    if (IsLastType(in, count)) return count;
  }
  return 1;
}

// Parses a field's name, which may be a reserved word.
bool FieldName(TokenStream* in, std::string* out) {
  if (in->Peek().kind != Token::Kind::kWord) return in->Name("a field's name", out);
  return in->Source(1, "a field's name", out);
}

// Parses a field of a STRUCT. The engine prints the name without backticks, even if it would need
// them: it ends where a type follows that is followed by `,` or `>`.
bool Field(TokenStream* in, StructField* out) {
  bool bare = in->printed() && in->Peek().kind != Token::Kind::kQuotedName;
  if (bare) {
    if (!in->Source(FieldNameTokens(*in), "a field's name", &out->name)) return false;
  } else {
    if (!FieldName(in, &out->name)) return false;
    in->ConsumeSymbol(":");
  }
  return ParseType(in, &out->type);
}

bool Nested(TokenStream* in, DataType* out) {
  if (!in->NeedSymbol("<")) return false;
  do {
    if (!in->MayAdd(out->fields.size(), kMostColumns, "fields in a type")) return false;
    StructField& field = out->fields.emplace_back();
    if (out->name == "STRUCT" ? !Field(in, &field) : !ParseType(in, &field.type)) return false;
  } while (in->ConsumeSymbol(","));
  size_t count = out->name == "ARRAY" ? 1 : out->name == "MAP" ? 2 : out->fields.size();
  if (out->fields.size() != count) return in->Fail(count == 1 ? "one type" : "two types");
  return in->NeedSymbol(">");
}

}  // namespace

bool ParseType(TokenStream* in, DataType* out) {
  if (in->Peek().kind != Token::Kind::kWord) return in->Fail("a type");
  size_t position = in->position();
  DepthGuard guard(in->depth());
  if (guard.TooDeep()) return in->FailTooDeep(position);
  std::string name = Upper(in->Consume().value);
  for (const Alias& alias : kAliases) {
    if (alias.written == name) name = alias.name;
  }
  out->name = name;
  if (name == "SIGNED") {
    out->name = "INT";
    if (!in->ConsumeWord("INTEGER")) in->ConsumeWord("INT");
    return true;
  }
  if (name == "STRING" || name == "TEXT") {
    out->name = "VARCHAR";
    out->length = kStringLength;
    // The engine drops the length of `STRING(10)`.
    std::optional<int> dropped;
    return Brackets(in, &dropped, nullptr);
  }
  if (Contains(kPlain, name)) return true;
  if (Contains(kWithWidth, name)) {
    std::optional<int> dropped;
    return Brackets(in, &dropped, nullptr);
  }
  if (name == "DECIMAL") return Decimal(in, out);
  if (name == "CHAR" || name == "VARCHAR") {
    if (!Brackets(in, &out->length, nullptr)) return false;
    if (!out->length) out->length = 1;
    return true;
  }
  if (name == "VARBINARY") return Brackets(in, &out->length, nullptr);
  if (name == "ARRAY" || name == "MAP" || name == "STRUCT") return Nested(in, out);
  return in->FailAt(position, "a type");
}

namespace {

constexpr std::array kAggregates = {"SUM",
                                    "MAX",
                                    "MIN",
                                    "REPLACE",
                                    "REPLACE_IF_NOT_NULL",
                                    "HLL_UNION",
                                    "BITMAP_UNION",
                                    "PERCENTILE_UNION"};

bool IsState(const TokenStream& in) {
  static constexpr std::array kTypesWithBrackets = {
      "TINYINT",   "SMALLINT",   "INT",     "INTEGER",   "BIGINT", "LARGEINT",  "FLOAT",
      "CHAR",      "VARCHAR",    "DECIMAL", "NUMERIC",   "NUMBER", "DECIMALV2", "DECIMAL32",
      "DECIMAL64", "DECIMAL128", "BINARY",  "VARBINARY", "STRING", "TEXT"};
  if (in.Peek().kind != Token::Kind::kWord || !in.IsSymbol("(", 1)) return false;
  if (in.Peek(2).kind == Token::Kind::kNumber) return false;  // a length follows, so this is a type
  return std::none_of(kTypesWithBrackets.begin(), kTypesWithBrackets.end(),
                      [&](std::string_view type) { return in.IsWord(type); });
}

bool State(TokenStream* in, AggregateState* out) {
  out->function = Lower(in->Consume().value);
  if (!in->NeedSymbol("(")) return false;
  if (in->ConsumeSymbol(")")) return true;
  do {
    if (!in->MayAdd(out->arguments.size(), kMostColumns, "arguments")) return false;
    if (!ParseType(in, &out->arguments.emplace_back())) return false;
    // The engine prints whether an argument may be NULL, which has no meaning.
    in->ConsumeWord("NOT");
    in->ConsumeWord("NULL");
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

bool Timestamp(TokenStream* in, DefaultValue* out) {
  out->kind = DefaultValue::Kind::kTimestamp;
  if (!in->ConsumeSymbol("(")) return true;
  int digits = 0;
  if (!in->IsSymbol(")")) {
    if (!in->Integer("the number of digits", &digits)) return false;
    if (digits > 0) out->text = std::to_string(digits);
  }
  return in->NeedSymbol(")");
}

// Consumes a number or a boolean, which the engine stores as a text.
bool ConsumeNumber(TokenStream* in, std::string* out) {
  bool negative = in->IsSymbol("-") && in->Peek(1).kind == Token::Kind::kNumber;
  if (negative) in->Consume();
  if (in->Peek().kind != Token::Kind::kNumber && !in->IsWord("TRUE") && !in->IsWord("FALSE")) {
    return false;
  }
  *out = Cat(negative ? "-" : "", Lower(in->Consume().value));
  return true;
}

// Returns true at `[1, 2]`, `map{…}`, `row(…)` or `array<int>[…]`.
bool IsLiteral(const TokenStream& in) {
  if (in.IsSymbol("[")) return true;
  bool opens = in.IsSymbol("(", 1) || in.IsSymbol("{", 1) || in.IsSymbol("<", 1);
  return in.Peek().kind == Token::Kind::kWord && opens;
}

bool Default(TokenStream* in, DefaultValue* out) {
  if (in->ConsumeWord("NULL")) {
    out->kind = DefaultValue::Kind::kNull;
    return true;
  }
  if (in->ConsumeWord("CURRENT_TIMESTAMP")) return Timestamp(in, out);
  if (in->ConsumeSymbol("(")) {
    out->kind = DefaultValue::Kind::kExpression;
    return in->Expression("an expression", {}, &out->text) && in->NeedSymbol(")");
  }
  if (ConsumeNumber(in, &out->text)) return true;
  if (IsLiteral(*in)) {
    out->kind = DefaultValue::Kind::kLiteral;
    return in->Expression("a value", {"COMMENT"}, &out->text);
  }
  return in->Text("a text, NULL, CURRENT_TIMESTAMP or (an expression)", &out->text);
}

bool TypeOrState(TokenStream* in, Column* out) {
  if (IsState(*in)) return State(in, &out->state.emplace());
  if (!ParseType(in, &out->type.emplace())) return false;
  // The engine prints the type that it stores the state as, followed by the state.
  bool state = IsState(*in) && !in->IsWord("AS") && !in->IsWord("DEFAULT");
  if (!state) return true;
  out->type.reset();
  return State(in, &out->state.emplace());
}

void Aggregate(TokenStream* in, Column* out) {
  for (std::string_view function : kAggregates) {
    if (in->ConsumeWord(function)) out->aggregate = function;
  }
}

bool Value(TokenStream* in, PartitionValue* out) {
  if (in->ConsumeWord("MAXVALUE")) {
    out->kind = PartitionValue::Kind::kMaximum;
    return true;
  }
  if (in->ConsumeWord("NULL")) {
    out->kind = PartitionValue::Kind::kNull;
    return true;
  }
  std::string sign = in->ConsumeSymbol("-") ? "-" : "";
  if (in->Peek().kind == Token::Kind::kNumber) {
    out->text = sign + in->Consume().value;
    return true;
  }
  return in->Text("a value in quotes, MAXVALUE or NULL", &out->text);
}

bool Tuple(TokenStream* in, PartitionTuple* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "values in a bound")) return false;
    if (!Value(in, &out->emplace_back())) return false;
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

bool Members(TokenStream* in, std::vector<PartitionTuple>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostPartitions, "values in a partition")) return false;
    PartitionTuple& member = out->emplace_back();
    bool parsed = in->IsSymbol("(") ? Tuple(in, &member) : Value(in, &member.emplace_back());
    if (!parsed) return false;
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

bool LessThan(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kLessThan;
  if (!in->ConsumeWord("MAXVALUE")) return Tuple(in, &out->upper);
  out->upper.push_back({PartitionValue::Kind::kMaximum, ""});
  return true;
}

bool Fixed(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kFixed;
  return in->NeedSymbol("[") && Tuple(in, &out->lower) && in->NeedSymbol(",") &&
         Tuple(in, &out->upper) && in->NeedSymbol(")");
}

}  // namespace

bool ParsePartition(TokenStream* in, Partition* out) {
  in->ConsumeWords({"IF", "NOT", "EXISTS"});
  if (!in->Name("a partition's name", &out->name) || !in->NeedWord("VALUES")) return false;
  bool parsed = false;
  if (in->ConsumeWords({"LESS", "THAN"})) {
    parsed = LessThan(in, out);
  } else if (in->ConsumeWord("IN")) {
    out->kind = Partition::Kind::kIn;
    parsed = Members(in, &out->members);
  } else if (in->IsSymbol("[")) {
    parsed = Fixed(in, out);
  } else {
    return in->Fail("LESS THAN, IN or [");
  }
  // Properties of one partition are in brackets without a keyword.
  return parsed && (!in->IsSymbol("(") || ParseProperties(in, &out->properties));
}

bool ParsePartitionBatch(TokenStream* in, Partition* out) {
  out->kind = Partition::Kind::kBatch;
  return Tuple(in, &out->lower) && in->NeedWord("END") && Tuple(in, &out->upper) &&
         in->NeedWord("EVERY") && in->NeedSymbol("(") &&
         in->Expression("INTERVAL and a unit, or a number", {}, &out->step) && in->NeedSymbol(")");
}

namespace {

bool Partitions(TokenStream* in, std::vector<Partition>* out) {
  if (!in->NeedSymbol("(")) return false;
  if (in->ConsumeSymbol(")")) return true;
  do {
    if (!in->MayAdd(out->size(), kMostPartitions, "partitions")) return false;
    Partition& partition = out->emplace_back();
    if (in->ConsumeWord("PARTITION")) {
      if (!ParsePartition(in, &partition)) return false;
    } else if (in->ConsumeWord("START")) {
      if (!ParsePartitionBatch(in, &partition)) return false;
    } else {
      return in->Fail("PARTITION, START or `)`");
    }
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

bool Terms(TokenStream* in, bool bracketed, std::vector<std::string>* out) {
  if (bracketed && !in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "columns or calls")) return false;
    if (!in->NameOrCall("a column or a call", &out->emplace_back())) return false;
  } while (in->ConsumeSymbol(","));
  return !bracketed || in->NeedSymbol(")");
}

bool ListsPartitions(const TokenStream& in) {
  return in.IsSymbol("(") &&
         (in.IsWord("PARTITION", 1) || in.IsWord("START", 1) || in.IsSymbol(")", 1));
}

}  // namespace

bool ParseIndex(TokenStream* in, Index* out) {
  // Names of indexes are printed without backticks, even if they would need them.
  return in->Name("an index's name", &out->name) && ParseIndexDefinition(in, out);
}

bool ParseIndexDefinition(TokenStream* in, Index* out) {
  if (!in->Names("a column's name", &out->columns)) return false;
  out->type = "BITMAP";
  if (in->ConsumeWord("USING") && !in->Word("BITMAP, NGRAMBF, GIN or VECTOR", &out->type)) {
    return false;
  }
  if (in->IsSymbol("(") && !ParseProperties(in, &out->properties)) return false;
  return ConsumeComment(in, &out->comment);
}

bool ParseColumn(TokenStream* in, Column* out) {
  if (!in->Name("a column's name", &out->name) || !TypeOrState(in, out)) return false;
  std::string charset;
  if (ConsumeCharset(in) && !in->Name("a character set", &charset)) return false;
  out->key = in->ConsumeWord("KEY");
  Aggregate(in, out);
  if (in->ConsumeWords({"NOT", "NULL"})) {
    out->nullable = false;
  } else if (in->ConsumeWord("NULL")) {
    out->nullable = true;
  }
  if (in->ConsumeWord("AUTO_INCREMENT")) {
    out->auto_increment = true;
  } else if (in->ConsumeWord("DEFAULT")) {
    if (!Default(in, &out->default_value.emplace())) return false;
  } else if (in->ConsumeWord("AS")) {
    if (!in->Expression("an expression", {"COMMENT"}, &out->generated.emplace())) return false;
  }
  return ConsumeComment(in, &out->comment);
}

namespace {

bool Elements(TokenStream* in, Table* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->columns.size(), kMostColumns, "columns") ||
        !in->MayAdd(out->indexes.size(), kMostIndexes, "indexes")) {
      return false;
    }
    bool parsed = in->ConsumeWord("INDEX") ? ParseIndex(in, &out->indexes.emplace_back())
                                           : ParseColumn(in, &out->columns.emplace_back());
    if (!parsed) return false;
  } while (in->ConsumeSymbol(","));
  return in->ConsumeSymbol(")") || in->Fail("`,` or `)`");
}

bool ConsumeEngine(TokenStream* in, std::string* out) {
  if (!in->ConsumeWord("ENGINE")) return true;
  return in->NeedSymbol("=") && in->Word("an engine", out);
}

bool ConsumeKey(TokenStream* in, std::optional<KeyClause>* out) {
  struct Word {
    std::string_view word;
    KeyModel model;
  };
  for (auto [word, model] : {Word{"DUPLICATE", KeyModel::kDuplicate},
                             {"AGGREGATE", KeyModel::kAggregate},
                             {"UNIQUE", KeyModel::kUnique},
                             {"PRIMARY", KeyModel::kPrimary}}) {
    if (!in->ConsumeWords({word, "KEY"})) continue;
    return in->Names("a column's name", &out->emplace(KeyClause{model, {}}).columns);
  }
  return true;
}

constexpr std::string_view kHidden = "__generated_partition_column_";

// Returns true if the text is valid in PARTITION BY.
bool IsTerm(const std::string& expression) {
  Lexed lexed = Lex(expression, "");
  TokenStream in(expression, lexed.tokens, "");
  std::string term;
  return !lexed.error && in.NameOrCall("", &term) && in.Finished();
}

// The engine prints the columns that it generated for the expressions of PARTITION BY.
void FoldHiddenColumns(Table* table) {
  auto hidden = [](const Column& column) {
    return column.name.starts_with(kHidden) && column.generated && IsTerm(*column.generated);
  };
  std::map<std::string, std::string> expressions;  // by the column's name
  std::erase_if(table->columns, [&](const Column& column) {
    if (!hidden(column)) return false;
    expressions.emplace(column.name, *column.generated);
    return true;
  });
  if (!table->partitioning) return;
  for (std::string& term : table->partitioning->terms) {
    auto found = expressions.find(term);
    if (found != expressions.end()) term = found->second;
  }
}

bool Query(TokenStream* in, std::string* out) {
  if (!in->NeedWord("AS")) return false;
  if (!in->IsWord("SELECT") && !in->IsWord("WITH") && !in->IsSymbol("("))
    return in->Fail("a query");
  return in->Rest("a query", out);
}

// Parses a mode that is not known, so that a newer release's is no error.
bool UnknownMode(TokenStream* in, Refresh* out) {
  bool clause = in->IsWord("PROPERTIES") || in->IsWord("DISTRIBUTED") || in->IsWord("COMMENT");
  bool word = in->Peek().kind == Token::Kind::kWord && !IsReserved(in->Peek().value);
  if (clause || !word) return in->Fail("ASYNC, SCHEDULE, MANUAL or INCREMENTAL");
  out->mode = Refresh::Mode::kUnknown;
  return in->Word("a refresh mode", &out->word);
}

bool Every(TokenStream* in, std::string* out) {
  return in->NeedSymbol("(") && in->Expression("INTERVAL, a number and a unit", {}, out) &&
         in->NeedSymbol(")");
}

}  // namespace

bool ParseRefresh(TokenStream* in, Refresh* out) {
  if (in->ConsumeWord("IMMEDIATE")) out->moment = Refresh::Moment::kImmediate;
  if (in->ConsumeWord("DEFERRED")) out->moment = Refresh::Moment::kDeferred;
  if (in->ConsumeWord("MANUAL")) {
    out->mode = Refresh::Mode::kManual;
    return true;
  }
  if (in->ConsumeWord("INCREMENTAL")) {
    out->mode = Refresh::Mode::kIncremental;
    return true;
  }
  if (!in->ConsumeWord("ASYNC") && !in->ConsumeWord("SCHEDULE")) return UnknownMode(in, out);
  if (in->ConsumeWord("START") &&
      (!in->NeedSymbol("(") || !in->Text("a time in quotes", &out->start) ||
       !in->NeedSymbol(")"))) {
    return false;
  }
  return !in->ConsumeWord("EVERY") || Every(in, &out->every);
}

namespace {

// Parses the columns or the expressions after RANGE.
bool RangeTerms(TokenStream* in, std::vector<std::string>* out) {
  if (!in->IsSymbol("(")) return in->NameOrCall("columns or a call", &out->emplace_back());
  in->Consume();
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "columns or calls")) return false;
    bool single = in->IsSymbol(",", 1) || in->IsSymbol(")", 1);
    std::string& term = out->emplace_back();
    bool parsed = single ? in->NameOrCall("a column or a call", &term)
                         : in->Expression("a column or an expression", {}, &term);
    if (!parsed) return false;
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

// Parses the clause after PARTITION BY.
bool ParsePartitioning(TokenStream* in, Partitioning* out) {
  if (in->ConsumeWord("RANGE")) {
    out->kind = Partitioning::Kind::kRange;
    return RangeTerms(in, &out->terms) && Partitions(in, &out->partitions);
  }
  bool list = in->IsWord("LIST") && in->IsSymbol("(", 1);
  if (list) in->Consume();
  if (!Terms(in, list || in->IsSymbol("("), &out->terms)) return false;
  // Without partitions, the engine creates them as rows arrive, as without LIST.
  list = list && in->IsSymbol("(");
  out->kind = list ? Partitioning::Kind::kList : Partitioning::Kind::kExpression;
  bool listed = list || ListsPartitions(*in);
  return !listed || Partitions(in, &out->partitions);
}

// Parses one clause of a materialized view; the clauses may be in any order. Returns false without
// an error in the stream if there is no clause.
bool Clause(TokenStream* in, MaterializedView* out, bool* found) {
  *found = true;
  if (!out->partitioning && in->ConsumeWords({"PARTITION", "BY"})) {
    return ParsePartitioning(in, &out->partitioning.emplace());
  }
  if (!out->distribution && in->ConsumeWords({"DISTRIBUTED", "BY"})) {
    return ParseDistribution(in, &out->distribution.emplace());
  }
  if (out->order_by.empty() && in->ConsumeWords({"ORDER", "BY"})) {
    return ParseOrderBy(in, &out->order_by);
  }
  if (!out->refresh && in->ConsumeWord("REFRESH")) return ParseRefresh(in, &out->refresh.emplace());
  if (out->properties.empty() && in->ConsumeWord("PROPERTIES")) {
    return ParseProperties(in, &out->properties);
  }
  *found = false;
  return true;
}

}  // namespace

bool ParseRollup(TokenStream* in, Rollup* out) {
  if (!in->Name("a rollup's name", &out->name) || !in->Names("a column's name", &out->columns)) {
    return false;
  }
  if (in->ConsumeWords({"DUPLICATE", "KEY"}) &&
      !in->Names("a column's name", &out->duplicate_key)) {
    return false;
  }
  if (in->ConsumeWord("FROM") && !in->Name("a rollup's name", &out->from)) return false;
  return ConsumeProperties(in, &out->properties);
}

namespace {

// Parses the clause after ROLLUP.
bool ParseRollups(TokenStream* in, std::vector<Rollup>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostIndexes, "rollups")) return false;
    if (!ParseRollup(in, &out->emplace_back())) return false;
  } while (in->ConsumeSymbol(","));
  return in->NeedSymbol(")");
}

}  // namespace

bool ParseTable(TokenStream* in, Table* out) {
  if (!Elements(in, out) || !ConsumeEngine(in, &out->engine) || !ConsumeTableCharset(in) ||
      !ConsumeKey(in, &out->key) || !ConsumeComment(in, &out->comment)) {
    return false;
  }
  if (in->ConsumeWords({"PARTITION", "BY"}) &&
      !ParsePartitioning(in, &out->partitioning.emplace())) {
    return false;
  }
  if (in->ConsumeWords({"DISTRIBUTED", "BY"}) &&
      !ParseDistribution(in, &out->distribution.emplace())) {
    return false;
  }
  if (in->ConsumeWords({"ORDER", "BY"}) && !ParseOrderBy(in, &out->order_by)) return false;
  if (in->ConsumeWord("ROLLUP") && !ParseRollups(in, &out->rollups)) return false;
  if (!ConsumeProperties(in, &out->properties)) return false;
  FoldHiddenColumns(out);
  if (in->AtEnd()) return true;
  return in->Fail(
      "one of ENGINE, the keys, COMMENT, PARTITION BY, DISTRIBUTED BY, ORDER BY, ROLLUP, "
      "PROPERTIES (in this order), or the end");
}

bool ParseView(TokenStream* in, View* out) {
  if (in->IsSymbol("(") && !ParseViewColumns(in, &out->columns)) return false;
  if (!ConsumeComment(in, &out->comment)) return false;
  if (in->ConsumeWord("SECURITY")) {
    if (in->ConsumeWord("NONE")) {
      out->security = "NONE";
    } else if (in->ConsumeWord("INVOKER")) {
      out->security = "INVOKER";
    } else {
      return in->Fail("NONE or INVOKER");
    }
  }
  return Query(in, &out->query);
}

bool ParseMaterializedView(TokenStream* in, MaterializedView* out) {
  if (in->IsSymbol("(") && !ParseViewColumns(in, &out->columns, &out->indexes)) return false;
  if (!ConsumeComment(in, &out->comment)) return false;
  for (bool found = true; found;) {
    if (!Clause(in, out, &found)) return false;
  }
  if (!in->IsWord("AS")) {
    return in->Fail(
        "PARTITION BY, DISTRIBUTED BY, ORDER BY, REFRESH, PROPERTIES (each once) or AS");
  }
  return Query(in, &out->query);
}

}  // namespace stateserver::schema
