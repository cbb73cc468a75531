// SPDX-License-Identifier: Apache-2.0
//
// A child process that writes lines. Nothing here blocks: the owner polls. All buffers are bounded.
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

// PipedChild is for use by one thread; the child is killed when that thread ends. The process must
// ignore SIGPIPE.
class PipedChild {
 public:
  // Bytes of the child's stderr that are kept, from its end.
  static constexpr size_t kKeptErrors = 4 << 10;

  // Starts the child. A line longer than `max_line` is Trouble::kLineTooLong. Returns INTERNAL; see
  // Spawn.
  static absl::StatusOr<std::unique_ptr<PipedChild>> Start(const SpawnOptions& options,
                                                           size_t max_line);
  // Kills the child with its process group, and reaps it.
  ~PipedChild();
  PipedChild(const PipedChild&) = delete;
  PipedChild& operator=(const PipedChild&) = delete;

  // Queues `text`, which is written as the child reads. The previous text must have been written
  // completely.
  void Send(std::string text);
  // Closes the child's input.
  void CloseInput() { input_.Close(); }

  void AddTo(std::vector<pollfd>* polled) const;
  // Transfers as much data as possible without blocking.
  void Pump();

  enum class Trouble { kNone, kEnded, kLineTooLong };
  // Returns the state of the child. kEnded means that it closed its output, usually by exiting, and
  // that TakeLine has returned all complete lines.
  Trouble trouble() const;
  // Returns the next line without its line feed.
  std::optional<std::string> TakeLine();
  // Returns true if there is more output than the lines taken.
  bool HasMore() const { return !output_text_.empty(); }

  // Returns the output that was not taken as lines. Reading stops when it is longer than
  // `max_line`.
  std::string_view untaken() const { return output_text_; }
  // Returns true after the child closed its output and all of it was read.
  bool output_closed() const { return !output_.open(); }

  // Describes how the child ended: "exited with code 1", "was killed by signal 9 (Killed)". Waits
  // up to `patience` for it to exit, then kills it.
  std::string End(absl::Duration patience);
  // Returns the end of its stderr, trimmed, as valid UTF-8.
  std::string Errors() const;

  // Returns the errno with which the kernel refused to isolate the child from the network; 0 if
  // none.
  int network_error() const { return spawned_.network_error; }
  // Returns how the child is confined, and why not more strongly.
  Confinement confinement() const { return spawned_.confinement; }
  const std::string& refused_confinement() const { return spawned_.refused; }
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
  size_t scanned_ = 0;  // output_text_ contains no line feed before this offset
  std::string errors_text_;
  std::optional<int> wait_status_;
};

}  // namespace stateserver
