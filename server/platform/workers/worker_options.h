// SPDX-License-Identifier: Apache-2.0
//
// Settings of one kind of worker.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/confinement.h"
#include "server/platform/workers/launcher.h"

namespace stateserver::workers {

struct WorkerOptions {
  // Role that the hello must state: "rewrite" or "fingerprint". Also the worker's name in messages.
  std::string role;
  std::vector<std::string> command;
  std::vector<std::string> environment;  // "NAME=value"; the complete environment
  // Maximum time for the hello, and for each answer after its request is sent.
  absl::Duration timeout = absl::Seconds(60);
  // Address space of each process, in bytes; 0 means no limit.
  int64_t memory_bytes = int64_t{2} << 30;
  // Maximum concurrent processes.
  int processes = 1;
  // Maximum size of a request: it is sent when either limit is reached.
  size_t batch_items = 64;
  size_t batch_bytes = 1 << 20;
  // Maximum size of a request or an answer, in bytes.
  size_t max_line = size_t{64} << 20;
  // Returns how to start the processes. Called before each start; null: without confinement.
  std::function<absl::StatusOr<Launch>()> launch;
  // Called after each start with the confinement of the process, before it gets any text. An error
  // ends the process and is returned to the caller unchanged.
  std::function<absl::Status(Confinement)> admit = [](Confinement) { return absl::OkStatus(); };
  // Receives a sentence for the log.
  std::function<void(const std::string&)> log = [](const std::string&) {};
};

// Returns a name such as "The rewrite worker (python3 -m stateserver_workers rewrite)".
std::string NameOf(const WorkerOptions& options);

}  // namespace stateserver::workers
