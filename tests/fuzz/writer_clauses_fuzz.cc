// SPDX-License-Identifier: Apache-2.0
//
// A text as a statement that a writer wants to run. What is allowed is one statement of a known
// kind, and stays so when it is written differently; it holds no clause that is not on the list.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "common/sql/lexer.h"
#include "common/text.h"
#include "server/starrocks/revisions/run/writer_clauses.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
using stateserver::revisions::LiveObjectState;
using stateserver::revisions::WriterClauses;
namespace sql = stateserver::sql;
using Kind = sql::Token::Kind;

const std::map<std::string, LiveObjectState>& Live() {
  static const std::map<std::string, LiveObjectState> live = {
      {"t",
       {"1",
        "CREATE TABLE `t` (`k` INT NOT NULL, `n` INT NULL, `s` VARCHAR(20) NULL, "
        "`d` DECIMAL(10, 2) NULL) DUPLICATE KEY(`k`) DISTRIBUTED BY HASH(`k`)"}},
      {"v", {"2", "CREATE VIEW `v` AS SELECT 1"}}};
  return live;
}

bool Allowed(std::string_view statement) { return !WriterClauses(Live()).WhyNot(statement); }

std::vector<sql::Token> TokensOf(std::string_view statement) {
  std::vector<sql::Token> tokens;
  sql::Lexer lexer(statement, sql::kStarRocks);
  for (sql::Token token = lexer.Next(); token.kind != Kind::kEnd; token = lexer.Next()) {
    if (token.kind != Kind::kComment) tokens.push_back(std::move(token));
  }
  return tokens;
}

void CheckWords(const std::vector<sql::Token>& tokens) {
  constexpr std::string_view kFirst[] = {"CREATE", "ALTER", "REFRESH"};
  Check(!tokens.empty() && tokens[0].kind == Kind::kWord);
  Check(std::count(std::begin(kFirst), std::end(kFirst), stateserver::Upper(tokens[0].value)) == 1);
  for (size_t i = 0; i < tokens.size(); ++i) {
    Check(tokens[i].fault == sql::Token::Fault::kNone && !tokens[i].IsSymbol(";"));
    if (i == 0 || tokens[i].kind != Kind::kWord) continue;
    for (std::string_view word :
         {"DROP", "DELETE", "INSERT", "UPDATE", "GRANT", "REVOKE", "INTO"}) {
      Check(!stateserver::EqualIgnoringCase(tokens[i].value, word));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string statement(stateserver::fuzz::TextOf(data, size));
  const bool allowed = Allowed(statement);
  if (!allowed) return 0;
  std::vector<sql::Token> tokens = TokensOf(statement);
  CheckWords(tokens);
  std::string spaced;
  for (const sql::Token& token : tokens) stateserver::AppendTo(&spaced, token.source, " ");
  Check(Allowed(spaced));
  for (const char* more : {"; DROP TABLE t", ", DROP COLUMN n", " DROP", ";"}) {
    Check(!Allowed(spaced + more));
  }
  Check(!Allowed("DROP " + statement) && !Allowed("/*+ x */" + statement));
  return 0;
}
