// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/error_mapping.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/network_address.h"
#include "common/time.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

namespace {

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Facts FactsFor(const std::string& sqlstate, const Endpoint& endpoint) {
  Facts facts{{"database", endpoint.database}};
  if (!sqlstate.empty()) facts["sqlstate"] = sqlstate;
  return facts;
}

std::string Sentence(std::string_view what, const ServerError& error) {
  std::string out(what);
  absl::StrAppend(&out, ": ", error.message);
  if (!error.detail.empty()) absl::StrAppend(&out, " (", error.detail, ")");
  return out;
}

// Returns the GRANT statement for a missing right, as far as the error names the object.
std::string GrantHint(const ServerError& error, const Endpoint& endpoint) {
  std::string user = QuoteName(endpoint.user);
  auto quoted_after = [&](std::string_view word) {
    size_t at = error.message.find(word);
    if (at == std::string::npos) return std::string();
    std::string name = error.message.substr(at + word.size());
    return name;
  };
  if (Contains(error.message, "temporary tables in database")) {
    return absl::StrCat("GRANT TEMPORARY ON DATABASE ", QuoteName(endpoint.database), " TO ", user,
                        ";");
  }
  if (Contains(error.message, "for database")) {
    return absl::StrCat("GRANT CREATE ON DATABASE ", QuoteName(endpoint.database), " TO ", user,
                        ";");
  }
  if (std::string name = quoted_after("for schema "); !name.empty()) {
    return absl::StrCat("GRANT USAGE, CREATE ON SCHEMA ", QuoteName(name), " TO ", user, ";");
  }
  if (std::string name = quoted_after("for table "); !name.empty()) {
    std::string table = error.schema.empty()
                            ? QuoteName(name)
                            : absl::StrCat(QuoteName(error.schema), ".", QuoteName(name));
    return absl::StrCat("GRANT SELECT, INSERT, UPDATE, DELETE ON ", table, " TO ", user, ";");
  }
  return absl::StrCat("Grant the missing right to ", user, " in database ",
                      QuoteName(endpoint.database), ".");
}

absl::Status Cancelled(const ServerError& error, const Endpoint& endpoint) {
  Facts facts = FactsFor(error.sqlstate, endpoint);
  if (Contains(error.message, "statement timeout")) {
    return Error(Reason::DEADLINE_EXCEEDED, Sentence("PostgreSQL ended the statement", error),
                 absl::StrCat("Raise statement_timeout of role ", QuoteName(endpoint.user), "."),
                 std::move(facts));
  }
  return Error(Reason::CANCELLED, Sentence("PostgreSQL ended the statement", error),
               "It was cancelled in PostgreSQL; try again.", std::move(facts));
}

// Returns the hint for a value that PostgreSQL cannot store, or "" if `error` is of another kind.
// Such a value comes from the caller: this server builds its own from checked parts.
std::string UnstorableHint(const ServerError& error) {
  const std::string& code = error.sqlstate;
  if (code == "22P05" && (Contains(error.message, "has no equivalent") ||
                          Contains(error.detail, "server's encoding"))) {
    return "The encoding of the database lacks the character. Move the state to a database with "
           "ENCODING 'UTF8', or remove the character.";
  }
  // As in "\u0000 cannot be converted to text", and half of a surrogate pair.
  bool json = code == "22P02" && Contains(error.message, "type json") &&
              (Contains(error.detail, "surrogate") || Contains(error.detail, "\\u"));
  if (code == "22P05" || json) return "Remove the escape sequence from the JSON.";
  if (code == "22021") return "Remove the bytes from the value.";
  // An index entry, or a text of more than 1 GB.
  if (code == "54000" || code == "22001") return "Shorten the value.";
  if (code == "22003") return "Correct the number.";
  return "";
}

std::string ConnectingHint(const std::string& sqlstate, std::string_view text) {
  if (StartsWith(sqlstate, "28")) return "Check user, password and pg_hba.conf.";
  if (sqlstate == "3D000") return "Check `database` of the gateway, or create the database.";
  if (sqlstate == "53300") return "Try again later, or raise max_connections of PostgreSQL.";
  if (sqlstate == "57P03") return "PostgreSQL is starting or stopping; try again.";
  if (Contains(text, "no password supplied")) return "Give the gateway a password.";
  if (Contains(text, "SSL") || Contains(text, "certificate")) {
    return "Check sslmode and the certificates of the gateway.";
  }
  return "Check `host` and `port` of the gateway and that PostgreSQL runs there.";
}

// Extracts 28P01 from "FATAL:  28P01: text\nLOCATION: …", because libpq provides no field for it.
std::string VerboseSqlstate(std::string_view text) {
  for (size_t at = text.find(":  "); at != std::string_view::npos; at = text.find(":  ", at + 1)) {
    std::string_view code = text.substr(at + 3, 5);
    bool plausible = code.size() == 5 && text.substr(at + 8, 2) == ": " &&
                     std::all_of(code.begin(), code.end(), [](unsigned char c) {
                       return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                     });
    if (plausible) return std::string(code);
  }
  return "";
}

// Returns one line without LOCATION and SQLSTATE.
std::string OneLine(std::string_view text, const std::string& sqlstate) {
  std::string out;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.empty() || StartsWith(line, "LOCATION:")) continue;
    if (!out.empty()) out += "; ";
    out += line;
  }
  std::string code = absl::StrCat(" ", sqlstate, ": ");
  if (size_t at = out.find(code); !sqlstate.empty() && at != std::string::npos) {
    out.erase(at, code.size() - 1);
  }
  return out;
}

