// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/postmaster.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/steady_time.h"
#include "server/platform/embedded/child.h"
#include "server/platform/embedded/processes.h"
#include "server/platform/embedded/text.h"

namespace stateserver::postgres::embedded {
namespace {

constexpr off_t kMaxLogBytes = 10 << 20;

absl::StatusOr<FileDescriptor> OpenLog(const Layout& layout) {
  mkdir(layout.log_dir().c_str(), 0700);
  struct stat info {};
  if (stat(layout.log().c_str(), &info) == 0 && info.st_size > kMaxLogBytes) {
    rename(layout.log().c_str(), (layout.log() + ".1").c_str());
  }
  FileDescriptor log(open(layout.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.open()) return log;
  return Error(errno == ENOSPC ? Reason::DATABASE_FULL : Reason::ARGUMENT_INVALID,
               "cannot write " + layout.log() + ": " + std::strerror(errno));
}

// As an element of PostgreSQL's list of folders.
std::string InDoubleQuotes(const std::string& path) {
  std::string out = "\"";
  for (char c : path) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// On the command line, so that no edited postgresql.conf opens the cluster to
// others or gives up durability.
std::vector<std::string> Arguments(const PostmasterSettings& settings) {
  const std::string data = settings.layout.data();
  std::vector<std::string> argv = {settings.binaries.postgres, "-D", data};
  for (const std::string& setting :
       {std::string("listen_addresses="), std::string("port=") + kPort,
        "unix_socket_directories=" + InDoubleQuotes(settings.socket_dir),
        std::string("unix_socket_permissions=0700"), "hba_file=" + data + "/pg_hba.conf",
        "ident_file=" + data + "/pg_ident.conf", std::string("fsync=on"),
        std::string("full_page_writes=on"), std::string("logging_collector=off"),
        std::string("log_destination=stderr"), std::string("cluster_name=stateserver")}) {
    argv.push_back("-c");
    argv.push_back(setting);
  }
  return argv;
}

}  // namespace

absl::Status Postmaster::Launch() {
  // Nothing runs on the cluster, and the folder is its own: whatever process id
  // an old lock file names is somebody else's by now.
  unlink((settings_.socket_dir + "/" + kSocketName + ".lock").c_str());
  ASSIGN_OR_RETURN(FileDescriptor log, OpenLog(settings_.layout));
  ChildOptions options;
  options.argv = Arguments(settings_);
  options.user = settings_.user;
  options.output = log.get();
  options.death_signal = SIGINT;
  ASSIGN_OR_RETURN(pid_, Spawn(options));
  return absl::OkStatus();
}

bool Postmaster::Alive() {
  if (pid_ == 0) return false;
  pid_t ended = waitpid(pid_, nullptr, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  pid_ = 0;
  return false;
}

bool Postmaster::Ready() const {
  PostmasterFile file = ReadPostmasterFile(data_);
  return pid_ != 0 && file.pid == pid_ && file.ready;
}

bool Postmaster::GoneWithin(absl::Duration patience) {
  absl::Time end = SteadyNow() + patience;
  while (Alive()) {
    if (SteadyNow() >= end) return false;
    absl::SleepFor(kLookEvery);
  }
  return true;
}

void Postmaster::Shutdown(absl::Duration patience) {
  if (!Alive()) return;
  kill(pid_, SIGINT);
  if (GoneWithin(patience)) return;
  kill(pid_, SIGQUIT);
  if (GoneWithin(kImmediateShutdown)) return;
  kill(pid_, SIGKILL);
  GoneWithin(kImmediateShutdown);
  EndOrphans(data_).IgnoreError();
}

std::string Postmaster::LastWords() const { return LastLines(TailOf(settings_.layout.log()), 5); }

}  // namespace stateserver::postgres::embedded
