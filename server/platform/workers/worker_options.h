// SPDX-License-Identifier: Apache-2.0
//
// How one kind of worker is run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace stateserver::workers {

struct WorkerOptions {
  // What its hello must say: "rewrite", "fingerprint". Also its name in sentences.
  std::string role;
  std::vector<std::string> command;
  std::vector<std::string> environment;  // "NAME=value", all it gets
  // For its hello, and for each answer from the moment its request is sent.
  absl::Duration timeout = absl::Seconds(60);
  // Of address space, for each process; 0 for no limit.
  int64_t memory_bytes = int64_t{2} << 30;
  // At work at once.
  int processes = 1;
  // What goes into one request: it is sent when either is reached.
  size_t batch_items = 64;
  size_t batch_bytes = 1 << 20;
  // The largest request and answer.
  size_t max_line = size_t{64} << 20;
  // A sentence for the log.
  std::function<void(const std::string&)> log = [](const std::string&) {};
};

// "The rewrite worker (python3 -m stateserver_workers rewrite)".
std::string NameOf(const WorkerOptions& options);

}  // namespace stateserver::workers
