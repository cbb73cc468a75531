// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/worker.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "common/utf8.h"

namespace stateserver::workers {

namespace {

absl::Status Nonsense(std::string_view what) { return Error(Reason::ARGUMENT_INVALID, what); }

std::string Text(simdjson::dom::element element, const char* key) {
  std::string_view text;
  return element[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// Time for the process to exit by itself after its output has ended.
constexpr absl::Duration kEndPatience = absl::Seconds(1);
// Bytes of stderr in a message.
constexpr size_t kShownErrors = 1000;
constexpr char kHint[] = "Nothing was changed. docs/workers.md says how to run a worker by hand.";

std::string LastOf(const std::string& text) {
  if (text.size() <= kShownErrors) return text;
  return ToValidUtf8(text.substr(text.size() - kShownErrors));
}

absl::Status Failed(const WorkerOptions& options, std::string_view did, const std::string& errors) {
  std::string sentence = Cat(NameOf(options), " ", did);
  if (!errors.empty()) sentence += Cat("; it said: ", LastOf(errors));
  return Error(Reason::WORKER_FAILED, sentence, kHint,
               {{"worker", options.role}, {"stderr", errors}});
}

absl::Status CannotStart(const WorkerOptions& options, const absl::Status& why) {
  return Failed(options, Cat("cannot be started: ", MessageOf(why)), "");
}

constexpr int kProtocol = 1;

struct Hello {
  std::string role;
  std::string fatal;  // the worker's message if it cannot work
  std::string wrong;  // why the line is not a valid hello; empty if it is
};

Hello ParseHello(const std::string& line) {
  Hello hello;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(line).get(root) != simdjson::SUCCESS || !root.is_object()) {
    hello.wrong = "its first line is not a JSON object";
    return hello;
  }
  hello.fatal = Text(root, "fatal");
  hello.role = Text(root, "role");
  int64_t protocol = 0;
  if (Text(root, "hello") != "stateserver-worker") {
    hello.wrong = "its first line is not a hello";
  } else if (root["protocol"].get(protocol) != simdjson::SUCCESS || protocol != kProtocol) {
    hello.wrong = Cat("it does not speak protocol ", kProtocol);
  }
  return hello;
}

}  // namespace

std::string BeginRequest(uint64_t id) { return Cat("{\"id\":", id, ",\"items\":["); }

void EndRequest(std::string* request) { *request += "]}"; }

absl::Status ParseAnswer(const std::string& line, uint64_t id, size_t count,
                         const TakeAnswer& take) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(line).get(root) != simdjson::SUCCESS) return Nonsense("a line that is not JSON");
  if (std::string fatal = Text(root, "fatal"); !fatal.empty()) return Nonsense(fatal);
  uint64_t answered = 0;
  if (root["id"].get(answered) != simdjson::SUCCESS || answered != id) {
    return Nonsense("an answer to another request");
  }
  simdjson::dom::array answers;
  if (root["answers"].get(answers) != simdjson::SUCCESS || answers.size() != count) {
    return Nonsense(Cat("not ", count, " answers to ", count, " items"));
  }
  size_t index = 0;
  for (simdjson::dom::element answer : answers) {
    if (!answer.is_object()) return Nonsense("an answer that is not an object");
    RETURN_IF_ERROR(take(index++, answer));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const char* key) {
  simdjson::dom::element value;
  if (element[key].get(value) != simdjson::SUCCESS) return std::string();
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Nonsense(Cat("'", key, "' that is not text"));
  return std::string(text);
}

std::string NameOf(const WorkerOptions& options) {
  return Cat("The ", options.role, " worker (", CommandText(options.command), ")");
}

absl::Status Worker::Start() {
  Launch launch{options_.command, options_.environment, nullptr, std::nullopt};
  if (options_.launch != nullptr) {
    absl::StatusOr<Launch> made = options_.launch();
    if (!made.ok()) return CannotStart(options_, made.status());
    launch = *std::move(made);
  }
  SpawnOptions spawn;
  spawn.command = std::move(launch.command);
  spawn.environment = std::move(launch.environment);
  spawn.sandbox = std::move(launch.sandbox);
  spawn.user = std::move(launch.user);
  spawn.keeps_user = launch.keeps_user;
  spawn.folder = "/";
  spawn.memory_bytes = options_.memory_bytes;
  spawn.without_network = true;
  auto child = PipedChild::Start(spawn, options_.max_line);
  if (!child.ok()) return CannotStart(options_, child.status());
  RETURN_IF_ERROR(options_.admit((*child)->confinement()));
  child_ = *std::move(child);
  network_error_ = child_->network_error();
  state_ = State::kStarting;
  deadline_ = SteadyNow() + options_.timeout;
  return absl::OkStatus();
}

absl::Status Worker::Give(Batch batch) {
  batch_ = std::move(batch);
  restarted_ = false;
  if (state_ == State::kNone) return Start();
  Send();
  return absl::OkStatus();
}

void Worker::Send() {
  child_->Send(batch_.request + '\n');
  state_ = State::kBusy;
  deadline_ = SteadyNow() + options_.timeout;
}

absl::StatusOr<std::optional<std::string>> Worker::Step() {
  if (child_ == nullptr) return std::nullopt;
  child_->Pump();
  std::optional<std::string> line = child_->TakeLine();
  if (line.has_value() && state_ == State::kIdle) return Fail("answered without a request");
  if (line.has_value() && state_ == State::kStarting) {
    RETURN_IF_ERROR(CheckHello(*line));
    Send();
    return std::nullopt;
  }
  if (line.has_value()) {
    if (child_->HasMore()) return Fail("answered more than was requested");
    state_ = State::kIdle;
    deadline_ = absl::InfiniteFuture();
    return line;
  }
  if (child_->trouble() == PipedChild::Trouble::kLineTooLong) {
    return Fail(Cat("answered a line of more than ", options_.max_line, " bytes"));
  }
  if (child_->trouble() == PipedChild::Trouble::kEnded) {
    RETURN_IF_ERROR(Died());
    return std::nullopt;
  }
  if (SteadyNow() >= deadline_) {
    return Fail(Cat("hangs: no ", state_ == State::kStarting ? "sign of life" : "answer",
                    " within ", absl::FormatDuration(options_.timeout)));
  }
  return std::nullopt;
}

absl::Status Worker::CheckHello(const std::string& line) {
  Hello hello = ParseHello(line);
  if (!hello.fatal.empty()) return Fail(Cat("refuses: ", hello.fatal));
  if (hello.wrong.empty() && hello.role != options_.role) {
    hello.wrong = Cat("it is a worker for '", hello.role, "'");
  }
  if (!hello.wrong.empty()) return Fail(Cat("sent an invalid answer: ", hello.wrong));
  return absl::OkStatus();
}

// Each batch is retried once with a new process, because the old one may have been killed for an
// unrelated reason.
absl::Status Worker::Died() {
  if (state_ == State::kIdle) {
    child_.reset();
    state_ = State::kNone;
    return absl::OkStatus();
  }
  std::string end = child_->End(kEndPatience);
  if (restarted_) return Fail(Cat(end, " ", Doing(), ", also after a restart"));
  options_.log(Cat(NameOf(options_), " ", end, " ", Doing(), "; it is started again"));
  restarted_ = true;
  child_.reset();
  return Start();
}

std::string Worker::Doing() const {
  if (state_ == State::kStarting) return "while it started";
  return Cat("while it processed ", batch_.count, " items");
}

absl::Status Worker::Fail(std::string_view did) {
  std::string errors;
  if (child_ != nullptr) {
    child_->End(absl::ZeroDuration());
    errors = child_->Errors();
  }
  child_.reset();
  state_ = State::kNone;
  deadline_ = absl::InfiniteFuture();
  return Failed(options_, did, errors);
}

void Worker::AddTo(std::vector<pollfd>* polled) const {
  if (child_ != nullptr) child_->AddTo(polled);
}

}  // namespace stateserver::workers
