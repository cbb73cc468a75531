// SPDX-License-Identifier: Apache-2.0

#include "server/app/token_command.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <sstream>
#include <vector>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/principal_name.h"
#include "common/process/file_descriptor.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "server/app/summary.h"
#include "server/platform/auth/tokens.h"
#include "server/platform/config/loader.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/units.h"

namespace stateserver::app {
namespace {

using auth::TokenEntry;

struct Options {
  std::string config_file;
  std::string tokens_file;
  std::string principal;
  std::vector<std::string> roles;
  std::string expires = "365d";
  std::vector<std::string> ids;
};

absl::Status Invalid(std::string_view what, std::string_view hint = "") {
  return Error(Reason::ARGUMENT_INVALID, what, hint);
}

// Target is the tokens file, and the gateways of the configuration that names it.
struct Target {
  std::string file;
  std::vector<config::Gateway> gateways;  // empty without --config
};

absl::StatusOr<Target> TargetOf(const Options& options) {
  if (!options.tokens_file.empty()) return Target{options.tokens_file, {}};
  if (options.config_file.empty()) {
    return Invalid("--config FILE or --tokens-file FILE is needed.");
  }
  ASSIGN_OR_RETURN(config::Config config, config::LoadConfig(options.config_file));
  if (config.auth.tokens_file.empty()) {
    return Invalid(Cat(options.config_file, " names no tokens file."),
                   "Set auth.tokens_file there, or use --tokens-file.");
  }
  return Target{config.auth.tokens_file, std::move(config.gateways)};
}

// FolderLock ensures that one command at a time changes the files of a folder. `file` must be the
// end of all links, because two links may lead to the same file.
class FolderLock {
 public:
  explicit FolderLock(const std::string& file) {
    std::string folder = std::filesystem::absolute(file).parent_path().string();
    folder_ = FileDescriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder_.open()) flock(folder_.get(), LOCK_EX);
  }

