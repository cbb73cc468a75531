// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/time.h"
#include "server/platform/embedded/folder.h"
#include "server/platform/embedded/processes.h"

namespace stateserver::postgres::embedded {

namespace {

constexpr off_t kMaxLogBytes = 10 << 20;

absl::StatusOr<FileDescriptor> OpenLog(const Layout& layout) {
  constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
  ASSIGN_OR_RETURN(Folder folder, Folder::OpenOrCreate(layout.log_dir(), 0700));
  ASSIGN_OR_RETURN(FileDescriptor log, folder.OpenFile(kLogName, kAppend));
  struct stat info {};
  if (fstat(log.get(), &info) != 0 || info.st_size <= kMaxLogBytes) return log;
  RETURN_IF_ERROR(folder.Rename(kLogName, std::string(kLogName) + ".1"));
  return folder.OpenFile(kLogName, kAppend);
}

// Quotes a path as an element of PostgreSQL's list of folders.
std::string InDoubleQuotes(const std::string& path) {
  std::string out = "\"";
  for (char c : path) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// These settings are on the command line, so that an edited postgresql.conf can neither open the
// cluster to others nor weaken durability.
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

constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// After running this long, a cluster is restarted with the first pause again.
constexpr absl::Duration kStable = absl::Minutes(1);

}  // namespace

absl::Status Postmaster::Launch() {
  // Nothing runs on the cluster, and the folder is its own, so a process id in an old lock file
  // belongs to an unrelated process.
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

Supervisor::Supervisor(PostmasterSettings settings, SupervisorOptions options)
    : postmaster_(std::move(settings)), options_(std::move(options)) {}

absl::Status Supervisor::Start() {
  thread_ = std::thread([this] { Loop(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return phase_ != Phase::kStarting; });
  return failure_;
}

bool Supervisor::running() const {
  std::lock_guard lock(mutex_);
  return phase_ == Phase::kReady;
}

void Supervisor::Stop() {
  std::lock_guard one(stop_mutex_);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::Set(Phase phase, absl::Status status) {
  {
    std::lock_guard lock(mutex_);
    phase_ = phase;
    failure_ = std::move(status);
  }
  changed_.notify_all();
}

bool Supervisor::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(duration),
                           [this] { return stopping_; });
}

absl::Status Supervisor::StartOnce() {
  RETURN_IF_ERROR(ClearLeftovers(postmaster_.data(), options_.stop_timeout));
  RETURN_IF_ERROR(postmaster_.Launch());
  absl::Time end = SteadyNow() + options_.start_timeout;
  while (!postmaster_.Ready()) {
    if (!postmaster_.Alive()) {
      return Error(Reason::DATABASE_UNREACHABLE,
                   "The embedded PostgreSQL in '" + postmaster_.data() +
                       "' does not start: " + postmaster_.LastWords());
    }
    if (SteadyNow() >= end) {
      postmaster_.Shutdown(options_.stop_timeout);
      return Error(Reason::DATABASE_UNREACHABLE,
                   "The embedded PostgreSQL in '" + postmaster_.data() + "' was not ready within " +
                       absl::FormatDuration(options_.start_timeout) + ": " +
                       postmaster_.LastWords());
    }
    if (Pause(kLook)) return Error(Reason::SHUTTING_DOWN, "The server stops");
  }
  return absl::OkStatus();
}

void Supervisor::Watch() {
  while (postmaster_.Alive()) {
    if (Pause(kLook)) return;
  }
}

bool Supervisor::Restart(absl::Duration pause) {
  if (Pause(pause)) return false;
  absl::Status started = StartOnce();
  if (!started.ok()) {
    if (ReasonOf(started) != Reason::SHUTTING_DOWN) {
      options_.on_event(std::string(started.message()));
    }
    return false;
  }
  Set(Phase::kReady);
  options_.on_event("The embedded PostgreSQL in '" + postmaster_.data() + "' is ready again");
  return true;
}

void Supervisor::Loop() {
  absl::Status started = StartOnce();
  if (!started.ok()) {
    postmaster_.Shutdown(options_.stop_timeout);
    return Set(Phase::kFailed, started);
  }
  Set(Phase::kReady);
  absl::Duration pause = kFirstPause;
  for (;;) {
    absl::Time since = SteadyNow();
    Watch();
    if (Pause(absl::ZeroDuration())) break;
    if (running()) {
      Set(Phase::kDown);
      options_.on_event("The embedded PostgreSQL in '" + postmaster_.data() +
                        "' ended unexpectedly and is started again: " + postmaster_.LastWords());
    }
    pause = SteadyNow() - since > kStable ? kFirstPause : std::min(2 * pause, kLongestPause);
    Restart(pause);
  }
  postmaster_.Shutdown(options_.stop_timeout);
  Set(Phase::kStopped);
}

}  // namespace stateserver::postgres::embedded
