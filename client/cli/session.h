// SPDX-License-Identifier: Apache-2.0
//
// The environment in which a command runs.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/cli/output/console.h"
#include "client/connection/client.h"
#include "client/errors.h"
#include "client/settings/settings.h"

namespace stateserver::client {

class Session {
 public:
  Session(Console& console, Settings settings, SettingValues flags, GetEnv env,
          Interrupts& interrupts)
      : console_(console),
        settings_(std::move(settings)),
        flags_(std::move(flags)),
        env_(std::move(env)),
        interrupts_(interrupts) {}

  Console& console() { return console_; }
  // Returns standard output: JSON with --format json, text for people otherwise.
  std::ostream& out() { return json() ? console_.json() : console_.out(); }
  // Returns standard output for a whole file.
  std::ostream& file() { return console_.file(); }
  std::ostream& talk() { return console_.talk(); }
  const Settings& settings() const { return settings_; }
  const std::string& gateway() const { return settings_.gateway; }
  bool json() const { return settings_.format == Format::kJson; }
  // Returns the global flags of the command line, without environment and context.
  const SettingValues& flags() const { return flags_; }
  const GetEnv& env() const { return env_; }
  Interrupts& interrupts() { return interrupts_; }

  // Replace the exit codes 0 and 1, for commands that compare.
  void set_done_code(int code) { done_code_ = code; }
  void set_failed_code(int code) { failed_code_ = code; }
  int done_code() const { return done_code_; }
  int failed_code() const { return failed_code_; }

  // Returns the client, which is created at the first call. While the session lives, an interrupt
  // cancels its calls.
  absl::StatusOr<Client*> client();

 private:
  Console& console_;
  Settings settings_;
  SettingValues flags_;
  GetEnv env_;
  Interrupts& interrupts_;
  int done_code_ = kExitDone;
  int failed_code_ = kExitFailed;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Interrupts::Guard> guard_;
};

}  // namespace stateserver::client
