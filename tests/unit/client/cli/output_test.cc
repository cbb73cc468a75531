// SPDX-License-Identifier: Apache-2.0
//
// Tables, numbers, JSON, bars and prompts.
#include <sstream>

#include "client/cli/output/console.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/errors.h"
#include "common/json/text.h"
#include "gtest/gtest.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {
namespace {

namespace pb = stateserver::v1;

struct TestConsole {
  explicit TestConsole(const std::string& input = "", bool terminal = false, bool colour = false)
      : in(input), console(Terminal{&in, &out, &err, terminal, colour}) {}
  std::istringstream in;
  std::ostringstream out, err;
  Console console;
};

TEST(FormatTest, TimesAreUtc) {
  EXPECT_EQ(FormatTime(1795341780000), "2026-11-22 10:03:00");
  EXPECT_EQ(FormatTime(1795341780999), "2026-11-22 10:03:00");
  EXPECT_EQ(FormatTime(-1), "1969-12-31 23:59:59");
  EXPECT_EQ(FormatTime(0), "-");
}

TEST(FormatTest, SpansBytesElapsed) {
  EXPECT_EQ(FormatSpan(604800000), "7d");
  EXPECT_EQ(FormatSpan(90000000), "1d 1h");
  EXPECT_EQ(FormatSpan(86400000 + 60000), "1d");
  EXPECT_EQ(FormatSpan(1800000), "30m");
  EXPECT_EQ(FormatSpan(250), "250ms");
  EXPECT_EQ(FormatSpan(0), "0s");
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(4404019), "4.2 MiB");
  EXPECT_EQ(FormatElapsed(3725), "1:02:05");
  EXPECT_EQ(Count(1, "snapshot"), "1 snapshot");
  EXPECT_EQ(Count(0, "snapshot"), "0 snapshots");
}

TEST(TableTest, AlignsByCharactersNotBytes) {
  Table table({{"NAME"}, {"ROWS", Table::Align::kRight}});
  table.Add({"größe", "7"});
  table.Add({"ab", "1000"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME   ROWS\n"
            "größe     7\n"
            "ab     1000\n");
}

TEST(TableTest, NamesCannotDriveTheTerminal) {
  Table table({{"NAME"}});
  table.Add({"a\x1b[31m\nb"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "NAME\na?[31m?b\n");
}

TEST(TreeTest, LastLeafIsClosed) {
  std::ostringstream out;
  PrintTree(out, "State Connection", {"Type: postgres", "Dialect: postgres"});
  EXPECT_EQ(out.str(), "State Connection:\n├── Type: postgres\n└── Dialect: postgres\n");
}

TEST(JsonTest, EveryFieldIsThereInOrder) {
  pb::SnapshotSummary summary;
  summary.set_name("\"a\"");
  summary.set_ttl_ms(9007199254740993);
  EXPECT_EQ(ToJson(summary),
            R"({"name":"\"a\"","identifier":"","version":"","kind":"","updated_ts":null,)"
            R"("unpaused_ts":null,"ttl_ms":9007199254740993,"unrestorable":false,)"
            R"("forward_only":false})");
  summary.set_unpaused_ts(0);  // present, and zero
  EXPECT_NE(ToJson(summary).find("\"unpaused_ts\":0"), std::string::npos);
}

TEST(JsonTest, EnumsByNameMessagesNullOrNested) {
  pb::MigrateResult result;
  std::string json = ToJson(result);
  EXPECT_NE(json.find("\"before\":null"), std::string::npos) << json;
  result.mutable_operation()->set_status(pb::OPERATION_STATUS_RUNNING);
  result.mutable_before();
  result.add_notes()->set_kind(pb::NOTE_KIND_HYDRATED_SEED);
  json = ToJson(result);
  EXPECT_NE(json.find("\"status\":\"OPERATION_STATUS_RUNNING\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"before\":{\"schema_version\":0"), std::string::npos) << json;
  EXPECT_NE(json.find("\"notes\":[{\"kind\":\"NOTE_KIND_HYDRATED_SEED\",\"count\":0"),
            std::string::npos)
      << json;
}

TEST(JsonTest, TimesAndDurationsAsMilliseconds) {
  pb::Operation operation;
  operation.mutable_started_time()->set_seconds(1795341787);
  operation.mutable_started_time()->set_nanos(654'000'000);
  std::string json = ToJson(operation);
  EXPECT_NE(json.find(R"("started_ts":1795341787654,"finished_ts":null,"details":null)"),
            std::string::npos)
      << json;
  pb::StatementProgress progress;
  EXPECT_NE(ToJson(progress).find("\"elapsed_ms\":null"), std::string::npos);
  progress.mutable_elapsed()->set_seconds(1);
  progress.mutable_elapsed()->set_nanos(500'000'000);
  EXPECT_NE(ToJson(progress).find("\"elapsed_ms\":1500"), std::string::npos);
}

TEST(JsonTest, StructsListsAndMapsArePlain) {
  pb::Operation operation;
  auto& details = *operation.mutable_details()->mutable_fields();
  details["rows"].set_number_value(3);
  details["tables"].mutable_list_value()->add_values()->set_string_value("a\"b");
  std::string json = ToJson(operation);
  EXPECT_NE(json.find(R"("details":{"rows":3,"tables":["a\"b"]})"), std::string::npos) << json;
  pb::GetEnvironmentResponse environment;
  json = ToJson(environment);
  EXPECT_NE(json.find(R"("requirements":{},"statements":null)"), std::string::npos) << json;
  (*environment.mutable_requirements())["b"] = "2";
  (*environment.mutable_requirements())["a"] = "1";
  environment.mutable_statements();
  json = ToJson(environment);
  EXPECT_NE(json.find(R"("requirements":{"a":"1","b":"2"},"statements":[])"), std::string::npos)
      << json;
}

