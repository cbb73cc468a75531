#include "client/process/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "client/errors.h"
#include "common/text.h"

extern char** environ;

namespace stateserver::client {
namespace {

// The streams and signals of the child: this process blocks and ignores some.
class SpawnSettings {
 public:
  explicit SpawnSettings(const std::string& log) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    sigset_t none, ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace

absl::Status Child::Start() {
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  SpawnSettings settings(log_.string());
  std::lock_guard lock(mutex_);
  int error = interrupted_ ? ECANCELED
                           : posix_spawnp(&pid_, arguments[0], &settings.files,
                                          &settings.attributes, arguments.data(), environ);
  if (error == 0) return absl::OkStatus();
  pid_ = 0;
  return ClientError(ClientReason::SQLMESH_FAILED,
                     Cat("'", command_[0], "': ", std::strerror(error)));
}

absl::StatusOr<int> Child::Run() {
  RETURN_IF_ERROR(Start());
  siginfo_t info{};
  // Waited for without reaping, so that Interrupt cannot hit a later process of
  // the same number.
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  std::lock_guard lock(mutex_);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (pid_ > 0) kill(pid_, SIGTERM);
}

}  // namespace stateserver::client
