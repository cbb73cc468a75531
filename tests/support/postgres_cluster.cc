// SPDX-License-Identifier: Apache-2.0

#include "tests/support/postgres_cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace stateserver::testing {
namespace {

namespace fs = std::filesystem;

// The newest PostgreSQL that Debian's packages installed, or the one of PATH.
std::string Program(const std::string& name) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    std::string path = entry.path().string() + "/bin/" + name;
    if (fs::exists(path)) found.push_back(path);
  }
  if (found.empty()) return name;
  return *std::max_element(found.begin(), found.end());
}

void BecomeUnprivileged() {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr || initgroups("postgres", user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    _exit(126);
  }
}

pid_t Spawn(std::vector<std::string> arguments, const std::string& log) {
  pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  // SIGQUIT: an immediate shutdown when the test program dies.
  int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(out, 1);
  dup2(out, 2);
  BecomeUnprivileged();
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::string pid = std::to_string(parent);
  std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
  std::vector<pid_t> children;
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

int FreePort() {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

PostgresCluster::PostgresCluster() : password_("p:ass '#} word"), port_(FreePort()) {
  std::string pattern = (fs::temp_directory_path() / "stateserver-pg-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  directory_ = pattern;
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr || chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("there is no user postgres to run PostgreSQL as");
    }
  }
  fs::permissions(directory_,
                  fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  Initdb();
  Start();
}

PostgresCluster::~PostgresCluster() {
  Stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

PostgresCluster& PostgresCluster::Shared() {
  static PostgresCluster cluster;
  return cluster;
}

void PostgresCluster::Initdb() {
  std::ofstream(directory_ + "/pw") << password_ << "\n";
  fs::permissions(directory_ + "/pw", fs::perms::all);
  pid_t pid = Spawn({Program("initdb"), "-D", directory_ + "/data", "-U", "postgres", "-E", "UTF8",
                     "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256",
                     "--pwfile=" + directory_ + "/pw", "--no-sync"},
                    directory_ + "/initdb.log");
  if (WaitFor(pid) != 0) throw std::runtime_error("initdb failed, see " + directory_);
}

void PostgresCluster::Start() {
  std::string log = directory_ + "/postgres.log";
  postmaster_ = Spawn({Program("postgres"), "-D", directory_ + "/data", "-k", directory_, "-p",
                       std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
                       "-c", "max_connections=40"},
                      log);
  for (int i = 0; i < 600; ++i) {
    if (PQping(Conninfo().c_str()) == PQPING_OK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("PostgreSQL did not start, see " + log);
}

void PostgresCluster::Stop() {
  if (postmaster_ <= 0) return;
  kill(postmaster_, SIGINT);
  WaitFor(postmaster_);
  postmaster_ = -1;
}

void PostgresCluster::Crash() {
  std::vector<pid_t> children = ChildrenOf(postmaster_);
  kill(postmaster_, SIGKILL);
  for (pid_t child : children) kill(child, SIGKILL);
  WaitFor(postmaster_);
  postmaster_ = -1;
  // A new postmaster refuses to start while one of them is left.
  for (pid_t child : children) {
    while (fs::exists("/proc/" + std::to_string(child) + "/exe")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

std::string PostgresCluster::Conninfo(const std::string& database) const {
  return "host='" + directory_ + "' port=" + std::to_string(port_) + " user=postgres dbname='" +
         database + "'";
}

std::string PostgresCluster::TcpConninfo(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) +
         " user=postgres password='p:ass \\'#} word'" + " dbname='" + database + "'";
}

std::string PostgresCluster::CreateDatabase() {
  std::string name = "test_" + std::to_string(++databases_);
  PGconn* connection = PQconnectdb(Conninfo().c_str());
  PGresult* result = PQexec(connection, ("CREATE DATABASE " + name).c_str());
  bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
  PQclear(result);
  PQfinish(connection);
  if (!ok) throw std::runtime_error("CREATE DATABASE failed");
  return name;
}

}  // namespace stateserver::testing