 private:
  FileDescriptor folder_;
};

// Returns no entries if the file does not exist yet.
absl::StatusOr<std::vector<TokenEntry>> ReadOrNone(const std::string& file) {
  struct stat info {};
  if (lstat(file.c_str(), &info) != 0 && errno == ENOENT) return std::vector<TokenEntry>();
  return auth::ReadTokensFile(file);
}

absl::StatusOr<config::Roles> ParseRoles(const std::vector<std::string>& texts,
                                         const std::vector<config::Gateway>& gateways) {
  config::Roles roles;
  for (const std::string& text : texts) {
    size_t equals = text.rfind('=');
    auto role =
        equals == std::string::npos ? std::nullopt : config::ParseRole(text.substr(equals + 1));
    if (!role || equals == 0) {
      return Invalid(Cat("--role: expected GATEWAY=reader|writer|admin, found '", text, "'."),
                     "GATEWAY may be * for every gateway.");
    }
    const std::string gateway = text.substr(0, equals);
    if (!gateways.empty() && !config::IsGatewayOrAll(gateway, gateways)) {
      return Invalid(Cat("--role: ", config::NoSuchGateway(gateway, gateways)),
                     "Name a gateway of the configuration, or * for every gateway.");
    }
    roles[Lower(gateway)] = *role;
  }
  return roles;
}

absl::StatusOr<absl::Time> ParseExpiry(const std::string& text, absl::Time now) {
  if (text == "never") return absl::InfiniteFuture();
  auto duration = config::ParseDuration(text);
  if (duration && *duration > absl::ZeroDuration()) return now + *duration;
  return Invalid(Cat("--expires: expected a duration such as 90d, or never; found '", text, "'."));
}

std::string RolesText(const config::Roles& roles) {
  std::string out;
  for (const auto& [gateway, role] : roles) {
    AppendTo(&out, out.empty() ? "" : ",", gateway, "=", config::RoleName(role));
  }
  return out;
}

std::string ExpiryText(absl::Time expires) {
  return expires == absl::InfiniteFuture() ? "never" : auth::TimeText(expires);
}

absl::StatusOr<CommandOutput> Create(const Options& options) {
  ASSIGN_OR_RETURN(Target target, TargetOf(options));
  ASSIGN_OR_RETURN(std::string file, ResolveRegularFile(target.file));
  if (!IsPrincipalName(options.principal)) {
    return Invalid(Cat("--principal: ", auth::kPrincipalForm, "."));
  }
  TokenEntry entry;
  entry.created = absl::Now();
  entry.principal = options.principal;
  ASSIGN_OR_RETURN(entry.roles, ParseRoles(options.roles, target.gateways));
  ASSIGN_OR_RETURN(entry.expires, ParseExpiry(options.expires, entry.created));
  auth::TokenParts token = auth::NewToken();
  entry.id = token.id;
  entry.salt = auth::NewSalt();
  entry.hash = auth::HashSecret(entry.salt, token.secret);
  FolderLock lock(file);
  ASSIGN_OR_RETURN(std::vector<TokenEntry> entries, ReadOrNone(file));
  entries.push_back(entry);
  RETURN_IF_ERROR(auth::WriteTokensFile(file, entries));
  return CommandOutput{0, TokenText(token) + "\n",
                       Cat("Token ", entry.id, " of ", entry.principal, " (",
                           RolesText(entry.roles), "), expires: ", ExpiryText(entry.expires),
                           ". It is not shown again; ", target.file, " holds only its hash.\n")};
}

absl::StatusOr<CommandOutput> List(const Options& options) {
  ASSIGN_OR_RETURN(Target target, TargetOf(options));
  ASSIGN_OR_RETURN(std::vector<TokenEntry> entries, auth::ReadTokensFile(target.file));
  CommandOutput output;
  for (const TokenEntry& entry : entries) {
    bool expired = absl::Now() >= entry.expires;
    AppendTo(&output.out, entry.id, "  ", entry.principal, "  ", RolesText(entry.roles),
             "  created ", auth::TimeText(entry.created), "  ", expired ? "EXPIRED " : "expires ",
             ExpiryText(entry.expires), "\n");
  }
  return output;
}

absl::StatusOr<CommandOutput> Revoke(const Options& options) {
  ASSIGN_OR_RETURN(Target target, TargetOf(options));
  ASSIGN_OR_RETURN(std::string file, ResolveRegularFile(target.file));
  FolderLock lock(file);
  ASSIGN_OR_RETURN(std::vector<TokenEntry> entries, auth::ReadTokensFile(file));
  CommandOutput output;
  for (const std::string& id : options.ids) {
    size_t removed =
        std::erase_if(entries, [&](const TokenEntry& entry) { return entry.id == id; });
    if (removed == 0) {
      return Invalid(Cat(file, " has no token with the id '", id, "'; nothing was changed."),
                     "`stateserver token list` shows all tokens.");
    }
    AppendTo(&output.err, "Token ", id, " is revoked; servers notice within seconds.\n");
  }
  RETURN_IF_ERROR(auth::WriteTokensFile(file, entries));
  return output;
}

void DeclareFiles(Options* options, CLI::App* command) {
  auto* config = command->add_option("--config", options->config_file,
                                     "The configuration whose auth.tokens_file is used");
  command->add_option("--tokens-file", options->tokens_file, "The tokens file itself")
      ->excludes(config);
}

}  // namespace

CommandOutput RunTokenCommand(int argc, const char* const* argv) {
  Options options;
  CLI::App app("Maintains the file of bearer tokens that the server accepts.", "stateserver token");
  app.require_subcommand(1);
  CLI::App* create = app.add_subcommand("create", "Creates a token and prints it once");
  DeclareFiles(&options, create);
  create->add_option("--principal", options.principal, "Its owner, as written to logs")->required();
  create->add_option("--role", options.roles, "GATEWAY=reader|writer|admin; may be repeated")
      ->required();
  create->add_option("--expires", options.expires,
                     "How long it is valid, or 'never' (default 365d)");
  CLI::App* list = app.add_subcommand("list", "Lists the tokens and their owners");
  DeclareFiles(&options, list);
  CLI::App* revoke = app.add_subcommand("revoke", "Revokes tokens");
  DeclareFiles(&options, revoke);
  revoke->add_option("ID", options.ids, "Ids, as printed by list")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return {2, "", Cat("stateserver token: ", std::string_view(error.what()), "\n")};
    }
    std::ostringstream out;
    std::ostringstream unused;
    app.exit(error, out, unused);
    return {0, out.str(), ""};
  }
  auto output = create->parsed() ? Create(options)
                : list->parsed() ? List(options)
                                 : Revoke(options);
  if (output.ok()) return *std::move(output);
  return {1, "", Cat("stateserver token: ", ErrorText(output.status()))};
}

}  // namespace stateserver::app
