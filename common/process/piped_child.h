// SPDX-License-Identifier: Apache-2.0
//
// A child process whose output is lines. Nothing here waits: the owner polls. All buffers are
// bounded.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/file_descriptor.h"
#include "common/process/spawn.h"

namespace stateserver {

// For one thread, whose end would kill the child. The process must ignore SIGPIPE.
class PipedChild {
 public:
  // What is kept of the end of the child's stderr.
  static constexpr size_t kKeptErrors = 4 << 10;

  // `max_line`: a longer one is Trouble::kLineTooLong. Errors: INTERNAL, see Spawn.
  static absl::StatusOr<std::unique_ptr<PipedChild>> Start(const SpawnOptions& options,
                                                           size_t max_line);
  // Kills it with all its group, and reaps it.
  ~PipedChild();
  PipedChild(const PipedChild&) = delete;
  PipedChild& operator=(const PipedChild&) = delete;

  // `text` is written as the child reads; the one before must have been.
  void Send(std::string text);
  // The child reads the end of its input.
  void CloseInput() { input_.Close(); }

  void AddTo(std::vector<pollfd>* polled) const;
  // Moves what can be moved now.
  void Pump();

  enum class Trouble { kNone, kEnded, kLineTooLong };
  // kEnded: it closed its output, which all that run do. Lines it wrote before come first.
  Trouble trouble() const;
  // The next line without its line feed.
  std::optional<std::string> TakeLine();
  // More output is there than the lines taken.
  bool HasMore() const { return !output_text_.empty(); }

  // How it ended: "exited with code 1", "was killed by signal 9 (Killed)". Waits up to `patience`
  // for an end of its own, then kills it.
  std::string End(absl::Duration patience);
  // The end of its stderr, without white space around it, in valid UTF-8.
  std::string Errors() const;

  // Of the kernel that left it the network; 0 for none.
  int network_error() const { return spawned_.network_error; }
  pid_t pid() const { return spawned_.pid; }

 private:
  PipedChild(size_t max_line, Spawned spawned, FileDescriptor input, FileDescriptor output,
             FileDescriptor errors);

  void PumpInput();
  void PumpOutput();
  void PumpErrors();
  bool HasExited() const;

  const size_t max_line_;
  const Spawned spawned_;
  FileDescriptor input_;
  FileDescriptor output_;
  FileDescriptor errors_;
  std::string input_text_;
  size_t input_sent_ = 0;
  std::string output_text_;
  size_t scanned_ = 0;  // of output_text_: no line feed before
  std::string errors_text_;
  std::optional<int> wait_status_;
};

}  // namespace stateserver
