// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/queries.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/apply/expressions.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/token_stream.h"

namespace stateserver::apply {
namespace {

using schema::Token;
using schema::TokenStream;

constexpr int kMostViews = 32;  // views that read one another

// Source is one relation of a FROM clause.
struct Source {
  std::string alias;
  std::vector<OutputColumn> columns;
  std::set<std::string> merged;  // columns that USING merged into those before, in lower case
};

struct Scope {
  std::vector<Source> sources;
  std::map<std::string, OutputColumn> aliases;  // of the select list, in lower case
  const Scope* outer = nullptr;
};

const OutputColumn* FindIn(const Source& source, std::string_view name) {
  auto found = std::find_if(source.columns.begin(), source.columns.end(), [&](const auto& column) {
    return EqualIgnoringCase(column.name, name);
  });
  return found == source.columns.end() ? nullptr : &*found;
}

using Tables = std::map<std::string, std::vector<OutputColumn>>;  // of WITH

class QueryReader {
 public:
  QueryReader(const Catalog& catalog, int level, QueryFacts* facts)
      : catalog_(catalog), level_(level), facts_(*facts) {}

  Verdict Read(std::string_view query) {
    schema::Lexed lexed = schema::Lex(query, "query");
    if (lexed.error) return Unknown(Cat("what the query means: ", lexed.error->Message()));
    TokenStream in(query, lexed.tokens, "query");
    in_ = &in;
    RETURN_UNLESS_TAKEN(Query(nullptr, &facts_.columns));
    return in.AtEnd() ? Taken() : NotUnderstood();
  }

 private:
  Verdict NotUnderstood() const {
    return Unknown(Cat("what `", schema::Shown(in_->Peek().source), "` means in the query"));
  }

  Verdict Query(const Scope* outer, std::vector<OutputColumn>* out) {
    DepthGuard guard(in_->depth());
    if (guard.TooDeep()) return Unknown("a query that is nested too deeply");
    Tables before = with_;
    if (in_->ConsumeWord("WITH")) {
      do {
        RETURN_UNLESS_TAKEN(With(outer));
      } while (in_->ConsumeSymbol(","));
    }
    RETURN_UNLESS_TAKEN(Set(outer, out));
    with_ = std::move(before);
    return Taken();
  }

  Verdict With(const Scope* outer) {
    std::string name;
    if (!in_->Name("a name", &name) || !in_->ConsumeWord("AS") || !in_->ConsumeSymbol("(")) {
      return NotUnderstood();
    }
    std::vector<OutputColumn> columns;
    RETURN_UNLESS_TAKEN(Query(outer, &columns));
    with_[name] = std::move(columns);
    return in_->ConsumeSymbol(")") ? Taken() : NotUnderstood();
  }

  Verdict Set(const Scope* outer, std::vector<OutputColumn>* out) {
    RETURN_UNLESS_TAKEN(Term(outer, out));
    bool several = false;
    while (in_->ConsumeWord("UNION") || in_->ConsumeWord("EXCEPT") || in_->ConsumeWord("MINUS") ||
           in_->ConsumeWord("INTERSECT")) {
      several = true;
      if (!in_->ConsumeWord("ALL")) in_->ConsumeWord("DISTINCT");
      std::vector<OutputColumn> other;
      RETURN_UNLESS_TAKEN(Term(outer, &other));
      if (other.size() != out->size()) return Unknown("a union of different numbers of columns");
      for (size_t i = 0; i < out->size(); ++i) {
        if ((*out)[i].type != other[i].type) (*out)[i].type.reset();
      }
    }
    if (!several) return Taken();
    facts_.items.clear();
    Scope scope;
    for (const OutputColumn& column : *out) scope.aliases[Lower(column.name)] = column;
    return OrderAndLimit(scope);
  }

  Verdict Term(const Scope* outer, std::vector<OutputColumn>* out) {
    if (in_->ConsumeSymbol("(")) {
      RETURN_UNLESS_TAKEN(Query(outer, out));
      return in_->ConsumeSymbol(")") ? Taken() : NotUnderstood();
    }
    return Select(outer, out);
  }

