// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/flags.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "common/error.h"
#include "server/platform/config/address.h"
#include "server/platform/config/describe.h"
#include "server/platform/config/loader.h"

namespace stateserver::config {

namespace {

void DeclareSources(Flags* flags, CLI::App* app) {
  auto* file = app->add_option("--config", flags->config_file, "Configuration file (YAML)");
  auto* dir = app->add_option("--embedded", flags->embedded_dir,
                              "Serve a private PostgreSQL in this folder, as gateway 'local'");
  file->type_name("FILE");
  dir->type_name("DIR")->excludes(file);
  app->add_flag("--print-dsn", flags->print_dsn,
                "Print how psql and SQLMesh connect to the private PostgreSQL, and exit")
      ->needs(dir);
}

void DeclareOverrides(Flags* flags, CLI::App* app) {
  CLI::Validator address(
      [](std::string& text) {
        return IsListenAddress(text) || text.empty()
                   ? std::string()
                   : "expected HOST:PORT, [IPv6]:PORT or unix:/path, found '" + text + "'";
      },
      "ADDRESS");
  app->add_option("--listen", flags->listen, "Where to serve gRPC (default 127.0.0.1:7433)")
      ->type_name("HOST:PORT")
      ->check(address);
  app->add_option("--metrics-listen", flags->metrics_listen,
                  "Where to serve metrics (default 127.0.0.1:9464, '' for none)")
      ->type_name("HOST:PORT")
      ->check(address);
  app->add_option("--log-level", flags->log_level, "Least severity to log (default info)")
      ->check(CLI::IsMember(LogLevels()));
  app->add_option("--log-format", flags->log_format, "Form of a log line (default text)")
      ->check(CLI::IsMember({"text", "json"}));
}

CommandLine Exit(int code, std::string output) {
  CommandLine line;
  line.exit_code = code;
  line.output = std::move(output);
  return line;
}

CommandLine UsageError(const std::string& sentence) {
  return Exit(2, "stateserver: " + sentence + "\nRun 'stateserver --help' for the flags.\n");
}

void Override(const Flags& flags, Config* config) {
  if (flags.listen) config->listen = *flags.listen;
  if (flags.metrics_listen) config->metrics_listen = *flags.metrics_listen;
  if (flags.log_level) config->log.level = *flags.log_level;
  if (flags.log_format) {
    config->log.format = *flags.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  }
}

std::string UnusedKeys(const Config& config) {
  std::string text;
  for (const std::string& key : config.unused_keys) text += "# unused: " + key + "\n";
  return text;
}

std::string RemarkLines(const Config& config) {
  std::string text;
  for (const Remark& remark : RemarksOn(config)) {
    text += "# warning: " + remark.key + ": " + remark.sentence + ". " + remark.hint + "\n";
  }
  return text;
}

// Returns ARGUMENT_INVALID if a listener beyond loopback uses plain text or has no authentication,
// unless `insecure: true` is set.
absl::Status CheckListeners(const Config& config) {
  if (config.insecure) return absl::OkStatus();
  if (!config.proxy_listen.empty() && !config.auth.enabled) {
    return Error(Reason::ARGUMENT_INVALID,
                 "proxy_listen: without auth, everyone who reaches the proxy may do everything",
                 "Set auth, or write insecure: true", {{"key", "proxy_listen"}});
  }
  if (IsLoopback(config.listen)) return absl::OkStatus();
  if (config.tls.enabled()) {
    if (config.auth.enabled || !config.tls.client_ca.empty()) return absl::OkStatus();
    return Error(Reason::ARGUMENT_INVALID,
                 "listen: " + config.listen +
                     " is reachable from other machines, and without auth or tls.client_ca "
                     "everyone who reaches it may do everything",
                 "Set auth or tls.client_ca, listen on 127.0.0.1, or write insecure: true",
                 {{"key", "listen"}});
  }
  return Error(Reason::ARGUMENT_INVALID,
               "listen: " + config.listen +
                   " is reachable from other machines, and without tls all its traffic, including "
                   "passwords, is plain text",
               "Set tls.cert and tls.key, listen on 127.0.0.1, or write insecure: true",
               {{"key", "listen"}});
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv, std::string_view version) {
  CommandLine line;
  CLI::App app("Exports, imports and migrates SQLMesh's state over gRPC.", "stateserver");
  app.footer(
      "stateserver token create|list|revoke maintains the file of callers' tokens;\n"
      "stateserver roles prints which role each call needs.");
  app.set_version_flag("--version", "stateserver " + std::string(version));
  DeclareSources(&line.flags, &app);
  DeclareOverrides(&line.flags, &app);
  app.add_flag("--check-config", line.flags.check_config,
               "Print the configuration in effect without passwords, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return UsageError(error.what());
    std::ostringstream out;
    std::ostringstream unused;
    app.exit(error, out, unused);
    return Exit(0, out.str());
  }
  if (line.flags.config_file.empty() && line.flags.embedded_dir.empty()) {
    return UsageError("--config FILE or --embedded DIR is needed");
  }
  if (line.flags.listen && line.flags.listen->empty()) {
    return UsageError("--listen: must not be empty");
  }
  return line;
}

absl::StatusOr<Config> EffectiveConfig(const Flags& flags) {
  Config config;
  if (flags.config_file.empty()) {
    config = EmbeddedConfig(flags.embedded_dir);
  } else {
    ASSIGN_OR_RETURN(config, LoadConfig(flags.config_file));
  }
  Override(flags, &config);
  RETURN_IF_ERROR(CheckListeners(config));
  return config;
}

std::vector<Remark> RemarksOn(const Config& config) {
  std::vector<Remark> remarks;
  if (!config.metrics_listen.empty() && !IsLoopback(config.metrics_listen) &&
      !config.metrics_auth.enabled()) {
    remarks.push_back({"metrics_listen",
                       config.metrics_listen +
                           " is reachable from other machines, and without metrics_auth everyone "
                           "who reaches it can read the metrics",
                       "Set metrics_auth, or listen on 127.0.0.1."});
  }
  for (const Gateway& gateway : config.gateways) {
    if (gateway.unsupported_state_type.empty()) continue;
    remarks.push_back({"gateways." + gateway.name,
                       "its state is in a connection of type " + gateway.unsupported_state_type +
                           ", which this server does not serve",
                       gateway.unsupported_state_hint});
  }
  return remarks;
}

CommandLine CheckConfig(const Flags& flags) {
  auto config = EffectiveConfig(flags);
  if (config.ok()) return Exit(0, Describe(*config) + UnusedKeys(*config) + RemarkLines(*config));
  std::string hint = HintOf(config.status());
  return Exit(1, std::string(config.status().message()) + "\n" +
                     (hint.empty() ? "" : "Hint: " + hint + "\n"));
}

}  // namespace stateserver::config
