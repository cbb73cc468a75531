// SPDX-License-Identifier: Apache-2.0
//
// Workers that do what they should and workers that do not: small programs that stand in for
// Python's.
#include "server/platform/workers/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "common/text.h"
#include "server/platform/workers/process_pool.h"

namespace stateserver::workers {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kHello[] = R"(echo '{"hello":"stateserver-worker","protocol":1,"role":"rewrite"}')";
// Answers every request with its items.
constexpr char kEcho[] = R"(
while read -r line; do
  id=${line#*:}; id=${id%%,*}
  items=${line#*:[}; items=${items%]*}
  echo "{\"id\":$id,\"answers\":[$items]}"
done)";

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    signal(SIGPIPE, SIG_IGN);
    folder_ = std::filesystem::temp_directory_path() / Cat("ss-workers-", getpid());
    std::filesystem::create_directories(folder_);
    options_.role = "rewrite";
    options_.environment = {"PATH=/usr/bin:/bin", Cat("FOLDER=", folder_.string())};
    options_.timeout = absl::Seconds(20);
    options_.log = [this](const std::string& line) { log_ += line + "\n"; };
  }
  ~WorkerTest() override {
    ExpectNoProcessLeft();
    std::filesystem::remove_all(folder_);
  }

  // A shell script; each process notes its number.
  void Script(const std::string& body) {
    options_.command = {"sh", "-c", "echo $$ >> $FOLDER/pids\n" + body};
  }

  // The answers' texts under "n", for `count` items.
  absl::StatusOr<std::vector<std::string>> Run(size_t count, size_t size = 1) {
    ProcessPool pool(options_, context_);
    return RunIn(pool, count, size);
  }