  // The names of the select list can only be resolved after FROM: it is read twice.
  Verdict Select(const Scope* outer, std::vector<OutputColumn>* out) {
    if (!in_->ConsumeWord("SELECT")) return NotUnderstood();
    if (!in_->ConsumeWord("ALL")) in_->ConsumeWord("DISTINCT");
    TokenStream list = *in_;
    int depth = 0;
    while (!in_->AtEnd() && (depth > 0 || !(in_->IsWord("FROM") || in_->IsSymbol(")") ||
                                            in_->IsWord("UNION") || in_->IsWord("LIMIT")))) {
      const Token& token = in_->Consume();
      depth += (token.IsSymbol("(") ? 1 : 0) - (token.IsSymbol(")") ? 1 : 0);
    }
    Scope scope;
    scope.outer = outer;
    if (in_->ConsumeWord("FROM")) RETURN_UNLESS_TAKEN(From(&scope));
    TokenStream* rest = in_;
    in_ = &list;
    std::vector<Expression> items;
    Verdict listed = List(&scope, &items, out);
    bool ended = in_->AtEnd() || in_->IsWord("FROM") || in_->IsSymbol(")") ||
                 in_->IsWord("UNION") || in_->IsWord("LIMIT");
    if (listed.taken() && !ended) listed = NotUnderstood();
    in_ = rest;
    RETURN_UNLESS_TAKEN(std::move(listed));
    return Behind(scope, items);
  }

  Verdict List(Scope* scope, std::vector<Expression>* items, std::vector<OutputColumn>* out) {
    do {
      bool all = in_->IsSymbol("*") || (in_->IsSymbol(".", 1) && in_->IsSymbol("*", 2));
      if (all) {
        RETURN_UNLESS_TAKEN(Star(*scope, items, out));
        continue;
      }
      size_t begin = in_->position();
      Expression item;
      RETURN_UNLESS_TAKEN(Read(*scope, &item));
      bool bare = in_->position() == begin;
      if (bare) return NotUnderstood();
      OutputColumn column = item.source;
      column.name = item.name;
      column.type = item.type;
      column.inputs = item.inputs;
      if (in_->ConsumeWord("AS")) {
        if (!in_->Peek().IsName() && in_->Peek().kind != Token::Kind::kText) return NotUnderstood();
        column.name = in_->Consume().value;
      } else if (in_->Peek().kind == Token::Kind::kQuotedName ||
                 (in_->Peek().kind == Token::Kind::kWord && !in_->IsWord("FROM") &&
                  !in_->IsWord("UNION") && !schema::IsReserved(in_->Peek().value))) {
        column.name = in_->Consume().value;
      }
      if (column.name != item.name) scope->aliases.emplace(Lower(column.name), column);
      out->push_back(std::move(column));
      items->push_back(std::move(item));
    } while (in_->ConsumeSymbol(","));
    return Taken();
  }

  Verdict Star(const Scope& scope, std::vector<Expression>* items, std::vector<OutputColumn>* out) {
    std::string alias = in_->IsSymbol("*") ? "" : in_->Consume().value;
    if (!alias.empty()) in_->Consume();
    in_->Consume();
    bool found = false;
    for (const Source& source : scope.sources) {
      if (!alias.empty() && source.alias != alias) continue;
      found = true;
      if (!source.merged.empty()) return Unknown("the columns of `*` after USING");
      for (const OutputColumn& column : source.columns) {
        out->push_back(column);
        Expression item;
        item.type = column.type;
        item.name = column.name;
        item.columns = {Lower(column.name)};
        item.all = item.columns;
        item.source = column;
        items->push_back(std::move(item));
      }
    }
    return found ? Taken() : Unknown(Cat("what `", alias, ".*` refers to"));
  }

