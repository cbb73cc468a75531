// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/large_inputs.h"

namespace stateserver::fuzz {

namespace {

// LargeInput is `begin`, and `repeated` as often as it fits. A `#` in it is the number of the
// repetition.
struct LargeInput {
  std::string_view target;  // "" for all
  std::string_view begin;
  std::string_view repeated;
};

using namespace std::literals;

constexpr LargeInput kLargeInputs[] = {
    {"", "", "a"},
    {"", "", "0"},
    {"", "", " "},
    {"", "", "\n"},
    {"", "", "("},
    {"", "", "["},
    {"", "", "{\"a\":"},
    {"", "", "\""},
    {"", "", "'"},
    {"", "'", "\\"},
    {"", "", "a,"},
    {"", "", "a;\n"},
    {"", "", "/*"},
    {"", "", "\xff"},
    {"", "", "a# "},
    {"addresses", "starrocks://", "%41"},
    {"addresses", "starrocks://u:", "@"},
    {"addresses", "", "1h"},
    {"addresses", "", "${A}"},
    {"addresses", "", "{{'a'}}"},
    {"addresses", "", "{{"},
    {"certificate", "", "0\x80"},
    {"certificate", "", "0\x82\xff\xff"},
    {"config", "gateways:\n", "  g#: {connection: {type: duckdb}}\n"},
    {"config", "", "k#: 1\n"},
    {"config", "", "a: {{ b }}\n"},
    {"config", "a: {{", " b"},
    {"config", "a: {{ b }} ", "c"},
    {"config", "a: ", "{{ b }} "},
    {"config", "x: &x {a: 1}\ny: [", "*x, "},
    {"config", "gateways: {", "a#: &x# "},
    {"config", "", "? "},
    {"config", "", "- "},
    {"config", "auth: {grants: [", "{jwt_group: a#, roles: {b: reader}}, "},
    {"contexts", "contexts:\n", "  c#: {server: a}\n"},
    {"contexts", "contexts: {", "c#: &x# {server: a}, "},
    {"contexts", "", "? "},
    {"contexts", "", "- "},
    {"expression", "\x02", "a+"},
    {"expression", "\x02", "("},
    {"expression", "\x02", "CASE WHEN "},
    {"expression", "\x03", "f("},
    {"headers", "00-", "0"},
    {"headers", "[", ":"},
    {"json", "{\"a\":[", "1,"},
    {"json", "{\"c\":{", "\"k#\":[],"},
    {"jwt", "\0"sv, "."},
    {"jwt", "\0"sv, "e30."},
    {"jwt", "\1{\"aud\":[", "\"a#\","},
    {"jwt",
     "\1{\"iss\":\"https://login.example.com/\",\"aud\":\"stateserver\",\"exp\":1.9e9,\"sub\":\"",
     "a"},
    {"jwt", "\1", "["},
    {"jwt", "\1{", "\"k#\":1,"},
    {"jwt", "\2{\"alg\":\"EdDSA\",\"kid\":\"", "k"},
    {"jwt", "\2{\"alg\":\"EdDSA\",", "\"k#\":1,"},
    {"jwt", "\3{\"keys\":[", "{\"kty\":\"OKP\"},"},
    {"jwt", "\3{\"keys\":[", "["},
    {"page_token", "", "Hx8f"},
    {"page_token", "1.", "0"},
    {"records", "{\"name\":\"", "a"},
    {"records", "{\"name\":\"a\",\"intervals\":[", "[#,#],"},
    {"records", "{\"name\":\"a\",\"node\":{\"columns\":{", "\"c#\":\"INT\","},
    {"records", "{\"name\":\"a\",\"previous_versions\":[", "{},"},
    {"records", "{", "\"k#\":1,"},
    {"revision", "-- revision: 1\n\n-- +upgrade\n\n", "SELECT #;\n"},
    {"revision", "-- revision: 1\n-- down_revision: ", "a#, "},
    {"revision", "-- revision: 1\n\n-- +upgrade\n\n", "-- note\n"},
    {"query", "SELECT a FROM t WHERE ", "("},
    {"query", "SELECT ", "- "},
    {"query", "SELECT a", "[1]"},
    {"query", "SELECT 1", " + 1"},
    {"query", "SELECT 1 FROM t", " JOIN t# USING (a)"},
    {"query", "SELECT *", ", *"},
    {"query", "SELECT 1", " UNION SELECT 1"},
    {"query", "WITH a AS (SELECT 1)", ", a# AS (SELECT 1 FROM a)"},
    {"query", "SELECT ", "array_filter(x -> 1, "},
    {"query", "SELECT 1 FROM ", "(SELECT 1 FROM "},
    {"schema", "CREATE TABLE t (", "c# INT, "},
    {"schema", "", "CREATE TABLE t# (a INT);\n"},
    {"schema", "CREATE TABLE t (a ", "ARRAY<"},
    {"schema", "CREATE TABLE t (a ", "STRUCT<a#:INT,b:"},
    {"schema", "CREATE VIEW v AS SELECT ", "("},
    {"schema", "CREATE VIEW v AS SELECT ", "a#+"},
    {"schema", "CREATE VIEW v AS SELECT * FROM ", "t#, "},
    {"schema", "CREATE TABLE t (a INT) PROPERTIES (", "'k#'='v', "},
    {"schema", "CREATE TABLE t (a INT) PARTITION BY RANGE(a) (",
     "PARTITION p# VALUES LESS THAN ('#'), "},
    {"seed", "a,b\n", "1,2\n"},
    {"seed", "", "a#,"},
    {"seed", "a\n", "\"x\"\n"},
    {"seed", "a\n\"", "\"\""},
    {"sql_lexer", "\0"sv, "`"},
    {"sql_lexer", "\0"sv, "\\'"},
    {"sql_lexer", "\0"sv, "-- \n"},
    {"sql_lexer", "\x20", "#"},
    {"sql_lexer", "\x08", ".1a"},
    {"statefile", "{\"metadata\":{},\"versions\":{},\"snapshots\":[", "{},"},
    {"statefile", "{\"metadata\":{},\"versions\":{},\"environments\":{", "\"e#\":{},"},
    {"sums", "", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  f#.sql\n"},
    {"times", "in ", "1 day "},
    {"times", "", "0,"},
    {"times", "0 0 ", "1-2,"},
    {"times", "",
     "1\x1f"
     "1\x1f"
     "2\x1f"
     "0\x1f\x1f+a\x1f+b\x1e"},
    {"tokens", "tokens:\n", "  - {id: a#}\n"},
    {"tokens", "tokens:\n", "  - id: 0123456789ab\n"},
    {"tokens", "tokens: [{roles: {", "g#: reader, "},
    {"tokens", "sst_", "0"},
    {"worker_answer", "{\"id\":7,\"answers\":[", "{},"},
    {"writer_clauses", "ALTER TABLE t ADD COLUMN (", "c# INT, "},
    {"writer_clauses", "ALTER TABLE t ADD COLUMN a INT", ", ADD COLUMN c# INT"},
    {"writer_clauses", "CREATE VIEW v AS SELECT 1", "+1"},
    {"writer_clauses", "CREATE TABLE t (a ", "ARRAY<"},
    {"writer_clauses", "CREATE VIEW v AS SELECT ", "("},
    {"writer_clauses", "CREATE VIEW v AS SELECT 1", " /* a */"},
    {"writer_clauses", "ALTER TABLE t MODIFY COLUMN n BIGINT", ", MODIFY COLUMN n BIGINT"},
};

std::string Filled(const LargeInput& input, size_t size) {
  std::string out(input.begin);
  for (size_t number = 0;; ++number) {
    std::string next;
    for (char c : input.repeated) {
      if (c == '#' && input.repeated != "#") {
        next += std::to_string(number);
      } else {
        next += c;
      }
    }
    if (out.size() + next.size() > size) return out;
    out += next;
  }
}

}  // namespace

std::vector<std::string> LargeInputs(std::string_view target, size_t size) {
  std::vector<std::string> out;
  for (const LargeInput& input : kLargeInputs) {
    if (!input.target.empty() && input.target != target) continue;
    out.push_back(Filled(input, size));
    // The same as the content of targets whose first byte chooses something.
    if (input.target.empty()) out.push_back("\1" + Filled(input, size - 1));
  }
  return out;
}

}  // namespace stateserver::fuzz