  static absl::StatusOr<std::vector<std::string>> RunIn(ProcessPool& pool, size_t count,
                                                        size_t size = 1) {
    std::vector<std::string> answers(count);
    auto encode = [&](size_t index, std::string* out) {
      AppendTo(out, "{\"n\":\"", index, std::string(size, 'x'), "\"}");
    };
    auto take = [&](size_t index, simdjson::dom::element answer) -> absl::Status {
      ASSIGN_OR_RETURN(answers[index], TextOf(answer, "n"));
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(pool.Process(count, encode, take));
    return answers;
  }

  std::string Failure(size_t count = 1) {
    auto answers = Run(count);
    EXPECT_FALSE(answers.ok());
    EXPECT_EQ(ReasonOf(answers.status()), Reason::WORKER_FAILED) << answers.status();
    return std::string(answers.status().message());
  }

  std::vector<pid_t> Pids() const {
    std::vector<pid_t> pids;
    std::ifstream in(folder_ / "pids");
    for (pid_t pid; in >> pid;) pids.push_back(pid);
    return pids;
  }

  void ExpectNoProcessLeft() const {
    for (pid_t pid : Pids()) EXPECT_NE(kill(pid, 0), 0) << pid << " is left";
  }

  std::filesystem::path folder_;
  WorkerOptions options_;
  CallContext context_;
  std::string log_;
};

TEST_F(WorkerTest, AnswersInTheirPlaces) {
  Script(Cat(kHello, kEcho));
  options_.batch_items = 3;
  options_.processes = 2;
  auto answers = Run(20);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (size_t i = 0; i < answers->size(); ++i) EXPECT_EQ((*answers)[i], Cat(i, "x"));
  EXPECT_EQ(Pids().size(), 2U);
}

TEST_F(WorkerTest, LargeItemsTravelInRequestsOfTheirOwn) {
  options_.command = {"python3", "-c", R"(
import json, os, sys
print(json.dumps({"hello": "stateserver-worker", "protocol": 1, "role": "rewrite"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    assert len(request["items"]) == 1
    print(json.dumps({"id": request["id"], "answers": request["items"]}), flush=True)
)"};
  auto answers = Run(3, 3 << 20);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[2].size(), (3U << 20) + 1);
}

TEST_F(WorkerTest, AnItemOverTheLimitIsNamed) {
  Script(Cat(kHello, kEcho));
  options_.max_line = 1000;
  auto answers = Run(1, 1000);
  EXPECT_EQ(ReasonOf(answers.status()), Reason::RECORD_TOO_LARGE);
}

TEST_F(WorkerTest, OneProcessServesSeveralRuns) {
  Script(Cat(kHello, kEcho));
  ProcessPool pool(options_, context_);
  EXPECT_TRUE(RunIn(pool, 2).ok());
  EXPECT_TRUE(RunIn(pool, 2).ok());
  EXPECT_EQ(Pids().size(), 1U);
}

TEST_F(WorkerTest, NoItemsNoProcess) {
  Script(Cat(kHello, kEcho));
  EXPECT_TRUE(Run(0).ok());
  EXPECT_TRUE(Pids().empty());
}

TEST_F(WorkerTest, IsAskedForBeforeItGetsAnyText) {
  Script(Cat(kHello, "\nread -r line && touch $FOLDER/got", kEcho));
  std::vector<Confinement> asked;
  options_.admit = [&](Confinement how) {
    asked.push_back(how);
    return Error(Reason::ROLE_MISSING, "not for you");
  };
  absl::Status refused = Run(1).status();
  EXPECT_EQ(ReasonOf(refused), Reason::ROLE_MISSING) << refused;
  EXPECT_THAT(asked, testing::ElementsAre(Confinement::kNone));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "got"));
}

TEST_F(WorkerTest, IsStartedAsPrepared) {
  Script(Cat(kHello, "\nread -r line; cat /etc/passwd >&2; exit 1"));
  options_.launch = [this]() -> absl::StatusOr<Launch> {
    return Launch{options_.command, options_.environment, std::make_shared<SandboxView>(), {}};
  };
  Confinement confinement = Confinement::kNone;
  options_.admit = [&](Confinement how) {
    confinement = how;
    return absl::OkStatus();
  };
  std::string failure = Failure();
  EXPECT_EQ(confinement != Confinement::kNone, failure.find("root:") == failure.npos) << failure;
  options_.launch = []() -> absl::StatusOr<Launch> {
    return Error(Reason::INTERNAL, "it did not answer");
  };
  EXPECT_THAT(Failure(), HasSubstr("cannot be started: it did not answer"));
}

TEST_F(WorkerTest, IsNotThere) {
  options_.command = {"no-such-python", "-m", "x"};
  EXPECT_EQ(Failure(),
            "The rewrite worker (no-such-python -m x) cannot be started: 'no-such-python': No such "
            "file or directory");
}

TEST_F(WorkerTest, HangsAtWork) {
  Script(Cat(kHello, "\nread -r line; sleep 1000"));
  options_.timeout = absl::Milliseconds(300);
  EXPECT_THAT(Failure(), HasSubstr("hangs: no answer within 300ms"));
}

TEST_F(WorkerTest, HangsAtItsStart) {
  Script("echo 'loading' >&2; sleep 1000");
  options_.timeout = absl::Milliseconds(300);
  std::string failure = Failure();
  EXPECT_THAT(failure, HasSubstr("hangs: no sign of life within 300ms; it said: loading"));
}

TEST_F(WorkerTest, DiesTwiceOverABatch) {
  Script(Cat(kHello, "\nread -r line; echo 'out of luck' >&2; exit 3"));
  EXPECT_THAT(Failure(2),
              HasSubstr("exited with code 3 while it processed 2 items, also after a restart; it "
                        "said: out of luck"));
  EXPECT_EQ(Pids().size(), 2U);
  EXPECT_THAT(log_,
              HasSubstr("exited with code 3 while it processed 2 items; it is started again"));
}

TEST_F(WorkerTest, DiesOnceAndIsStartedAgain) {
  Script(Cat("if [ ! -e $FOLDER/died ]; then touch $FOLDER/died; ", kHello,
             "; read -r line; kill -9 $$; fi\n", kHello, kEcho));
  auto answers = Run(5);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[4], "4x");
  EXPECT_THAT(log_, HasSubstr("was killed by signal 9 (Killed) while it processed 5 items"));
}

TEST_F(WorkerTest, DiesAtItsStart) {
  Script("echo 'no module' >&2; exit 1");
  EXPECT_THAT(Failure(), HasSubstr("exited with code 1 while it started, also after a restart; it "
                                   "said: no module"));
}

TEST_F(WorkerTest, Refuses) {
  Script(R"(echo '{"fatal":"SQLMesh is not installed for x"}'; exit 1)");
  EXPECT_THAT(Failure(), HasSubstr("refuses: SQLMesh is not installed for x"));
  EXPECT_EQ(Pids().size(), 1U);
}

