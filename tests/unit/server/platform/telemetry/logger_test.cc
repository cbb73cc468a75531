// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/logger.h"

#include <sstream>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::telemetry {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string Word(std::string_view text) {
  std::string out;
  AppendTextWord(text, /*quote_spaces=*/true, &out);
  return out;
}

class LoggerTest : public testing::Test {
 protected:
  std::unique_ptr<Logger> NewLogger(LogFormat format, LogLevel level = LogLevel::kInfo) {
    return std::make_unique<Logger>(format, level,
                                    std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
  }

  std::ostringstream text_;
};

TEST(JsonString, EscapesWhatWouldBreakTheString) {
  EXPECT_EQ(Json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Json("one\ntwo\r\tthree"), R"("one\ntwo\r\tthree")");
  EXPECT_EQ(Json(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonString, KeepsUtf8AndReplacesEverythingElse) {
  EXPECT_EQ(Json("café €"), "\"café €\"");
  EXPECT_EQ(Json("a\xff"), "\"a\xEF\xBF\xBD\"");
}

TEST(TextWord, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(Word("127.0.0.1:7433"), "127.0.0.1:7433");
  EXPECT_EQ(Word("two words"), "\"two words\"");
  EXPECT_EQ(Word("a=b"), "\"a=b\"");
  EXPECT_EQ(Word(""), "\"\"");
}

TEST_F(LoggerTest, JsonLineHasItsFieldsInOrder) {
  NewLogger(LogFormat::kJson)
      ->Log(LogLevel::kWarning, "a \"quoted\"\nmessage",
            {{"method", "Export"}, {"rows", 12}, {"duration_ms", 1.5}, {"dry_run", true}});
  EXPECT_THAT(
      text_.str(),
      MatchesRegex(R"(\{"ts":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z","level":"warn",)"
                   R"("msg":"a \\"quoted\\"\\nmessage","method":"Export","rows":12,)"
                   R"("duration_ms":1\.5,"dry_run":true\})"
                   "\n"));
}

TEST_F(LoggerTest, TextLineCannotBeSplitByAField) {
  NewLogger(LogFormat::kText)->Log(LogLevel::kInfo, "rpc", {{"error", "no\nforged info line"}});
  EXPECT_THAT(text_.str(), MatchesRegex("[-0-9T:.]+Z info rpc error=\"no.nforged info line\"\n"));
  EXPECT_THAT(text_.str(), HasSubstr("\\n"));
}

TEST_F(LoggerTest, FieldTextWithFormatSignsIsTakenLiterally) {
  NewLogger(LogFormat::kText)->Log(LogLevel::kInfo, "{} %v %s", {{"name", "{0}%n"}});
  EXPECT_THAT(text_.str(), HasSubstr("{} %v %s name={0}%n\n"));
}

TEST_F(LoggerTest, NumbersThatJsonLacksBecomeNull) {
  NewLogger(LogFormat::kJson)->Log(LogLevel::kInfo, "m", {{"rate", 0.0 / 0.0}, {"n", -1L}});
  EXPECT_THAT(text_.str(), HasSubstr(R"("rate":null,"n":-1})"));
}

TEST_F(LoggerTest, LevelCanChangeWhileRunning) {
  auto logger = NewLogger(LogFormat::kText);
  logger->Log(LogLevel::kDebug, "dropped");
  logger->set_level(LogLevel::kDebug);
  EXPECT_EQ(logger->level(), LogLevel::kDebug);
  logger->Log(LogLevel::kDebug, "kept");
  logger->set_level(LogLevel::kError);
  logger->Log(LogLevel::kWarning, "dropped too");
  logger->set_level(LogLevel::kOff);
  logger->Log(LogLevel::kError, "dropped as well");
  EXPECT_THAT(text_.str(), HasSubstr("kept"));
  EXPECT_THAT(text_.str(), Not(HasSubstr("dropped")));
}

TEST_F(LoggerTest, LinesOfSeveralThreadsStayWhole) {
  auto logger = NewLogger(LogFormat::kText);
  const std::string payload(200, 'x');
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) logger->Log(LogLevel::kInfo, "m", {{"p", payload}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(text_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, testing::EndsWith("info m p=" + payload));
  }
  EXPECT_EQ(count, 400);
}

TEST_F(LoggerTest, LongValuesAreCut) {
  const std::string huge(3'900'000, 'g');
  for (LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    std::string line = FormatLogLine(format, LogLevel::kInfo, huge, {{"gateway", huge}, {"n", 7}});
    EXPECT_LT(line.size(), 5000u);
    EXPECT_THAT(line, HasSubstr("… (3897952 bytes cut)"));
    EXPECT_THAT(line, MatchesRegex(".*[,\" ]n[\":=]+7.*")) << "the fields after it stay";
  }
  std::string exact(kMaxLoggedValue, 'x');
  EXPECT_THAT(FormatLogLine(LogFormat::kText, LogLevel::kInfo, exact), Not(HasSubstr("cut")));
}

TEST_F(LoggerTest, NoCharacterIsCutInTwo) {
  std::string text(kMaxLoggedValue - 1, 'x');
  std::string line = FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "m", {{"v", text + "é"}});
  EXPECT_THAT(line, HasSubstr("x… (2 bytes cut)"));
}

TEST_F(LoggerTest, LongLinesSayHowManyFieldsAreMissing) {
  Fields fields;
  for (int i = 0; i < 1000; ++i)
    fields.push_back({"field" + std::to_string(i), std::string(2000, '"')});
  for (LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    std::string line = FormatLogLine(format, LogLevel::kInfo, "m", fields);
    EXPECT_LT(line.size(), 2 * kMaxLoggedLine);
    EXPECT_THAT(line, MatchesRegex(".*fields_left_out[\":=]+99[0-9].*"));
  }
}

TEST(LogLevelTest, NamesGoBothWays) {
  for (std::string_view name : {"trace", "debug", "info", "warn", "error", "off"}) {
    auto level = ParseLogLevel(name);
    ASSERT_TRUE(level.has_value()) << name;
    EXPECT_EQ(LogLevelName(*level), name);
  }
  EXPECT_FALSE(ParseLogLevel("INFO").has_value());
  EXPECT_FALSE(ParseLogLevel("").has_value());
}

}  // namespace
}  // namespace stateserver::telemetry