constexpr absl::Duration kBackendGoneWithin = absl::Seconds(3);
constexpr absl::Duration kAskGoneEvery = absl::Milliseconds(20);

constexpr char kTerminate[] =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid = $1::integer AND extract(epoch FROM backend_start)::text = $2";
constexpr char kIsThere[] =
    "SELECT FROM pg_stat_activity"
    " WHERE pid = $1::integer AND extract(epoch FROM backend_start)::text = $2";

}  // namespace

std::string Describe(const Endpoint& endpoint) {
  return absl::StrCat("database '", endpoint.database, "' at ",
                      absl::StrJoin(PairHostsWithPorts(endpoint.host, endpoint.port), ","));
}

absl::Status FromServer(const ServerError& error, const Endpoint& endpoint) {
  const std::string& code = error.sqlstate;
  Facts facts = FactsFor(code, endpoint);
  if (StartsWith(code, "08") || code == "57P01" || code == "57P02" || code == "57P03") {
    return FromLost(error, endpoint);
  }
  if (code == "40001" && Contains(error.message, "conflict with recovery")) {
    return Error(
        Reason::DATABASE_LOST,
        Sentence(absl::StrCat("The standby ", Describe(endpoint), " ended the read"), error),
        "Nothing was changed; try again. max_standby_streaming_delay of the standby limits how "
        "long a read may delay its replay.",
        std::move(facts));
  }
  if (code == "53100" || Contains(error.message, "No space left")) {
    return Error(Reason::DATABASE_FULL, Sentence("PostgreSQL has no room left", error),
                 "Free disk space on the database server, then try again; nothing was changed.",
                 std::move(facts));
  }
  if (code == "53200" || code == "53300") {
    return Error(Reason::OVERLOADED, Sentence("PostgreSQL is short of resources", error),
                 "Try again later.", std::move(facts));
  }
  if (code == "42501") {
    facts["user"] = endpoint.user;
    return Error(Reason::PERMISSION_MISSING,
                 Sentence(absl::StrCat("The role '", endpoint.user, "' lacks a right"), error),
                 GrantHint(error, endpoint), std::move(facts));
  }
  if (code == "55P03") {
    return Error(Reason::LOCK_TIMEOUT, Sentence("A lock was not available in time", error),
                 "Try again when the other session is done.", std::move(facts));
  }
  if (code == "57014") return Cancelled(error, endpoint);
  if (std::string hint = UnstorableHint(error); !hint.empty()) {
    std::string what = absl::StrCat("PostgreSQL (", Describe(endpoint), ") cannot store a value");
    return Error(Reason::ARGUMENT_INVALID, Sentence(what, error), hint, std::move(facts));
  }
  std::string what = absl::StrCat("PostgreSQL (", Describe(endpoint), ") refused a statement");
  return Error(Reason::DATABASE_ERROR, Sentence(what, error), error.hint, std::move(facts));
}

absl::Status FromConnecting(std::string_view text, const Endpoint& endpoint) {
  std::string sqlstate = VerboseSqlstate(text);
  Facts facts = FactsFor(sqlstate, endpoint);
  facts["host"] = endpoint.host;
  facts["port"] = endpoint.port;
  facts["user"] = endpoint.user;
  std::string sentence = absl::StrCat("Cannot connect to ", Describe(endpoint), " as user '",
                                      endpoint.user, "': ", OneLine(text, sqlstate));
  return Error(sqlstate == "53300" ? Reason::OVERLOADED : Reason::DATABASE_UNREACHABLE, sentence,
               ConnectingHint(sqlstate, text), std::move(facts));
}

absl::Status FromLost(const ServerError& error, const Endpoint& endpoint) {
  if (error.sqlstate == "25P03") {
    return Error(Reason::DATABASE_LOST,
                 "PostgreSQL ended a transaction that had waited for this server longer than "
                 "idle_in_transaction_session_timeout",
                 "Nothing was changed; try again. The setting of the role, the database or the "
                 "server applies if it is shorter than limits.idle_transaction_timeout.",
                 FactsFor(error.sqlstate, endpoint));
  }
  std::string sentence = absl::StrCat("The connection to ", Describe(endpoint), " was lost");
  if (!error.message.empty()) absl::StrAppend(&sentence, ": ", OneLine(error.message, ""));
  return Error(Reason::DATABASE_LOST, sentence, "Nothing was changed; try again.",
               FactsFor(error.sqlstate, endpoint));
}

absl::Status CommitInDoubt(const Endpoint& endpoint) {
  return Error(Reason::COMMIT_IN_DOUBT,
               absl::StrCat("The connection to ", Describe(endpoint),
                            " was lost while the change was being committed; it is not known "
                            "whether the commit succeeded"),
               "Query the outcome of the operation, or run it again with the same operation id.",
               FactsFor("", endpoint));
}

bool LacksCharacter(const absl::Status& status) {
  return !status.ok() && FactsOf(status)["sqlstate"] == "22P05";
}

void EndLostBackend(Session& session, const Session& lost) {
  if (!lost.lost() || lost.backend_start().empty()) return;
  const Parameters backend = {absl::StrCat(lost.backend_pid()), lost.backend_start()};
  if (!session.Query(kTerminate, backend).ok()) return;
  for (absl::Time end = SteadyNow() + kBackendGoneWithin; SteadyNow() < end;
       absl::SleepFor(kAskGoneEvery)) {
    auto there = session.Query(kIsThere, backend);
    if (!there.ok() || there->rows() == 0) return;
  }
}

}  // namespace stateserver::postgres
