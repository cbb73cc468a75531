// SPDX-License-Identifier: Apache-2.0

#include "part_sink.h"

#include <fstream>
#include <iomanip>
#include <sstream>
#include <utility>

namespace example {
namespace {

constexpr size_t kPartBytes = 8 << 20;

}  // namespace

PartSink::PartSink(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with("part-")) {
      std::filesystem::remove(entry.path());
    }
  }
}

void PartSink::Write(std::string_view data) {
  buffer_ += data;
  while (buffer_.size() >= kPartBytes) {
    Part(std::string_view(buffer_).substr(0, kPartBytes));
    buffer_.erase(0, kPartBytes);
  }
}

void PartSink::Complete() {
  if (!buffer_.empty()) Part(buffer_);
  buffer_.clear();
}

void PartSink::Part(std::string_view data) {
  std::ostringstream name;
  name << "part-" << std::setw(5) << std::setfill('0') << parts_;
  std::ofstream file;
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.open(folder_ / name.str(), std::ios::binary);
  file << data;
  file.close();
  ++parts_;
}

}  // namespace example