TEST_F(WorkerTest, AnswersNonsense) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"echo hello", "its first line is not a JSON object"},
      {R"(echo '{"hello":1}')", "its first line is not a hello"},
      {R"(echo '{"hello":"stateserver-worker","protocol":2,"role":"rewrite"}')",
       "does not speak protocol 1"},
      {R"(echo '{"hello":"stateserver-worker","protocol":1,"role":"local"}')",
       "worker for 'local'"},
      {Cat(kHello, "\nread -r line; echo what"), "a line that is not JSON"},
      {Cat(kHello, "\nread -r line; echo '{\"id\":99,\"answers\":[{}]}'"), "another request"},
      {Cat(kHello, "\nread -r line; echo '{\"id\":1,\"answers\":[]}'"), "not 1 answers to 1 items"},
      {Cat(kHello, "\nread -r line; echo '{\"id\":1,\"answers\":[7]}'"), "that is not an object"},
      {Cat(kHello, "\nread -r line; echo '{\"id\":1,\"answers\":[{\"n\":7}]}'"),
       "'n' that is not text"},
      {Cat(kHello, "\nread -r line; echo '{\"id\":1,\"answers\":[{}]}\nmore'"),
       "more than was requested"},
  };
  for (const auto& [body, expected] : cases) {
    Script(body + "\nsleep 1000");
    EXPECT_THAT(Failure(), HasSubstr(expected)) << body;
  }
}

TEST_F(WorkerTest, WritesALineWithoutEnd) {
  Script(Cat(kHello, "\nread -r line; yes | tr -d '\\n'"));
  options_.max_line = 100000;
  EXPECT_THAT(Failure(), HasSubstr("answered a line of more than 100000 bytes"));
}

TEST_F(WorkerTest, FloodsItsErrors) {
  Script(Cat(kHello, "\n(yes 'much ado' | head -c 20000000; echo the end) >&2", kEcho));
  auto answers = Run(2);
  ASSERT_TRUE(answers.ok()) << answers.status();
  Script(
      Cat(kHello, "\nread -r line; (yes 'much ado' | head -c 5000000; echo the end) >&2; exit 1"));
  std::string failure = Failure();
  EXPECT_THAT(failure, HasSubstr("much ado"));
  EXPECT_THAT(failure, testing::EndsWith("the end"));
  EXPECT_LT(failure.size(), 2000U);
}

TEST_F(WorkerTest, ItsChildrenEndWithIt) {
  Script(Cat("sleep 1000 & echo $! >> $FOLDER/pids; ", kHello, kEcho));
  EXPECT_TRUE(Run(1).ok());
  EXPECT_EQ(Pids().size(), 2U);
  // An orphan is reaped by the system, in its own time.
  for (int i = 0; i < 500 && kill(Pids()[1], 0) == 0; ++i) absl::SleepFor(absl::Milliseconds(10));
}

TEST_F(WorkerTest, ACancelledCallEndsIt) {
  Script(Cat(kHello, "\nread -r line; sleep 1000"));
  int looks = 0;
  context_.cancelled = [&] { return ++looks > 3; };
  EXPECT_EQ(ReasonOf(Run(1).status()), Reason::CANCELLED);
}

TEST_F(WorkerTest, SeesNothingOfTheServer) {
  setenv("PGPASSWORD", "secret", 1);
  int fd = dup(STDERR_FILENO);  // inherited by a child that is not careful
  Script(Cat(kHello,
             "\nread -r line; env >&2; ls /proc/$$/fd | tr '\\n' ' ' >&2; ulimit -v >&2; "
             "ulimit -c >&2; exit 1"));
  options_.memory_bytes = int64_t{1} << 30;
  std::string failure = Failure();
  close(fd);
  EXPECT_THAT(failure, Not(HasSubstr("secret")));
  EXPECT_THAT(failure, HasSubstr("0 1 2 1048576\n0"));
}

TEST_F(WorkerTest, HasNoNetworkOrTheLogSaysSo) {
  Script(Cat(kHello, "\nread -r line; tail -n +3 /proc/net/dev | grep -vc ' lo:' >&2; exit 1"));
  std::string failure = Failure();
  bool isolated = failure.ends_with("it said: 0");
  EXPECT_NE(isolated, log_.find("can use the network of this machine") != std::string::npos)
      << failure << log_;
}

TEST_F(WorkerTest, RewritesWithTheRealProgram) {
  WorkersOptions options;
  options.log = options_.log;
  auto rewriter = Workers(options).Rewriter(context_);
  auto answers = rewriter->Rewrite({{102, "def f( x ):\n  return lambda : 'ü'"},
                                    {85, "{'b': 1, 'a': SqlValue(sql='x')}"},
                                    {87, "{'A': 1, 'a': 2}", "m"},
                                    {102, "x = 1"},
                                    {102, "def"}});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[0].payload, "def f(x):\n    return lambda: 'ü'");
  EXPECT_EQ((*answers)[1].payload, "{'a': SqlValue(sql='x'), 'b': 1}");
  EXPECT_TRUE((*answers)[1].changed);
  ASSERT_EQ((*answers)[2].warnings.size(), 1U);
  EXPECT_THAT((*answers)[2].warnings[0],
              HasSubstr("the model 'm' contains two blueprint variables"));
  EXPECT_FALSE((*answers)[2].changed);
  EXPECT_FALSE((*answers)[3].changed);
  EXPECT_THAT((*answers)[4].error, HasSubstr("SyntaxError"));
}

