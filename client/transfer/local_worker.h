// SPDX-License-Identifier: Apache-2.0
//
// The user's own SQLMesh as a child process that streams a project's snapshots; docs/workers.md
// describes the protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/statefile/format.h"
#include "common/process/piped_child.h"
#include "simdjson.h"

namespace stateserver::client {

// LocalWorker reads from the child process. Returns SQLMESH_FAILED with the message of the worker
// or its stderr, or INTERRUPTED.
class LocalWorker {
 public:
  // Starts the worker. `python` is a path or a name on PATH; if empty, the Python that runs
  // `sqlmesh`, otherwise python3.
  static absl::StatusOr<std::unique_ptr<LocalWorker>> Start(const std::string& python,
                                                            const std::string& project,
                                                            const Interrupts& interrupts);

  // Returns the versions of the installed SQLMesh. Call it first.
  absl::StatusOr<FileVersions> ReadHello();
  // Returns the number of snapshots that follow. Call it second.
  absl::StatusOr<int64_t> ReadBegin();
  // Returns a snapshot as JSON text without white space, or nullopt after the last one.
  absl::StatusOr<std::optional<std::string>> ReadSnapshot();

 private:
  LocalWorker(std::unique_ptr<PipedChild> child, const Interrupts& interrupts)
      : child_(std::move(child)), interrupts_(interrupts) {}

  absl::Status ReadLine();
  absl::StatusOr<int64_t> CountIn(const char* key);
  absl::Status Ended();
  absl::Status Nonsense();

  std::unique_ptr<PipedChild> child_;
  const Interrupts& interrupts_;
  std::string line_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  int64_t expected_ = 0;
  int64_t read_ = 0;
};

// Returns true if a Python's errors say that it does not find the package stateserver_workers.
bool LacksWorkers(std::string_view errors);
inline constexpr char kNoWorkers[] = "The Python package 'stateserver_workers' was not found.";
inline constexpr char kInstallWorkers[] =
    "Install the package stateserver-workers, or stateclient with its folder "
    "share/stateserver/workers.";

// Returns this process's environment, with the package stateserver_workers on PYTHONPATH.
std::vector<std::string> WorkerEnvironment();

// Returns the child's next line, or nullopt once it has ended or a line is too long;
// child->trouble() distinguishes the two. Returns INTERRUPTED.
absl::StatusOr<std::optional<std::string>> WaitForLine(PipedChild* child,
                                                       const Interrupts& interrupts);

}  // namespace stateserver::client
