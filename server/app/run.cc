// SPDX-License-Identifier: Apache-2.0

#include "server/app/run.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <thread>

#include "common/version.h"
#include "server/app/signals.h"
#include "server/app/summary.h"
#include "server/app/token_command.h"
#include "server/platform/auth/rules.h"
#include "server/platform/config/flags.h"
#include "server/platform/embedded/embedded.h"
#include "server/rpc/transport/tls_context.h"

namespace stateserver::app {
namespace {

constexpr absl::Duration kSignalPoll = absl::Milliseconds(50);

void Print(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  std::fflush(stream);
}

int Fail(const absl::Status& status) {
  Print(stderr, "stateserver: " + ErrorText(status));
  return 1;
}

int Finish(const config::CommandLine& line) {
  Print(*line.exit_code == 0 ? stdout : stderr, line.output);
  return *line.exit_code;
}

int PrintDsn(const std::string& dir) {
  absl::StatusOr<std::string> text = postgres::DescribeEmbedded(dir);
  if (!text.ok()) return Fail(text.status());
  Print(stdout, *text + (text->ends_with('\n') ? "" : "\n"));
  return 0;
}

// Printed at any log level, because scripts wait for it. A JSON log stays valid JSON if both
// streams go to one place.
void PrintReady(const config::Config& config, const std::string& line) {
  bool json = config.log.format == config::LogFormat::kJson;
  Print(stdout, (json ? telemetry::FormatLogLine(telemetry::LogFormat::kJson,
                                                 telemetry::LogLevel::kInfo, line)
                      : line) +
                    "\n");
}

// Adds what the files of certificates say to the output of --check-config.
config::CommandLine CheckConfigAndFiles(const config::Flags& flags) {
  config::CommandLine line = config::CheckConfig(flags);
  if (*line.exit_code != 0) return line;
  absl::StatusOr<config::Config> config = config::EffectiveConfig(flags);
  if (!config.ok() || config->tls.client_crl.empty()) return line;
  transport::TlsFiles files;
  files.client_ca = config->tls.client_ca;
  files.client_crl = config->tls.client_crl;
  absl::StatusOr<std::vector<std::string>> problems = transport::CheckRevocationLists(files);
  if (!problems.ok()) return {{}, 1, "stateserver: " + ErrorText(problems.status())};
  for (const std::string& problem : *problems) line.output += "# warning: " + problem + "\n";
  return line;
}

// Terminal input is not meant for the server or its child processes.
void CloseStdin() {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) return;
  dup2(null, STDIN_FILENO);
  if (null != STDIN_FILENO) close(null);
}

// Stops, but meanwhile waits for a second signal, which ends the grace period.
void StopOrForce(const Signals& signals, Application& application) {
  std::atomic<bool> done = false;
  std::thread listener([&] {
    while (!done) {
      if (signals.WaitFor(kSignalPoll) == Signal::kTerminate) application.Force();
    }
  });
  application.Stop();
  done = true;
  listener.join();
}

// Memory contains passwords and tokens. The limit prevents core files, the filter excludes memory
// from what the kernel passes to a crash collector, and other processes of the same user can no
// longer read it or /proc/PID/environ.
void KeepMemoryPrivate() {
  rlimit none = {0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  if (std::FILE* filter = std::fopen("/proc/self/coredump_filter", "w")) {
    std::fputs("0", filter);
    std::fclose(filter);
  }
  // Last, because it gives the files in /proc/self to root.
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int Serve(const config::Flags& flags, const Wiring& wiring) {
  KeepMemoryPrivate();
  Signals signals;
  CloseStdin();
  absl::StatusOr<config::Config> config = config::EffectiveConfig(flags);
  if (!config.ok()) return Fail(config.status());
  auto application = Application::Start(*config, wiring);
  if (!application.ok()) return Fail(application.status());
  PrintReady(*config, (*application)->ReadyLine());
  while (signals.Wait() == Signal::kReload) {
    (*application)->Reload(config::EffectiveConfig(flags));
  }
  StopOrForce(signals, **application);
  return 0;
}

}  // namespace

int Run(int argc, const char* const* argv, const Wiring& wiring) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "roles") {
      Print(stdout, auth::RulesTable());
      return 0;
    }
    if (argc > 1 && std::string_view(argv[1]) == "token") {
      CommandOutput output = RunTokenCommand(argc - 1, argv + 1);
      Print(stderr, output.err);
      Print(stdout, output.out);
      return output.exit_code;
    }
    config::CommandLine line = config::ParseCommandLine(argc, argv, Version());
    if (line.exit_code.has_value()) return Finish(line);
    if (line.flags.check_config) return Finish(CheckConfigAndFiles(line.flags));
    if (line.flags.print_dsn) return PrintDsn(line.flags.embedded_dir);
    return Serve(line.flags, wiring);
  } catch (const std::exception& e) {
    Print(stderr, std::string("stateserver: ") + e.what() + "\n");
    return 1;
  }
}

}  // namespace stateserver::app
