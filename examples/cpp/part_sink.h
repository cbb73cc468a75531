// SPDX-License-Identifier: Apache-2.0
//
// A sink that takes parts, as object storage does: in place of CreateMultipartUpload, UploadPart
// and CompleteMultipartUpload.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace example {

class PartSink {
 public:
  // Parts that an earlier upload left in the folder are removed. The functions below and this
  // throw std::exception where the folder cannot be written.
  explicit PartSink(std::filesystem::path folder);

  void Write(std::string_view data);
  void Complete();

  int parts() const { return parts_; }

 private:
  void Part(std::string_view data);

  std::filesystem::path folder_;
  std::string buffer_;
  int parts_ = 0;
};

}  // namespace example
