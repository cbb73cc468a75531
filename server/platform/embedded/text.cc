// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/text.h"

#include <deque>
#include <fstream>
#include <sstream>

namespace stateserver::postgres::embedded {
namespace {

constexpr std::streamoff kTail = 16 << 10;

}  // namespace

std::string LastLines(std::string_view text, int lines) {
  std::istringstream stream{std::string(text)};
  std::deque<std::string> kept;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    kept.push_back(line);
    if (kept.size() > static_cast<size_t>(lines)) kept.pop_front();
  }
  std::string out;
  for (const std::string& line : kept) out += (out.empty() ? "" : " | ") + line;
  return out;
}

std::string TailOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  std::streamoff size = file.tellg();
  file.seekg(size > kTail ? size - kTail : 0);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace stateserver::postgres::embedded