  Verdict From(Scope* scope) {
    RETURN_UNLESS_TAKEN(Relation(scope));
    while (true) {
      bool comma = in_->ConsumeSymbol(","), hidden = false;
      if (!comma) {
        bool joined = false;
        RETURN_UNLESS_TAKEN(Join(&joined, &hidden));
        if (!joined) return Taken();
      }
      RETURN_UNLESS_TAKEN(Relation(scope));
      if (comma) continue;
      if (in_->ConsumeWord("ON")) {
        Expression condition;
        RETURN_UNLESS_TAKEN(Read(*scope, &condition));
      } else if (in_->ConsumeWord("USING")) {
        RETURN_UNLESS_TAKEN(Using(scope));
      }
      if (hidden) scope->sources.pop_back();
    }
  }

  // Sets `hidden` for SEMI and ANTI joins, whose right side has no columns behind ON.
  Verdict Join(bool* joined, bool* hidden) {
    *joined = true;
    *hidden = in_->ConsumeWords({"LEFT", "SEMI"}) || in_->ConsumeWords({"LEFT", "ANTI"});
    if (*hidden) return in_->ConsumeWord("JOIN") ? Taken() : NotUnderstood();
    if (in_->ConsumeWord("JOIN") || in_->ConsumeWords({"INNER", "JOIN"}) ||
        in_->ConsumeWords({"CROSS", "JOIN"})) {
      return Taken();
    }
    if (in_->IsWord("LEFT") || in_->IsWord("RIGHT") || in_->IsWord("FULL")) {
      in_->Consume();
      in_->ConsumeWord("OUTER");
      return in_->ConsumeWord("JOIN") ? Taken() : NotUnderstood();
    }
    *joined = false;
    return Taken();
  }

  Verdict Using(Scope* scope) {
    std::vector<std::string> names;
    if (!in_->Names("a column's name", &names)) return NotUnderstood();
    Source& right = scope->sources.back();
    for (const std::string& name : names) {
      size_t count = 0;
      for (size_t i = 0; i + 1 < scope->sources.size(); ++i) {
        const Source& left = scope->sources[i];
        count += FindIn(left, name) != nullptr && !left.merged.contains(Lower(name)) ? 1 : 0;
      }
      if (count > 1)
        return RefusedByAnalysis(Cat("Column '", name, "' is ambiguous"), kMeasured402);
      if (count == 0 || FindIn(right, name) == nullptr) {
        return Unknown(Cat("what USING (", name, ") refers to"));
      }
      right.merged.insert(Lower(name));
    }
    return Taken();
  }

  Verdict Relation(Scope* scope) {
    Source source;
    if (in_->ConsumeSymbol("(")) {
      if (!in_->IsWord("SELECT") && !in_->IsWord("WITH")) return NotUnderstood();
      RETURN_UNLESS_TAKEN(Query(scope->outer, &source.columns));
      if (!in_->ConsumeSymbol(")")) return NotUnderstood();
    } else {
      RETURN_UNLESS_TAKEN(Named(&source));
    }
    bool word = in_->ConsumeWord("AS");
    bool alias = in_->Peek().kind == Token::Kind::kQuotedName ||
                 (in_->Peek().kind == Token::Kind::kWord &&
                  !schema::IsReserved(in_->Peek().value) && !IsClause());
    if (word && !alias) return NotUnderstood();
    if (alias) source.alias = in_->Consume().value;
    if (in_->IsSymbol("(") || in_->IsSymbol("[")) return NotUnderstood();
    scope->sources.push_back(std::move(source));
    return Taken();
  }

  // Words that may follow a relation and are not reserved for this parser.
  bool IsClause() const {
    constexpr const char* kWords[] = {"LATERAL", "QUALIFY",     "MINUS",   "PIVOT",
                                      "TABLET",  "TABLESAMPLE", "NATURAL", "ASOF",
                                      "FOR",     "SEMI",        "ANTI",    "STRAIGHT_JOIN"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](const char* word) { return in_->IsWord(word); });
  }

