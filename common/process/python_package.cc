// SPDX-License-Identifier: Apache-2.0

#include "common/process/python_package.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace stateserver {

std::string PythonPackageFolder() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "";
  std::filesystem::path folder = program.parent_path().parent_path() / "share/stateserver/workers";
  return std::filesystem::is_directory(folder / "stateserver_workers", error) ? folder.string()
                                                                              : "";
}

std::string PythonPathEntry() {
  std::string path = "PYTHONPATH=" + PythonPackageFolder();
  const char* more = std::getenv("PYTHONPATH");
  if (more != nullptr && *more != '\0') path += std::string(path.ends_with('=') ? "" : ":") + more;
  return path;
}

}  // namespace stateserver
