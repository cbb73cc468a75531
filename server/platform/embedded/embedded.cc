// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/embedded.h"

#include <utility>

#include "common/error.h"
#include "server/platform/embedded/create.h"
#include "server/platform/embedded/layout.h"
#include "server/platform/embedded/processes.h"
#include "server/platform/embedded/supervisor.h"

namespace stateserver::postgres {
namespace {

using namespace embedded;  // the parts of this one unit

// Quotes text in single quotes for libpq.
std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string ConninfoOf(const std::string& socket_dir) {
  return "host=" + Quoted(socket_dir) + " port=" + kPort + " user=" + kRole +
         " dbname=" + kDatabase + " application_name=stateserver connect_timeout=10";
}

// Reports a cluster of a PostgreSQL version that is not installed.
absl::StatusOr<Binaries> BinariesFor(const Layout& layout) {
  ASSIGN_OR_RETURN(std::optional<int> version, ClusterVersion(layout));
  auto binaries = FindBinaries(version);
  if (binaries.ok() || !version) return binaries;
  return WithPrefix(layout.data() + ": ", binaries.status());
}

}  // namespace

struct EmbeddedPostgres::State {
  FileDescriptor lock;
  std::string conninfo;
  std::unique_ptr<Supervisor> supervisor;
};

EmbeddedPostgres::EmbeddedPostgres(std::unique_ptr<State> state) : state_(std::move(state)) {}

EmbeddedPostgres::~EmbeddedPostgres() { Stop(); }

absl::StatusOr<std::unique_ptr<EmbeddedPostgres>> EmbeddedPostgres::Start(
    const EmbeddedOptions& options) {
  auto state = std::make_unique<State>();
  PostmasterSettings settings;
  ASSIGN_OR_RETURN(settings.layout, LayoutOf(options.dir));
  const Layout& layout = settings.layout;
  ASSIGN_OR_RETURN(OsUser server, CurrentUser());
  ASSIGN_OR_RETURN(settings.user, ClusterUser(layout.data()));
  RETURN_IF_ERROR(PrepareDir(layout, settings.user));
  ASSIGN_OR_RETURN(state->lock, LockDir(layout));
  ASSIGN_OR_RETURN(settings.binaries, BinariesFor(layout));
  ASSIGN_OR_RETURN(std::optional<int> version, ClusterVersion(layout));
  if (!version) RETURN_IF_ERROR(CreateCluster(layout, settings.binaries, settings.user));
  RETURN_IF_ERROR(ClearLeftovers(layout.data(), options.stop_timeout));
  RETURN_IF_ERROR(WriteAccessRules(layout, server, settings.user));
  ASSIGN_OR_RETURN(settings.socket_dir, PrepareSocketDir(layout, settings.user));
  state->conninfo = ConninfoOf(settings.socket_dir);
  state->supervisor = std::make_unique<Supervisor>(
      settings, SupervisorOptions{options.on_event, options.start_timeout, options.stop_timeout});
  RETURN_IF_ERROR(state->supervisor->Start());
  return std::unique_ptr<EmbeddedPostgres>(new EmbeddedPostgres(std::move(state)));
}

const std::string& EmbeddedPostgres::conninfo() const { return state_->conninfo; }

bool EmbeddedPostgres::running() const { return state_->supervisor->running(); }

// The lock is released last, and only if nothing runs any more.
void EmbeddedPostgres::Stop() {
  state_->supervisor->Stop();
  state_->lock.Close();
}

absl::StatusOr<std::string> DescribeEmbedded(const std::string& dir) {
  ASSIGN_OR_RETURN(Layout layout, LayoutOf(dir));
  ASSIGN_OR_RETURN(std::optional<int> version, ClusterVersion(layout));
  std::string host = SocketDir(layout);
  if (!version || host.empty()) {
    return Error(Reason::ARGUMENT_INVALID, "'" + layout.dir + "' holds no embedded PostgreSQL yet",
                 "Start the server on it once: stateserver --embedded " + layout.dir);
  }
  return "psql:\n"
         "  psql \"host=" +
         Quoted(host) +
         " port=5432 user=stateserver dbname=state\"\n"
         "\n"
         "SQLMesh (config.yaml):\n"
         "gateways:\n"
         "  local:\n"
         "    # connection: your warehouse\n"
         "    state_connection:\n"
         "      type: postgres\n"
         "      host: \"" +
         host +
         "\"\n"
         "      port: 5432\n"
         "      user: stateserver\n"
         "      password: ''\n"
         "      database: state\n";
}

}  // namespace stateserver::postgres