TEST_F(WorkerTest, RewritesInTheFormOfTheItemsRelease) {
  WorkersOptions options;
  options.log = options_.log;
  auto rewriter = Workers(options).Rewriter(context_);
  const std::string code = "x = f\"{a['b']}\"";
  auto answers = rewriter->Rewrite({{102, code, "", "3.11"},
                                    {102, code, "", "3.12"},
                                    {102, code, "", "3.12.9"},
                                    {102, "f = lambda : 1", "", "3.10"},
                                    {102, "x = 1", "", "3.13"}});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[0].payload, code);
  EXPECT_EQ((*answers)[1].payload, "x = f'{a['b']}'");
  EXPECT_EQ((*answers)[1].release, "3.12");
  EXPECT_TRUE((*answers)[1].varies && (*answers)[1].varies_in_series);
  EXPECT_EQ((*answers)[2].payload, code);
  EXPECT_TRUE((*answers)[2].varies && !(*answers)[2].varies_in_series);
  EXPECT_EQ((*answers)[3].payload, "f = lambda : 1");
  EXPECT_FALSE((*answers)[4].varies);
}

TEST_F(WorkerTest, AReleaseThatTheWorkerDoesNotKnowIsNamed) {
  auto rewriter = Workers(WorkersOptions()).Rewriter(context_);
  auto answers = rewriter->Rewrite({{102, "x = 1", "", "3.99"}});
  EXPECT_EQ(ReasonOf(answers.status()), Reason::WORKER_FAILED);
  EXPECT_THAT(answers.status().message(), HasSubstr("does not know the form of Python 3.99"));
}

TEST_F(WorkerTest, AnotherPythonGetsWhatTheFirstCannotParse) {
  // Stands in for a newer Python.
  std::string modern = (folder_ / "modern").string();
  std::ofstream(modern) << "#!/bin/sh\n"
                        << kHello << "\nread -r line\n"
                        << R"(echo '{"id":1,"answers":[{"payload":"new","changed":true,)"
                        << R"("warnings":[],"python":"3.11"}]}'; read -r line)";
  std::filesystem::permissions(modern, std::filesystem::perms::all);
  // Items that go there are in the form of the first Python.
  options_.command = {
      "sh", "-c",
      Cat(kHello,
          R"(
read -r line
echo '{"id":1,"answers":[{"payload":"old","changed":true,"warnings":[],"python":"3.11.2"},)"
          R"({"error":"Python 3.11.2 reports a SyntaxError: x","unread":true,"python":"3.11.2"}]}'
read -r line)")};
  WorkersOptions options;
  options.rewrite_command = options_.command;
  options.log = options_.log;
  const std::vector<PayloadRewriter::Item> items = {{102, "a"}, {102, "b"}};
  auto alone = Workers(options).Rewriter(context_)->Rewrite(items);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_TRUE((*alone)[1].unread);
  EXPECT_THAT((*alone)[1].error, HasSubstr("Python 3.11.2"));
  options.rewrite_pythons = {modern};
  options.files.readable = {folder_.string()};
  auto answers = Workers(options).Rewriter(context_)->Rewrite(items);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[0].payload, "old");
  EXPECT_EQ((*answers)[1].payload, "new");
  EXPECT_FALSE((*answers)[1].unread);
}

TEST_F(WorkerTest, AFingerprintIsADecimalNumber) {
  WorkersOptions options;
  options.fingerprint_processes = 1;
  auto hash = [&](const std::string& answer) {
    options.fingerprint_command = {
        "sh", "-c",
        "echo '{\"hello\":\"stateserver-worker\",\"protocol\":1,\"role\":\"fingerprint\"}'; read "
        "-r "
        "line; echo '{\"id\":1,\"answers\":[" +
            answer + "]}'; read -r line"};
    return Workers(options)
        .Fingerprints(context_, [](Confinement) { return absl::OkStatus(); })
        ->Hash({"{}"});
  };
  auto good = hash(R"({"data_hash":"1","metadata_hash":"4294967295"})");
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ((*good)[0].metadata_hash, "4294967295");
  EXPECT_EQ((*hash(R"({"error":"no such macro"})"))[0].error, "no such macro");
  EXPECT_EQ(ReasonOf(hash(R"({"data_hash":"1","metadata_hash":"abc"})").status()),
            Reason::WORKER_FAILED);
  EXPECT_EQ(ReasonOf(hash("{}").status()), Reason::WORKER_FAILED);
  EXPECT_EQ(Workers().Fingerprints(context_, nullptr), nullptr);
}

}  // namespace
}  // namespace stateserver::workers
