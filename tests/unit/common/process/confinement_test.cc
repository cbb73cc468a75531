// SPDX-License-Identifier: Apache-2.0
//
// Children that try to reach what they must not, under each mechanism, as root and as an ordinary
// user.
#include "common/process/confinement.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/process/landlock.h"
#include "common/process/mount_plan.h"
#include "common/process/spawn.h"
#include "common/text.h"

namespace stateserver {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kOrdinary = 65534;

// Prints one line for each attempt: "open /x: Permission denied", or "open /x: done".
constexpr char kAttacker[] = R"(
import os, socket, sys
folder, parent, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def attempt(name, what):
    try:
        what()
        print(name + ': done')
    except OSError as error:
        print(name + ': ' + error.strerror)
def connect(address, *kind):
    with socket.socket(*kind) as s:
        s.settimeout(5)
        s.connect(address)
def send(address):
    with socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0] as s:
        s.sendto(b'x', address)
def find(folder, name):
    if name not in os.listdir(folder):
        raise FileNotFoundError(2, 'Not in the list')
attempt('visible', lambda: open(folder + '/visible/file').read())
attempt('hidden', lambda: open(folder + '/visible/hidden').read())
attempt('secret', lambda: open(folder + '/secret').read())
attempt('list', lambda: find(folder, 'secret'))
attempt('passwd', lambda: open('/etc/passwd').read())
attempt('environ', lambda: open('/proc/%d/environ' % parent).read())
attempt('memory', lambda: open('/proc/%d/mem' % parent, 'rb').read(1))
attempt('signal', lambda: os.kill(parent, 0))
attempt('socket', lambda: connect(folder + '/socket', socket.AF_UNIX))
attempt('abstract', lambda: connect('\0confinement-%d' % parent, socket.AF_UNIX))
attempt('datagram', lambda: send(folder + '/socket'))
attempt('network', lambda: connect(('127.0.0.1', port), socket.AF_INET))
attempt('write', lambda: open(folder + '/visible/new', 'w'))
attempt('usr', lambda: open('/usr/new', 'w'))
attempt('null', lambda: open('/dev/null', 'w').write('x'))
print('user', os.getuid())
)";

// Everything that an attacker must not reach.
constexpr const char* kForbidden[] = {"hidden",  "secret", "list",   "passwd",   "environ",
                                      "memory",  "signal", "socket", "abstract", "datagram",
                                      "network", "write",  "usr"};

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

FileDescriptor ListenAt(const sockaddr* address, socklen_t size) {
  FileDescriptor listener(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), address, size), 0) << std::strerror(errno);
  EXPECT_EQ(listen(listener.get(), 8), 0);
  return listener;
}

class ConfinementTest : public testing::TestWithParam<std::tuple<Confinement, bool>> {
 protected:
  ConfinementTest() {
    char name[] = "/tmp/ss-confinement-XXXXXX";
    folder_ = mkdtemp(name);
    std::filesystem::create_directory(folder_ + "/visible");
    for (const char* file : {"/visible/file", "/visible/hidden", "/secret"}) {
      std::ofstream(folder_ + file) << "text";
    }
    // Everybody may do everything here: only confinement protects it.
    for (const char* path : {"", "/visible", "/visible/file", "/visible/hidden", "/secret"}) {
      chmod((folder_ + path).c_str(), 0777);
    }
    Listen();
  }
  ~ConfinementTest() override { std::filesystem::remove_all(folder_); }

  void Listen() {
    sockaddr_un path{AF_UNIX, {}};
    strncpy(path.sun_path, (folder_ + "/socket").c_str(), sizeof path.sun_path - 1);
    path_listener_ = ListenAt(reinterpret_cast<sockaddr*>(&path), sizeof path);
    chmod(path.sun_path, 0777);
    sockaddr_in network{};
    network.sin_family = AF_INET;
    network.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    network_listener_ = ListenAt(reinterpret_cast<sockaddr*>(&network), sizeof network);
    socklen_t size = sizeof network;
    getsockname(network_listener_.get(), reinterpret_cast<sockaddr*>(&network), &size);
    port_ = ntohs(network.sin_port);
  }

