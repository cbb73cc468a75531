// SPDX-License-Identifier: Apache-2.0
//
// Certificates for one test, made by the openssl program.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace stateserver::rpc {

class Certificates {
 public:
  Certificates() {
    std::string name = (std::filesystem::path(testing::TempDir()) / "tlsXXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }

  // NAME.crt and NAME.key: a certificate authority.
  void MakeAuthority(const std::string& name) {
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=" +
        name + " -keyout " + Path(name + ".key") + " -out " + Path(name + ".crt"));
  }

  // NAME.crt and NAME.key, signed by `authority`, for localhost and san.
  void Make(const std::string& name, const std::string& authority, const std::string& san,
            int serial) {
    Write(name + ".ext", "subjectAltName=" + san);
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -keyout " + Path(name + ".key") + " -out " + Path(name + ".csr"));
    Run("openssl x509 -req -days 30 -in " + Path(name + ".csr") + " -CA " +
        Path(authority + ".crt") + " -CAkey " + Path(authority + ".key") + " -set_serial " +
        std::to_string(serial) + " -extfile " + Path(name + ".ext") + " -out " +
        Path(name + ".crt"));
  }

  // Replaces files at once, as a certificate manager does.
  void Rename(const std::string& from, const std::string& to) {
    std::filesystem::rename(Path(from), Path(to));
  }

  void Write(const std::string& file, const std::string& text) {
    std::ofstream(Path(file)) << text;
  }
  std::string Read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(Path(file)).rdbuf();
    return text.str();
  }
  std::string Path(const std::string& file) const { return (folder_ / file).string(); }

 private:
  static void Run(const std::string& command) {
    ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }

  std::filesystem::path folder_;
};

}  // namespace stateserver::rpc
