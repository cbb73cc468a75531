// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/interpreter.h"

#include <poll.h>

#include <memory>
#include <string_view>

#include "common/error.h"
#include "common/process/piped_child.h"
#include "common/text.h"
#include "common/time.h"
#include "simdjson.h"

namespace stateserver::workers {
namespace {

// The program is often a link to a link, such as a virtual environment's. Every one of them must
// exist for the confined process, too.
constexpr char kQuestion[] = R"(
import json, os, site, sys
paths = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]
link = sys.executable
for _ in range(40):
    paths.append(link)
    if not os.path.islink(link):
        break
    link = os.path.normpath(os.path.join(os.path.dirname(link), os.readlink(link)))
paths.append(os.path.realpath(sys.executable))
own_packages = site.ENABLE_USER_SITE and os.path.isdir(site.getusersitepackages())
print(json.dumps({"program": sys.executable, "paths": paths,
                  "user_base": site.getuserbase() if own_packages else ""}))
)";

constexpr size_t kMaxAnswer = 1 << 20;

absl::Status Unknown(std::string_view why) { return Error(Reason::INTERNAL, why); }

absl::StatusOr<Interpreter> ParseInterpreter(const std::string& line) {
  Interpreter out;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view program, user_base;
  simdjson::dom::array paths;
  if (parser.parse(line).get(root) != simdjson::SUCCESS ||
      root["program"].get(program) != simdjson::SUCCESS ||
      root["user_base"].get(user_base) != simdjson::SUCCESS ||
      root["paths"].get(paths) != simdjson::SUCCESS || program.empty()) {
    return Unknown("it did not say which files it uses");
  }
  out.program = program;
  out.user_base = user_base;
  for (simdjson::dom::element path : paths) {
    std::string_view text;
    if (path.get(text) == simdjson::SUCCESS) out.paths.emplace_back(text);
  }
  return out;
}

}  // namespace

bool IsPython(const std::vector<std::string>& command) {
  std::string_view name = command.front();
  name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
  return name.starts_with("python") || name.starts_with("pypy");
}

absl::StatusOr<Interpreter> AskInterpreter(const std::string& program,
                                           const std::vector<std::string>& environment,
                                           absl::Duration timeout) {
  SpawnOptions spawn;
  spawn.command = {program, "-c", kQuestion};
  spawn.environment = environment;
  spawn.folder = "/";
  ASSIGN_OR_RETURN(auto child, PipedChild::Start(spawn, kMaxAnswer));
  child->CloseInput();
  const absl::Time until = SteadyNow() + timeout;
  while (SteadyNow() < until) {
    child->Pump();
    if (std::optional<std::string> line = child->TakeLine()) return ParseInterpreter(*line);
    if (child->trouble() != PipedChild::Trouble::kNone) {
      std::string end = child->End(absl::Seconds(1));
      return Unknown(Cat("it ", end, " when it was asked which files it uses: ", child->Errors()));
    }
    std::vector<pollfd> polled;
    child->AddTo(&polled);
    poll(polled.data(), polled.size(), 100);
  }
  return Unknown(
      Cat("it did not say within ", absl::FormatDuration(timeout), " which files it uses"));
}

}  // namespace stateserver::workers