  Verdict Named(Source* source) {
    std::vector<std::string> parts;
    do {
      if (!in_->Name("a relation's name", &parts.emplace_back())) return NotUnderstood();
    } while (in_->ConsumeSymbol("."));
    if (in_->IsSymbol("(")) return Unknown(Cat("the table function ", parts.back()));
    const std::string& name = parts.back();
    source->alias = name;
    if (parts.size() == 1) {
      auto given = with_.find(name);
      if (given != with_.end()) {
        source->columns = given->second;
        return Taken();
      }
    }
    bool here =
        parts.size() == 1 || (parts.size() == 2 && parts[0] == catalog_.database) ||
        (parts.size() == 3 && parts[0] == "default_catalog" && parts[1] == catalog_.database);
    if (!here) return Unknown(Cat("the columns of ", parts[parts.size() - 2], ".", name));
    facts_.relations.insert(name);
    if (level_ >= kMostViews) return Unknown("views that read one another too deeply");
    return Columns(name, &source->columns);
  }

 public:
  Verdict Columns(const std::string& name, std::vector<OutputColumn>* out) {
    const Entry* entry = catalog_.Find(name);
    if (entry == nullptr) {
      if (!catalog_.whole || catalog_.Has(name)) return Unknown(Cat("the columns of ", name));
      return Unknown(Cat("the columns of ", name, ", which does not exist"));
    }
    if (!entry->unknown.empty()) return Unknown(entry->unknown);
    if (const TableState* table = entry->table()) {
      for (const schema::Column& column : table->table.columns) {
        out->push_back(
            {column.name, column.type, column.nullable.value_or(true), name, column.name, ""});
      }
      return Taken();
    }
    if (const auto* view = entry->materialized(); view != nullptr && view->stored) {
      *out = *view->stored;
      return Taken();
    }
    const schema::View* view = entry->view();
    const std::vector<schema::ViewColumn>& named =
        view != nullptr ? view->columns : entry->materialized()->view.columns;
    QueryFacts facts;
    RETURN_UNLESS_TAKEN(
        QueryReader(catalog_, level_ + 1, &facts)
            .Read(view != nullptr ? view->query : entry->materialized()->view.query));
    *out = std::move(facts.columns);
    if (named.empty()) return Taken();
    if (named.size() != out->size()) return Unknown(Cat("the columns of ", name));
    for (size_t i = 0; i < named.size(); ++i) (*out)[i].name = named[i].name;
    return Taken();
  }

 private:
  Verdict Resolve(const Scope& from, const std::vector<std::string>& parts,
                  OutputColumn* out) const {
    const std::string& name = parts.back();
    for (const Scope* scope = &from; scope != nullptr; scope = scope->outer) {
      const OutputColumn* found = nullptr;
      for (const Source& source : scope->sources) {
        // Qualified by the alias, or by the database and the table.
        if (parts.size() > 1 && source.alias != parts[parts.size() - 2]) continue;
        const OutputColumn* column = FindIn(source, name);
        if (column == nullptr) continue;
        if (parts.size() == 1 && source.merged.contains(Lower(name))) continue;
        if (found != nullptr) {
          return RefusedByAnalysis(Cat("Column '", name, "' is ambiguous"), kMeasured402);
        }
        found = column;
      }
      if (found != nullptr) {
        *out = *found;
        return Taken();
      }
      auto alias = parts.size() == 1 ? scope->aliases.find(Lower(name)) : scope->aliases.end();
      if (alias != scope->aliases.end()) {
        *out = alias->second;
        return Taken();
      }
    }
    // A field of a STRUCT has the same form.
    if (parts.size() > 1) return Unknown(Cat("what ", parts[0], ".", name, " refers to"));
    return RefusedByAnalysis(Cat("Column '", name, "' cannot be resolved"));
  }

  Verdict Read(const Scope& scope, Expression* out) {
    Names names;
    names.column = [&](const std::vector<std::string>& parts, OutputColumn* found) {
      return Resolve(scope, parts, found);
    };
    names.query = [&](TokenStream* in, std::optional<DataType>* type) {
      TokenStream* before = in_;
      in_ = in;
      std::vector<OutputColumn> columns;
      Verdict verdict = Query(&scope, &columns);
      in_ = before;
      if (verdict.taken() && columns.size() == 1) *type = columns[0].type;
      return verdict;
    };
    return ReadExpression(in_, names, out);
  }

