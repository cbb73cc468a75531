// SPDX-License-Identifier: Apache-2.0
//
// The user's own SQLMesh as a child process that streams a project's snapshots; docs/workers.md has
// the lines it writes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/statefile/format.h"
#include "common/process/piped_child.h"
#include "simdjson.h"

namespace stateserver::client {

// Errors: SQLMESH_FAILED with what the worker, or its stderr, says; INTERRUPTED.
class LocalWorker {
 public:
  // `python`: a path or a name on PATH; empty: the one that runs `sqlmesh`, else python3.
  static absl::StatusOr<std::unique_ptr<LocalWorker>> Start(const std::string& python,
                                                            const std::string& project,
                                                            const Interrupts& interrupts);

  // Of the installed SQLMesh. First.
  absl::StatusOr<FileVersions> ReadHello();
  // How many snapshots come. Second.
  absl::StatusOr<int64_t> ReadBegin();
  // A snapshot as JSON text without white space; nothing after the last one.
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

// This process's environment, with the package stateserver_workers on PYTHONPATH.
std::vector<std::string> WorkerEnvironment();

// The child's next line; nothing once it has ended or a line is too long, which
// child->trouble() tells apart. INTERRUPTED.
absl::StatusOr<std::optional<std::string>> WaitForLine(PipedChild* child,
                                                       const Interrupts& interrupts);

}  // namespace stateserver::client
