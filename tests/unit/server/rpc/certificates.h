// SPDX-License-Identifier: Apache-2.0
//
// Certificates for one test, made by the openssl program.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace stateserver::rpc {

class Certificates {
 public:
  Certificates() {
    std::string name = (std::filesystem::path(testing::TempDir()) / "tlsXXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }

  // FILE.crt and FILE.key: a certificate authority, named FILE unless it has another name.
  void MakeAuthority(const std::string& file, const std::string& name = "") {
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=" +
        (name.empty() ? file : name) + " -keyout " + Path(file + ".key") + " -out " +
        Path(file + ".crt"));
  }

  // An authority whose certificate `authority` has signed.
  void MakeIntermediate(const std::string& name, const std::string& authority, int serial) {
    Sign(name, authority, "basicConstraints=critical,CA:true\nkeyUsage=keyCertSign,cRLSign\n",
         serial);
  }

  // NAME.crt and NAME.key, signed by `authority`, for localhost and san.
  void Make(const std::string& name, const std::string& authority, const std::string& san,
            int serial) {
    Sign(name, authority, "subjectAltName=" + san + "\n", serial);
  }

  // FILE: the revocation list of `authority`, of the certificates with these serial numbers.
  void MakeRevocationList(const std::string& file, const std::string& authority,
                          const std::vector<int>& serials, bool expired = false) {
    std::string index;
    for (int serial : serials) {
      index += "R\t491231235959Z\t200101000000Z\t" + Hex(serial) + "\tunknown\t/CN=revoked\n";
    }
    Write(file + ".index", index);
    Write(file + ".cnf",
          "[ca]\ndefault_ca=d\n[d]\ndatabase=" + Path(file + ".index") + "\ndefault_md=sha256\n");
    std::string times = expired ? " -crl_lastupdate 20200101000000Z -crl_nextupdate 20200102000000Z"
                                : " -crldays 30";
    Run("openssl ca -gencrl -config " + Path(file + ".cnf") + " -cert " + Path(authority + ".crt") +
        " -keyfile " + Path(authority + ".key") + times + " -out " + Path(file));
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
  void Sign(const std::string& name, const std::string& authority, const std::string& extensions,
            int serial) {
    Write(name + ".ext", extensions);
    Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -keyout " + Path(name + ".key") + " -out " + Path(name + ".csr"));
    Run("openssl x509 -req -days 30 -in " + Path(name + ".csr") + " -CA " +
        Path(authority + ".crt") + " -CAkey " + Path(authority + ".key") + " -set_serial " +
        std::to_string(serial) + " -extfile " + Path(name + ".ext") + " -out " +
        Path(name + ".crt"));
  }

  static std::string Hex(int number) {
    std::ostringstream text;
    text << std::hex << std::uppercase << number;
    return (text.str().size() % 2 == 0 ? "" : "0") + text.str();
  }

  static void Run(const std::string& command) {
    ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }

  std::filesystem::path folder_;
};

}  // namespace stateserver::rpc
