// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/error_mapping.h"

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::postgres {
namespace {

const Endpoint kEndpoint{"db", "5432", "state", "sqlmesh"};

absl::Status Map(const std::string& sqlstate, const std::string& message = "text") {
  ServerError error;
  error.sqlstate = sqlstate;
  error.message = message;
  return FromServer(error, kEndpoint);
}

TEST(ErrorMapping, EverySqlstateHasItsReason) {
  const std::pair<const char*, Reason> cases[] = {
      {"08006", Reason::DATABASE_LOST},  {"08003", Reason::DATABASE_LOST},
      {"57P01", Reason::DATABASE_LOST},  {"57P02", Reason::DATABASE_LOST},
      {"53100", Reason::DATABASE_FULL},  {"53200", Reason::OVERLOADED},
      {"53300", Reason::OVERLOADED},     {"42501", Reason::PERMISSION_MISSING},
      {"55P03", Reason::LOCK_TIMEOUT},   {"57014", Reason::CANCELLED},
      {"42P01", Reason::DATABASE_ERROR}, {"XX000", Reason::DATABASE_ERROR},
      {"40001", Reason::DATABASE_ERROR}, {"40P01", Reason::DATABASE_ERROR},
  };
  for (const auto& [sqlstate, reason] : cases) {
    absl::Status status = Map(sqlstate);
    EXPECT_EQ(ReasonOf(status), reason) << sqlstate;
    EXPECT_EQ(FactsOf(status)["sqlstate"], sqlstate);
    EXPECT_NE(MessageOf(status).find("text"), std::string::npos);
  }
}

TEST(ErrorMapping, EachHostHasItsPort) {
  EXPECT_EQ(Describe({"a,b", "1,2", "state", "u"}), "database 'state' at a:1,b:2");
}

TEST(ErrorMapping, TheRightToCreateTemporaryTablesHasItsGrant) {
  EXPECT_EQ(
      HintOf(Map("42501", "permission denied to create temporary tables in database \"state\"")),
      "GRANT TEMPORARY ON DATABASE \"state\" TO \"sqlmesh\";");
}

TEST(ErrorMapping, AValueThatCannotBeStoredIsTheCallers) {
  struct Case {
    ServerError error;
    const char* hint;
  };
  for (const Case& c : {
           Case{{"22021", "invalid byte sequence for encoding \"UTF8\": 0x00", "", "", "", ""},
                "Remove the bytes"},
           Case{{"22P05",
                 "character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no "
                 "equivalent in encoding \"LATIN1\"",
                 "", "", "", ""},
                "Move the state to a database with ENCODING 'UTF8'"},
           Case{{"22P05", "unsupported Unicode escape sequence",
                 "\\u0000 cannot be converted to text.", "", "", ""},
                "Remove the escape sequence"},
           Case{{"22P02", "invalid input syntax for type json",
                 "Unicode low surrogate must follow a high surrogate.", "", "", ""},
                "Remove the escape sequence"},
           Case{
               {"54000", "index row size 3016 exceeds btree version 4 maximum 2704 for index \"i\"",
                "", "Values larger than 1/3 of a buffer page cannot be indexed.", "", ""},
               "Shorten the value"},
           Case{{"22001", "value too long for type character varying(10)", "", "", "", ""},
                "Shorten the value"},
           Case{{"22003", "value out of range for type bigint", "", "", "", ""},
                "Correct the number"},
       }) {
    absl::Status status = FromServer(c.error, kEndpoint);
    EXPECT_REASON(ARGUMENT_INVALID, status);
    EXPECT_NE(MessageOf(status).find("cannot store a value: " + c.error.message),
              std::string::npos);
    EXPECT_NE(HintOf(status).find(c.hint), std::string::npos) << HintOf(status);
    EXPECT_EQ(FactsOf(status)["sqlstate"], c.error.sqlstate);
  }
}

// Such a text was read from a table, or is a defect of this server.
TEST(ErrorMapping, OtherMalformedValuesAreErrorsOfTheDatabase) {
  EXPECT_REASON(DATABASE_ERROR, Map("22P02", "invalid input syntax for type bigint: \"x\""));
  EXPECT_REASON(DATABASE_ERROR, Map("22P02", "invalid input syntax for type json"));
  EXPECT_REASON(DATABASE_ERROR, Map("22023", "cannot get array length of a scalar"));
}

TEST(ErrorMapping, AFullDiskIsKnownByItsTextToo) {
  EXPECT_REASON(DATABASE_FULL,
                Map("58030", "could not extend file \"base/1/2\": No space left on device"));
}

TEST(ErrorMapping, AStatementTimeoutIsADeadline) {
  EXPECT_REASON(DEADLINE_EXCEEDED, Map("57014", "canceling statement due to statement timeout"));
}

TEST(ErrorMapping, DetailAndHintArePassedOn) {
  ServerError error{"23505", "duplicate key", "Key (a)=(1) already exists.", "do this", "", ""};
  absl::Status status = FromServer(error, kEndpoint);
  EXPECT_NE(MessageOf(status).find("Key (a)=(1) already exists."), std::string::npos);
  EXPECT_EQ(HintOf(status), "do this");
}

TEST(ErrorMapping, GrantsNameWhatIsMissing) {
  EXPECT_EQ(HintOf(Map("42501", "permission denied for database state")),
            "GRANT CREATE ON DATABASE \"state\" TO \"sqlmesh\";");
  EXPECT_EQ(HintOf(Map("42501", "permission denied for schema Other")),
            "GRANT USAGE, CREATE ON SCHEMA \"Other\" TO \"sqlmesh\";");
  EXPECT_EQ(HintOf(Map("42501", "permission denied for table t")),
            "GRANT SELECT, INSERT, UPDATE, DELETE ON \"t\" TO \"sqlmesh\";");
}

TEST(ErrorMapping, ConnectingTakesTheSqlstateOutOfTheText) {
  absl::Status status = FromConnecting(
      "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password "
      "authentication failed for user \"sqlmesh\"\nLOCATION:  auth_failed, auth.c:326\n",
      kEndpoint);
  EXPECT_REASON(DATABASE_UNREACHABLE, status);
  EXPECT_EQ(FactsOf(status)["sqlstate"], "28P01");
  EXPECT_EQ(MessageOf(status),
            "Cannot connect to database 'state' at db:5432 as user 'sqlmesh': connection to "
            "server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed "
            "for user \"sqlmesh\"");
}

TEST(ErrorMapping, SeveralHostsStayInOneLine) {
  absl::Status status =
      FromConnecting("a failed: Connection refused\n\tIs it running?\nb failed\n", kEndpoint);
  EXPECT_EQ(MessageOf(status).find('\n'), std::string::npos);
  EXPECT_NE(MessageOf(status).find("a failed: Connection refused; Is it running?; b failed"),
            std::string::npos);
}

}  // namespace
}  // namespace stateserver::postgres
