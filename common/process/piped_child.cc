// SPDX-License-Identifier: Apache-2.0

#include "common/process/piped_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "common/text.h"
#include "common/time.h"
#include "common/utf8.h"

namespace stateserver {
namespace {

// Maximum bytes from one stream per Pump, so that a flooding child cannot monopolize its owner.
constexpr size_t kMovedAtOnce = 1 << 20;

void DoNotBlock(const FileDescriptor& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// Returns the bytes read, 0 at the end, or -1 if nothing is available now.
ssize_t ReadSome(const FileDescriptor& fd, char* buffer, size_t size) {
  ssize_t count;
  do {
    count = read(fd.get(), buffer, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return 0;
  return count;
}

std::string EndInWords(int status) {
  if (WIFEXITED(status)) return Cat("exited with code ", WEXITSTATUS(status));
  int number = WTERMSIG(status);
  return Cat("was killed by signal ", number, " (", strsignal(number), ")");
}

}  // namespace

PipedChild::PipedChild(size_t max_line, Spawned spawned, FileDescriptor input,
                       FileDescriptor output, FileDescriptor errors)
    : max_line_(max_line),
      spawned_(spawned),
      input_(std::move(input)),
      output_(std::move(output)),
      errors_(std::move(errors)) {
  DoNotBlock(input_);
  DoNotBlock(output_);
  DoNotBlock(errors_);
}

absl::StatusOr<std::unique_ptr<PipedChild>> PipedChild::Start(const SpawnOptions& options,
                                                              size_t max_line) {
  ASSIGN_OR_RETURN(Pipe input, MakePipe());
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  ASSIGN_OR_RETURN(Spawned spawned,
                   Spawn(options, input.read.get(), output.write.get(), errors.write.get()));
  return std::unique_ptr<PipedChild>(new PipedChild(
      max_line, spawned, std::move(input.write), std::move(output.read), std::move(errors.read)));
}

PipedChild::~PipedChild() { End(absl::ZeroDuration()); }

void PipedChild::Send(std::string text) {
  input_text_ = std::move(text);
  input_sent_ = 0;
  PumpInput();
}

void PipedChild::AddTo(std::vector<pollfd>* polled) const {
  if (output_.open()) polled->push_back({output_.get(), POLLIN, 0});
  if (errors_.open()) polled->push_back({errors_.get(), POLLIN, 0});
  if (input_.open() && input_sent_ < input_text_.size()) {
    polled->push_back({input_.get(), POLLOUT, 0});
  }
}

void PipedChild::Pump() {
  PumpErrors();
  PumpOutput();
  PumpInput();
}

// A child that no longer reads is detected by the end of its output.
void PipedChild::PumpInput() {
  while (input_.open() && input_sent_ < input_text_.size()) {
    ssize_t count =
        write(input_.get(), input_text_.data() + input_sent_, input_text_.size() - input_sent_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) input_.Close();
    if (count <= 0) return;
    input_sent_ += static_cast<size_t>(count);
  }
  std::string().swap(input_text_);
  input_sent_ = 0;
}

void PipedChild::PumpOutput() {
  std::array<char, 64 << 10> buffer;
  for (size_t moved = 0; output_.open() && moved < kMovedAtOnce;) {
    if (output_text_.size() > max_line_) return;
    ssize_t count = ReadSome(output_, buffer.data(), buffer.size());
    if (count < 0) return;
    if (count == 0) return output_.Close();
    output_text_.append(buffer.data(), static_cast<size_t>(count));
    moved += static_cast<size_t>(count);
  }
}

void PipedChild::PumpErrors() {
  std::array<char, 16 << 10> buffer;
  for (size_t moved = 0; errors_.open() && moved < kMovedAtOnce;) {
    ssize_t count = ReadSome(errors_, buffer.data(), buffer.size());
    if (count < 0) return;
    if (count == 0) return errors_.Close();
    errors_text_.append(buffer.data(), static_cast<size_t>(count));
    moved += static_cast<size_t>(count);
    if (errors_text_.size() > 2 * kKeptErrors) {
      errors_text_.erase(0, errors_text_.size() - kKeptErrors);
    }
  }
}

std::optional<std::string> PipedChild::TakeLine() {
  size_t end = output_text_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = output_text_.size();
    return std::nullopt;
  }
  std::string line = output_text_.substr(0, end);
  output_text_.erase(0, end + 1);
  scanned_ = 0;
  return line;
}

PipedChild::Trouble PipedChild::trouble() const {
  bool no_line = output_text_.find('\n', scanned_) == std::string::npos;
  if (no_line && output_text_.size() > max_line_) return Trouble::kLineTooLong;
  return no_line && !output_.open() ? Trouble::kEnded : Trouble::kNone;
}

// Checks without reaping, so that the process id and the process group's id stay reserved.
bool PipedChild::HasExited() const {
  siginfo_t info{};
  int flags = WEXITED | WNOWAIT | WNOHANG;
  int result;
  do {
    result = waitid(P_PID, static_cast<id_t>(spawned_.pid), &info, flags);
  } while (result != 0 && errno == EINTR);
  return result != 0 || info.si_pid != 0;
}

std::string PipedChild::End(absl::Duration patience) {
  if (wait_status_.has_value()) return EndInWords(*wait_status_);
  absl::Time until = SteadyNow() + patience;
  while (SteadyNow() < until && !HasExited()) {
    Pump();
    absl::SleepFor(absl::Milliseconds(2));
  }
  if (kill(-spawned_.pid, SIGKILL) != 0) kill(spawned_.pid, SIGKILL);
  int status = 0;
  while (waitpid(spawned_.pid, &status, 0) < 0 && errno == EINTR) {
  }
  wait_status_ = status;
  PumpErrors();
  return EndInWords(status);
}

std::string PipedChild::Errors() const {
  std::string_view text = errors_text_;
  if (text.size() > kKeptErrors) text.remove_prefix(text.size() - kKeptErrors);
  return ToValidUtf8(Trim(text));
}

}  // namespace stateserver
