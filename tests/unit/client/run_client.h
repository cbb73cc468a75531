// SPDX-License-Identifier: Apache-2.0
//
// The whole client inside the test's process, on string streams.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/run.h"
#include "gtest/gtest.h"
#include "tests/support/handover.h"

namespace stateserver::client {

struct RunResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// A folder of the test's own, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "stateclient-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  // Names of what is in it, hidden files too.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path path_;
};

class Runner {
 public:
  std::map<std::string, std::string> env;
  std::string input;
  // Whether both output streams are terminals with colours.
  bool terminal = false;
  Interrupts interrupts;

  // Ignores SIGPIPE, as main() does.
  Runner() { std::signal(SIGPIPE, SIG_IGN); }

  RunResult operator()(const std::vector<std::string>& arguments) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Terminal streams;
    streams.in = &in;
    streams.out = &out;
    streams.err = &err;
    streams.out_is_terminal = streams.err_is_terminal = terminal;
    streams.colour = streams.out_colour = terminal;
    auto get = [this](const std::string& name) -> std::optional<std::string> {
      auto found = env.find(name);
      if (found == env.end() || found->second.empty()) return std::nullopt;
      return found->second;
    };
    Handover handover;
    RunResult result;
    result.exit_code = Run(arguments, get, streams, interrupts);
    result.out = out.str();
    result.err = err.str();
    return result;
  }
};

}  // namespace stateserver::client
