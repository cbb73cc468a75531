// A program run as a child, its output in a file.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::client {

class Child {
 public:
  // `command[0]` is looked for on the PATH. Standard output and error go to
  // `log`; standard input is empty.
  Child(std::vector<std::string> command, std::filesystem::path log)
      : command_(std::move(command)), log_(std::move(log)) {}

  // Waits for the end. The exit code, 128 + signal where a signal ended it; an
  // error where it did not start.
  absl::StatusOr<int> Run();

  // Asks the program to stop; from any thread.
  void Interrupt();

 private:
  absl::Status Start();

  std::vector<std::string> command_;
  std::filesystem::path log_;
  std::mutex mutex_;
  pid_t pid_ = 0;
  bool interrupted_ = false;
};

}  // namespace stateserver::client
