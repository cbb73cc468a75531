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