  // Listens at an abstract address with the id of the calling process.
  static FileDescriptor ListenAbstract() {
    sockaddr_un address{AF_UNIX, {}};
    std::string name = Cat("confinement-", getpid());
    name.copy(address.sun_path + 1, name.size());
    return ListenAt(reinterpret_cast<sockaddr*>(&address),
                    static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
  }

  SpawnOptions Options(Confinement how) const {
    SpawnOptions options;
    auto view = std::make_shared<SandboxView>();
    view->readable = {folder_ + "/visible"};
    view->hidden = {folder_ + "/visible/hidden"};
    options.sandbox = view;
    options.mechanisms = {how};
    options.environment = {"PATH=/usr/bin:/bin"};
    options.folder = "/";
    return options;
  }

  // Returns what the attacker prints, started by this process.
  std::string Attack(SpawnOptions options) const {
    FileDescriptor abstract = ListenAbstract();
    if (geteuid() == 0) options.user = OsUser{"65520", 65520, 65520, {65520}};
    options.command = {"/usr/bin/python3", "-c", kAttacker, folder_, Cat(getpid()), Cat(port_)};
    return OutputOf(options);
  }

  static std::string OutputOf(const SpawnOptions& options) {
    Pipe output = *MakePipe();
    auto spawned = Spawn(options, STDIN_FILENO, output.write.get(), output.write.get());
    if (!spawned.ok()) return std::string(MessageOf(spawned.status()));
    output.write.Close();
    std::string text = ReadAll(output.read.get());
    waitpid(spawned->pid, nullptr, 0);
    return Cat(text, "how ", ConfinementName(spawned->confinement), "\n");
  }

  // Runs `body` in a process of an ordinary user that is as private as the server.
  static std::string AsOrdinaryUser(const std::function<std::string()>& body) {
    Pipe output = *MakePipe();
    pid_t pid = fork();
    if (pid == 0) {
      if (geteuid() == 0 &&
          (setgroups(0, nullptr) != 0 || setgid(kOrdinary) != 0 || setuid(kOrdinary) != 0)) {
        _exit(1);
      }
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
      std::string text = body();
      (void)!write(output.write.get(), text.data(), text.size());
      _exit(0);
    }
    output.write.Close();
    std::string text = ReadAll(output.read.get());
    waitpid(pid, nullptr, 0);
    return text;
  }

  std::string AttackAs(bool root, const SpawnOptions& options) const {
    return root ? Attack(options) : AsOrdinaryUser([&] { return Attack(options); });
  }

  std::string folder_;
  FileDescriptor path_listener_, network_listener_;
  int port_ = 0;
};

// Returns "" if this kernel offers the mechanism.
std::string Missing(const std::string& output) {
  for (const char* name : {"namespaces: ", "landlock: "}) {
    if (size_t at = output.find(name); at != output.npos) return output.substr(at);
  }
  return "";
}

TEST_P(ConfinementTest, ReachesNothingButItsView) {
  const auto [how, root] = GetParam();
  if (root && geteuid() != 0) GTEST_SKIP() << "only for root";
  const std::string output = AttackAs(root, Options(how));
  if (std::string missing = Missing(output); !missing.empty()) GTEST_SKIP() << missing;
  EXPECT_THAT(output, HasSubstr(Cat("how ", ConfinementName(how))));
  for (const char* name : kForbidden) {
    EXPECT_THAT(output, HasSubstr(Cat(name, ": "))) << "not tried";
    EXPECT_THAT(output, Not(HasSubstr(Cat(name, ": done")))) << "under " << ConfinementName(how);
  }
  EXPECT_THAT(output, HasSubstr("visible: done"));
  EXPECT_THAT(output, HasSubstr("null: done"));
  const bool own_user = root || how == Confinement::kNamespaces;
  EXPECT_THAT(output, HasSubstr(own_user ? "user 65520"
                                         : Cat("user ", geteuid() == 0 ? kOrdinary : geteuid())));
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, ConfinementTest,
                         testing::Combine(testing::Values(Confinement::kNamespaces,
                                                          Confinement::kLandlock),
                                          testing::Bool()),
                         [](const testing::TestParamInfo<ConfinementTest::ParamType>& info) {
                           return Cat(ConfinementName(std::get<0>(info.param)),
                                      std::get<1>(info.param) ? "_root" : "_ordinary");
                         });

using UnconfinedTest = ConfinementTest;
INSTANTIATE_TEST_SUITE_P(None, UnconfinedTest,
                         testing::Values(std::make_tuple(Confinement::kNone, false)));

// Shows that the attacks above succeed without confinement, and what is done nevertheless.
TEST_P(UnconfinedTest, ReachesFilesButNoSockets) {
  const std::string output = AttackAs(false, Options(Confinement::kNone));
  for (const char* name : {"hidden", "secret", "list", "passwd", "write"}) {
    EXPECT_THAT(output, HasSubstr(Cat(name, ": done")));
  }
  for (const char* name : {"environ", "memory", "signal", "socket", "datagram", "network"}) {
    EXPECT_THAT(output, Not(HasSubstr(Cat(name, ": done"))));
  }
  EXPECT_THAT(output, HasSubstr("how none"));
}

TEST_P(UnconfinedTest, AProgramOutsideTheViewIsAnErrorAndNotLessConfined) {
  std::filesystem::copy_file("/bin/true", folder_ + "/program");
  chmod((folder_ + "/program").c_str(), 0755);
  for (Confinement how : {Confinement::kNamespaces, Confinement::kLandlock}) {
    SpawnOptions options = Options(how);
    options.mechanisms.push_back(Confinement::kNone);
    options.command = {folder_ + "/program"};
    const std::string output = AsOrdinaryUser([&] { return OutputOf(options); });
    if (output.find("how none") != output.npos) GTEST_SKIP() << ConfinementName(how);
    EXPECT_THAT(output,
                HasSubstr(how == Confinement::kNamespaces ? "/program': No such file or directory"
                                                          : "/program': Permission denied"));
  }
}

// Such as a checkout below /root.
TEST_P(UnconfinedTest, RootKeepsItsUserIfTheOtherOneCouldNotReadTheFiles) {
  if (geteuid() != 0) GTEST_SKIP() << "only for root";
  for (Confinement how : {Confinement::kLandlock, Confinement::kNone}) {
    SpawnOptions options = Options(how);
    for (const auto& [mode, user] : {std::pair(0777, 65520), std::pair(0700, 0)}) {
      chmod(folder_.c_str(), static_cast<mode_t>(mode));
      options.keeps_user = !EverybodyCanRead(*options.sandbox);
      const std::string output = Attack(options);
      if (std::string missing = Missing(output); !missing.empty()) GTEST_SKIP() << missing;
      EXPECT_THAT(output, HasSubstr(Cat("user ", user, "\n"))) << ConfinementName(how);
      EXPECT_THAT(output, HasSubstr("visible: done"));
    }
  }
}

TEST_P(UnconfinedTest, IsRefusedIfNoMechanismIsLeft) {
  SpawnOptions options = Options(Confinement::kLandlock);
  options.mechanisms.clear();
  options.command = {"/bin/true"};
  EXPECT_THAT(OutputOf(options), HasSubstr("'/bin/true': "));
}

TEST(SandboxView, LeavesOutTheKernelAndWhatIsHidden) {
  SandboxView view;
  view.readable = {"/", "/proc",        "/sys/kernel", "/dev",         "relative",
                   "",  "/nonexistent", "/tmp/",       "/etc/hostname"};
  view.hidden = {"/etc/hostname", "/nonexistent"};
  std::vector<std::string> paths;
  for (const VisiblePath& path : VisiblePaths(view)) paths.push_back(path.path);
  EXPECT_THAT(paths, Contains("/usr"));
  EXPECT_THAT(paths, Contains("/tmp"));
  for (const char* path : {"/", "/proc", "/sys/kernel", "/dev", "/nonexistent", "/etc/hostname"}) {
    EXPECT_THAT(paths, Not(Contains(path)));
  }
}

TEST(SandboxView, AFolderContainsItselfAndNotItsNeighbours) {
  EXPECT_TRUE(IsBelow("/opt/x", "/opt"));
  EXPECT_TRUE(IsBelow("/opt", "/opt"));
  EXPECT_TRUE(IsBelow("/opt", "/"));
  EXPECT_FALSE(IsBelow("/optional", "/opt"));
}

}  // namespace
}  // namespace stateserver
