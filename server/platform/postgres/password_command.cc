// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/password_command.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/process/piped_child.h"
#include "common/text.h"
#include "common/time.h"
#include "server/platform/postgres/password_output.h"

namespace stateserver::postgres {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(25);
// A password is replaced this long before it expires.
constexpr absl::Duration kMargin = absl::Minutes(1);
// Time for the program to exit after it closed its output.
constexpr absl::Duration kExitPatience = absl::Seconds(5);
constexpr char kHint[] =
    "Run the command by hand as the user of the server. docs/configuration.md describes its "
    "environment and what it prints.";

// Names, and prefixes that end in '_'.
constexpr std::string_view kVariables[] = {"PATH",
                                           "HOME",
                                           "USER",
                                           "LOGNAME",
                                           "LANG",
                                           "LC_",
                                           "TZ",
                                           "TMPDIR",
                                           "XDG_",
                                           "HTTP_PROXY",
                                           "HTTPS_PROXY",
                                           "NO_PROXY",
                                           "ALL_PROXY",
                                           "http_proxy",
                                           "https_proxy",
                                           "no_proxy",
                                           "all_proxy",
                                           "SSL_CERT_FILE",
                                           "SSL_CERT_DIR",
                                           "REQUESTS_CA_BUNDLE",
                                           "CURL_CA_BUNDLE",
                                           "AWS_",
                                           "AZURE_",
                                           "GOOGLE_",
                                           "CLOUDSDK_",
                                           "GCE_",
                                           "IDENTITY_",
                                           "MSI_",
                                           "KUBERNETES_",
                                           "VAULT_",
                                           "PYTHONPATH",
                                           "VIRTUAL_ENV",
                                           "PASSWORD_COMMAND_"};

bool IsPassedOn(std::string_view variable) {
  std::string_view name = variable.substr(0, variable.find('='));
  return std::any_of(std::begin(kVariables), std::end(kVariables), [&](std::string_view known) {
    return known.ends_with('_') ? name.starts_with(known) : name == known;
  });
}

void WaitForOutput(const PipedChild& child) {
  std::vector<pollfd> polled;
  child.AddTo(&polled);
  (void)poll(polled.data(), polled.size(),
             static_cast<int>(absl::ToInt64Milliseconds(kPollInterval)));
}

}  // namespace

PasswordCommand::PasswordCommand(PasswordCommandOptions options)
    : options_(std::move(options)), outcome_(std::string()) {}

PasswordCommand::~PasswordCommand() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool PasswordCommand::stopped() {
  std::lock_guard lock(mutex_);
  return stop_;
}

absl::StatusOr<PasswordCommand::Password> PasswordCommand::Get(const CallContext& context) {
  RETURN_IF_ERROR(context.Check());
  std::unique_lock lock(mutex_);
  if (kept_ && SteadyNow() < kept_->until) return Password{kept_->text, kept_->run, true};
  if (begun_ == ended_) RETURN_IF_ERROR(StartRun());
  const int64_t awaited = begun_;
  while (ended_ < awaited) {
    finished_.wait_for(lock, absl::ToChronoMilliseconds(kPollInterval));
    RETURN_IF_ERROR(context.Check());
  }
  if (!outcome_.ok()) return outcome_.status();
  return Password{*outcome_, ended_, false};
}

void PasswordCommand::Discard(int64_t run) {
  std::lock_guard lock(mutex_);
  if (kept_ && kept_->run == run) kept_.reset();
}

// Called with the lock held. The thread of the run before has released the lock for good.
absl::Status PasswordCommand::StartRun() {
  if (thread_.joinable()) thread_.join();
  try {
    thread_ = std::thread([this] { FinishRun(); });
  } catch (const std::system_error& error) {
    return Failed(Cat("cannot be started: ", error.what()), "", "");
  }
  ++begun_;
  return absl::OkStatus();
}

// Runs in a thread of its own: the call that needs the password first may end before the command,
// and a child is killed when the thread that started it ends.
void PasswordCommand::FinishRun() {
  auto printed = Run();
  std::lock_guard lock(mutex_);
  ++ended_;
  kept_.reset();
  if (printed.ok()) {
    auto& [text, keep] = *printed;
    if (keep > absl::ZeroDuration()) kept_ = Kept{text, ended_, SteadyNow() + keep};
    outcome_ = std::move(text);
  } else {
    outcome_ = printed.status();
  }
  finished_.notify_all();
}

absl::StatusOr<std::pair<std::string, absl::Duration>> PasswordCommand::Run() {
  SpawnOptions spawn;
  spawn.command = options_.command;
  spawn.environment = options_.environment;
  spawn.folder = "/";
  spawn.private_files = true;
  const absl::Time deadline = SteadyNow() + options_.timeout;
  auto started = PipedChild::Start(spawn, kMaxPasswordOutput);
  if (!started.ok()) {
    return Failed(Cat("cannot be started: ", MessageOf(started.status())), "", "");
  }
  PipedChild& child = **started;
  child.CloseInput();
  const std::string too_slow = Cat("did not end within ", absl::FormatDuration(options_.timeout));
  while (!child.output_closed()) {
    if (stopped()) return Failed("was stopped with the server", "", "");
    if (child.untaken().size() > kMaxPasswordOutput) {
      return Failed(Cat("printed more than ", kMaxPasswordOutput >> 10, " KiB"), "", "");
    }
    if (SteadyNow() >= deadline) return Failed(too_slow, child.Errors(), child.untaken());
    WaitForOutput(child);
    child.Pump();
  }
  const std::string output(child.untaken());
  if (output.size() > kMaxPasswordOutput) {
    return Failed(Cat("printed more than ", kMaxPasswordOutput >> 10, " KiB"), "", "");
  }
  const std::string end =
      child.End(std::clamp(deadline - SteadyNow(), absl::ZeroDuration(), kExitPatience));
  if (end != "exited with code 0") {
    return Failed(SteadyNow() >= deadline ? too_slow : end, child.Errors(), output);
  }
  auto printed = ParsePassword(output);
  if (!printed.ok()) {
    return Failed(Cat("printed ", MessageOf(printed.status())), child.Errors(), output);
  }
  const bool says_when = printed->expires != absl::InfiniteFuture();
  return std::pair(std::move(printed->text),
                   says_when ? printed->expires - absl::Now() - kMargin : options_.ttl);
}

absl::Status PasswordCommand::Failed(std::string_view what, std::string_view errors,
                                     std::string_view output) const {
  std::vector<std::string> secrets;
  for (absl::string_view line : absl::StrSplit(absl::string_view(output.data(), output.size()),
                                               absl::ByAnyChar("\r\n"), absl::SkipWhitespace())) {
    secrets.emplace_back(Trim(std::string_view(line.data(), line.size())));
  }
  const std::string& program = options_.command.front();
  std::string sentence =
      Cat("The password_command of gateway '", options_.gateway, "' ('", program, "') ", what);
  std::string said = FirstLineWithoutSecrets(errors, secrets);
  if (!said.empty()) AppendTo(&sentence, "; it said: ", said);
  return Error(Reason::DATABASE_UNREACHABLE, sentence, kHint,
               {{"gateway", options_.gateway}, {"program", program}});
}

std::vector<std::string> PasswordEnvironment(std::vector<std::string> own) {
  std::vector<std::string> out = std::move(own);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (IsPassedOn(*variable)) out.emplace_back(*variable);
  }
  return out;
}

}  // namespace stateserver::postgres
