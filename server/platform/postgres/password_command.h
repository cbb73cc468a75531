// SPDX-License-Identifier: Apache-2.0
//
// Passwords that a program prints, such as the IAM tokens of managed PostgreSQL.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/call_context.h"

namespace stateserver::postgres {

// Maximum length of a command's output in bytes.
inline constexpr size_t kMaxPasswordOutput = 64 << 10;

struct PasswordCommandOptions {
  std::string gateway;  // for messages
  // The program and its arguments; no shell is involved.
  std::vector<std::string> command;
  // The complete environment; see PasswordEnvironment.
  std::vector<std::string> environment;
  // How long a password is kept whose output does not say when it expires.
  absl::Duration ttl = absl::Minutes(10);
  // Maximum duration of a run.
  absl::Duration timeout = absl::Seconds(30);
};

// PasswordCommand runs a program for the password of a connection and keeps the password until a
// minute before it expires. At most one run is in progress; all callers share its result.
// Thread-safe.
class PasswordCommand {
 public:
  struct Password {
    std::string text;
    // Identifies the run that printed it, from 1 on.
    int64_t run = 0;
    // True if the run ended before this call.
    bool cached = false;
  };

  explicit PasswordCommand(PasswordCommandOptions options);
  // Kills a run in progress.
  ~PasswordCommand();
  PasswordCommand(const PasswordCommand&) = delete;
  PasswordCommand& operator=(const PasswordCommand&) = delete;

  // Returns the password, and runs the command if none is kept. A run continues if this call ends
  // before it. Returns DATABASE_UNREACHABLE, naming gateway and program, if the program cannot be
  // started, fails, takes too long or prints something else than a password, with the first line of
  // its stderr.
  absl::StatusOr<Password> Get(const CallContext& context);

  // Discards the password of that run, because PostgreSQL refused it.
  void Discard(int64_t run);

 private:
  struct Kept {
    std::string text;
    int64_t run = 0;
    absl::Time until;  // steady
  };

  absl::Status StartRun();
  void FinishRun();
  // Returns the password and how long to keep it. Never returns the output in an error.
  absl::StatusOr<std::pair<std::string, absl::Duration>> Run();
  absl::Status Failed(std::string_view what, std::string_view errors,
                      std::string_view output) const;
  bool stopped();

  const PasswordCommandOptions options_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::thread thread_;  // of the last run
  bool stop_ = false;
  // Runs begun and runs ended; they differ by one during a run.
  int64_t begun_ = 0;
  int64_t ended_ = 0;
  absl::StatusOr<std::string> outcome_;  // of the run `ended_`
  std::optional<Kept> kept_;
};

// Returns the environment of a command: those variables of this process that programs and clients
// of clouds need (docs/configuration.md lists them), and `own`, each as "NAME=value". Variables
// with other passwords are left out, because the program's environment is readable for processes
// of the same user.
std::vector<std::string> PasswordEnvironment(std::vector<std::string> own);

}  // namespace stateserver::postgres
