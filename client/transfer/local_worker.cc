// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/local_worker.h"

#include <poll.h>

#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "client/errors.h"
#include "common/process/python_package.h"
#include "common/text.h"

extern char** environ;

namespace stateserver::client {

namespace {

constexpr size_t kMaxLine = size_t{256} << 20;
constexpr absl::Duration kEndPatience = absl::Seconds(2);
constexpr char kInstall[] =
    "Install SQLMesh so that 'sqlmesh' is on the PATH, or name a Python that has it with --python.";

absl::Status Failed(std::string_view sentence, std::string_view hint = "") {
  return ClientError(ClientReason::SQLMESH_FAILED, sentence, hint);
}

// A script installed by pip begins with "#!" and the path of its Python.
std::string DefaultPython() {
  const char* path = std::getenv("PATH");
  std::ifstream in(FindProgram("sqlmesh", path == nullptr ? "" : path));
  std::string line;
  if (!in || !std::getline(in, line) || !line.starts_with("#!/")) return "python3";
  std::string python = line.substr(2, line.find_first_of(" \t\r") - 2);
  std::string name = python.substr(python.rfind('/') + 1);
  return name.starts_with("python") ? python : "python3";
}

constexpr int kLookMs = 100;  // interval of checks for an interrupt

}  // namespace

absl::StatusOr<std::unique_ptr<LocalWorker>> LocalWorker::Start(const std::string& python,
                                                                const std::string& project,
                                                                const Interrupts& interrupts) {
  SpawnOptions options;
  options.command = {python.empty() ? DefaultPython() : python,
                     "-m",
                     "stateserver_workers",
                     "local",
                     "--project",
                     project};
  options.environment = WorkerEnvironment();
  auto child = PipedChild::Start(options, kMaxLine);
  if (!child.ok()) {
    return Failed(Cat("Cannot run SQLMesh: ", MessageOf(child.status())),
                  python.empty() ? kInstall : "Check the path of --python.");
  }
  (*child)->CloseInput();
  return std::unique_ptr<LocalWorker>(new LocalWorker(*std::move(child), interrupts));
}

absl::Status LocalWorker::ReadLine() {
  ASSIGN_OR_RETURN(auto line, WaitForLine(child_.get(), interrupts_));
  if (!line) {
    if (child_->trouble() == PipedChild::Trouble::kEnded) return Ended();
    return Failed(Cat("A snapshot takes more than ", kMaxLine, " bytes."));
  }
  line_ = *std::move(line);
  if (parser_.parse(line_).get(root_) != simdjson::SUCCESS || !root_.is_object()) {
    return Nonsense();
  }
  std::string_view fatal;
  if (root_["fatal"].get(fatal) == simdjson::SUCCESS) {
    return Failed(Cat(fatal, fatal.ends_with('.') ? "" : "."));
  }
  return absl::OkStatus();
}

absl::Status LocalWorker::Ended() {
  std::string end = child_->End(kEndPatience);
  std::string errors = child_->Errors();
  if (LacksWorkers(errors)) return Failed(kNoWorkers, kInstallWorkers);
  return Failed(Cat("SQLMesh's Python ", end, errors.empty() ? "." : Cat(": ", errors)));
}

absl::Status LocalWorker::Nonsense() {
  child_->End(absl::ZeroDuration());
  return Failed("SQLMesh's worker sent an invalid answer.",
                "Is --python the Python that runs SQLMesh? docs/workers.md has the protocol.");
}

absl::StatusOr<FileVersions> LocalWorker::ReadHello() {
  RETURN_IF_ERROR(ReadLine());
  std::string_view hello, role, sqlmesh, sqlglot;
  FileVersions versions;
  int64_t protocol = 0;
  bool valid = root_["hello"].get(hello) == simdjson::SUCCESS && hello == "stateserver-worker" &&
               root_["protocol"].get(protocol) == simdjson::SUCCESS && protocol == 1 &&
               root_["role"].get(role) == simdjson::SUCCESS && role == "local" &&
               root_["schema"].get(versions.schema_version) == simdjson::SUCCESS &&
               root_["sqlmesh"].get(sqlmesh) == simdjson::SUCCESS &&
               root_["sqlglot"].get(sqlglot) == simdjson::SUCCESS;
  if (!valid) return Nonsense();
  versions.sqlmesh_version = sqlmesh;
  versions.sqlglot_version = sqlglot;
  return versions;
}

absl::StatusOr<int64_t> LocalWorker::CountIn(const char* key) {
  int64_t count = 0;
  if (root_[key]["snapshots"].get(count) != simdjson::SUCCESS || count < 0) return Nonsense();
  return count;
}

absl::StatusOr<int64_t> LocalWorker::ReadBegin() {
  RETURN_IF_ERROR(ReadLine());
  ASSIGN_OR_RETURN(expected_, CountIn("begin"));
  return expected_;
}

absl::StatusOr<std::optional<std::string>> LocalWorker::ReadSnapshot() {
  RETURN_IF_ERROR(ReadLine());
  constexpr std::string_view kKey = "{\"snapshot\":";
  if (root_["snapshot"].is_object() && line_.starts_with(kKey)) {
    ++read_;
    return line_.substr(kKey.size(), line_.size() - kKey.size() - 1);
  }
  ASSIGN_OR_RETURN(int64_t count, CountIn("end"));
  if (count != read_ || count != expected_) return Nonsense();
  return std::nullopt;
}

bool LacksWorkers(std::string_view errors) {
  return errors.find("No module named stateserver_workers") != errors.npos;
}

std::vector<std::string> WorkerEnvironment() {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("PYTHONPATH=")) out.emplace_back(*entry);
  }
  out.push_back(PythonPathEntry());
  return out;
}

absl::StatusOr<std::optional<std::string>> WaitForLine(PipedChild* child,
                                                       const Interrupts& interrupts) {
  for (;;) {
    if (interrupts.raised()) return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
    child->Pump();
    if (auto line = child->TakeLine()) return line;
    if (child->trouble() != PipedChild::Trouble::kNone) return std::nullopt;
    std::vector<pollfd> polled;
    child->AddTo(&polled);
    poll(polled.data(), polled.size(), kLookMs);
  }
}

}  // namespace stateserver::client