TEST(JsonTest, StringsAreEscapedAndRepaired) {
  EXPECT_EQ(json::Quoted("a\"\\\n\x01ü"), "\"a\\\"\\\\\\n\\u0001ü\"");
  EXPECT_EQ(json::Quoted("x\xff"), "\"x\xEF\xBF\xBD\"");
}

TEST(ConsoleTest, ConfirmReadsOneLineAndAsksAgain) {
  TestConsole yes("maybe\n Y \nrest");
  auto answer = yes.console.Confirm("Continue?");
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(*answer);
  EXPECT_EQ(yes.err.str(), "Continue? [y/n]: \nPlease enter Y or N\nContinue? [y/n]: \n");
  EXPECT_EQ(yes.in.str().substr(yes.in.tellg()), "rest");
}

TEST(ConsoleTest, EndOfInputAborts) {
  TestConsole none("");
  auto answer = none.console.Confirm("Are you sure?");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(Describe(answer.status()).exit_code, kExitFailed);
  EXPECT_EQ(Describe(answer.status()).message, "Aborted!");
}

TEST(ConsoleTest, QuietDropsTheTalkOnly) {
  TestConsole quiet;
  quiet.console.set_quiet(true);
  quiet.console.talk() << "talk";
  quiet.console.Warning("warning");
  quiet.console.out() << "data";
  EXPECT_EQ(quiet.err.str(), "");
  EXPECT_EQ(quiet.out.str(), "data");
}

TEST(ConsoleTest, MessagesAreNotDelayed) {
  class Buffer : public std::stringbuf {
   public:
    int sync() override { return ++flushed_, 0; }
    int flushed_ = 0;
  } data_buffer, message_buffer;
  std::istringstream in;
  std::ostream data(&data_buffer), messages(&message_buffer);
  messages.tie(&data);
  messages << std::unitbuf;
  Console console(Terminal{&in, &data, &messages});
  console.talk() << "message";
  EXPECT_EQ(data_buffer.flushed_, 1);
  EXPECT_EQ(message_buffer.flushed_, 1);
}

TEST(ProgressTest, PrintedOnceInAPipeAsSqlmeshDoes) {
  TestConsole pipe;
  ProgressBars bars(pipe.console,
                    {"Exporting versions", "Exporting snapshots", "Exporting environments"});
  bars.Start();
  bars.Complete(0, 3);
  bars.Update(1, 20, 73);
  bars.Complete(1, 73);
  bars.Complete(2, 0);
  bars.SetStatus("not shown");
  EXPECT_EQ(pipe.err.str(), "");
  bars.Finish();
  bars.Finish();
  std::string bar;
  for (int i = 0; i < 40; ++i) bar += "━";
  EXPECT_EQ(pipe.err.str(), "    Exporting versions " + bar + " 100.0% • 3/3   • 0:00:00\n" +
                                "   Exporting snapshots " + bar + " 100.0% • 73/73 • 0:00:00\n" +
                                "Exporting environments " + bar + " 0.0%   • 0/0   • 0:00:00\n");
}

TEST(ProgressTest, HalfAndPending) {
  TestConsole pipe;
  {
    ProgressBars bars(pipe.console, {"a", "b"});
    bars.Start();
    bars.Update(0, 1, 4);
  }
  std::string quarter;
  for (int i = 0; i < 10; ++i) quarter += "━";
  EXPECT_EQ(pipe.err.str(), "a " + quarter + std::string(30, ' ') + " 25.0% • 1/4     • 0:00:00\n" +
                                "b " + std::string(40, ' ') + " 0.0%  • pending • -:--:--\n");
}

TEST(ProgressTest, NothingBeforeStart) {
  TestConsole pipe;
  { ProgressBars bars(pipe.console, {"a"}); }
  EXPECT_EQ(pipe.err.str(), "");
}

TEST(ProgressTest, RedrawnInPlaceOnATerminalWithoutColourUnderNoColor) {
  TestConsole terminal("", true, false);
  ProgressBars bars(terminal.console, {"a"});
  bars.Start();
  bars.SetStatus("Waiting for the gateway's lock");
  bars.Complete(0, 1);
  bars.Finish();
  EXPECT_NE(terminal.err.str().find("\x1b[1A"), std::string::npos);
  EXPECT_EQ(terminal.err.str().find("\x1b[3"), std::string::npos) << "a colour";
}

}  // namespace
}  // namespace stateserver::client