  // Reads WHERE, GROUP BY, HAVING, ORDER BY and LIMIT.
  Verdict Behind(const Scope& scope, const std::vector<Expression>& items) {
    Expression part;
    if (in_->ConsumeWord("WHERE")) {
      RETURN_UNLESS_TAKEN(Read(scope, &part));
      if (part.aggregates) return Unknown("an aggregate function in WHERE");
    }
    bool aggregates = std::any_of(items.begin(), items.end(),
                                  [](const Expression& item) { return item.aggregates; });
    std::set<std::string> grouped;
    bool group = in_->ConsumeWords({"GROUP", "BY"});
    if (group) RETURN_UNLESS_TAKEN(GroupBy(scope, items, &grouped));
    if (in_->ConsumeWord("HAVING")) RETURN_UNLESS_TAKEN(Read(scope, &part));
    facts_.groups = group || aggregates;
    facts_.items = items;
    if (group || aggregates) RETURN_UNLESS_TAKEN(CheckGrouped(items, grouped));
    return OrderAndLimit(scope);
  }

  // Collects the columns that the expressions of GROUP BY read, and those behind their aliases.
  Verdict GroupBy(const Scope& scope, const std::vector<Expression>& items,
                  std::set<std::string>* grouped) {
    do {
      bool number = in_->Peek().kind == Token::Kind::kNumber;
      size_t at = number ? static_cast<size_t>(std::atoi(in_->Peek().value.c_str())) : 0;
      Expression part;
      RETURN_UNLESS_TAKEN(Read(scope, &part));
      if (number && at >= 1 && at <= items.size()) part = items[at - 1];
      grouped->insert(part.columns.begin(), part.columns.end());
      for (const std::string& name : part.columns) {
        if (!scope.aliases.contains(name)) continue;
        for (const Expression& item : items) {
          if (!item.aggregates) grouped->insert(item.columns.begin(), item.columns.end());
        }
      }
    } while (in_->ConsumeSymbol(","));
    return Taken();
  }

  static Verdict CheckGrouped(const std::vector<Expression>& items,
                              const std::set<std::string>& grouped) {
    for (const Expression& item : items) {
      for (const std::string& name : item.columns) {
        if (!grouped.contains(name)) {
          return Unknown(Cat("whether ", name, " may stand outside GROUP BY"));
        }
      }
    }
    return Taken();
  }

  Verdict OrderAndLimit(const Scope& scope) {
    if (in_->ConsumeWords({"ORDER", "BY"})) {
      do {
        Expression part;
        RETURN_UNLESS_TAKEN(Read(scope, &part));
        if (!in_->ConsumeWord("ASC")) in_->ConsumeWord("DESC");
        if (in_->ConsumeWord("NULLS") && !in_->ConsumeWord("FIRST")) in_->ConsumeWord("LAST");
      } while (in_->ConsumeSymbol(","));
    }
    if (!in_->ConsumeWord("LIMIT")) return Taken();
    int number = 0;
    if (!in_->Integer("a number", &number)) return NotUnderstood();
    if ((in_->ConsumeSymbol(",") || in_->ConsumeWord("OFFSET")) &&
        !in_->Integer("a number", &number)) {
      return NotUnderstood();
    }
    return Taken();
  }

  const Catalog& catalog_;
  const int level_;
  QueryFacts& facts_;
  TokenStream* in_ = nullptr;
  Tables with_;
};

}  // namespace

Verdict ReadQuery(std::string_view query, const Catalog& catalog, QueryFacts* out) {
  return QueryReader(catalog, 0, out).Read(query);
}

Verdict ColumnsOf(const std::string& name, const Catalog& catalog, std::vector<OutputColumn>* out) {
  QueryFacts facts;
  return QueryReader(catalog, 0, &facts).Columns(name, out);
}

}  // namespace stateserver::apply
