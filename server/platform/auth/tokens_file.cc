// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/tokens_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <set>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/text.h"
#include "server/platform/auth/text_file.h"
#include "server/platform/config/yaml/auth.h"
#include "server/platform/config/yaml/document.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::auth {
namespace {

constexpr char kHeader[] =
    "# Written by `stateserver token`. Holds no token, only salted hashes.\n";

absl::Status FileError(const std::string& path, std::string_view what) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, ": ", what),
               "`stateserver token create` makes the file; name it in auth.tokens_file.",
               {{"file", path}});
}

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void ReadHex(config::Section* section, const std::string& key, size_t digits, std::string* out) {
  section->ReadRequired(key, out);
  // What is wrong may be a token pasted here by mistake: it is not repeated.
  if (!out->empty() && !IsHex(*out, digits)) {
    section->Complain(key, Cat("expected ", digits, " lower-case hex digits"));
  }
}

void ReadTime(config::Section* section, const std::string& key, absl::Time* out) {
  std::string text;
  section->Read(key, &text);
  if (text.empty()) return;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, out, &error)) {
    section->WrongValue(key, "a time such as 2026-11-26T10:00:00Z");
  }
}

TokenEntry ReadEntry(config::Section section) {
  TokenEntry entry;
  ReadHex(&section, "id", 12, &entry.id);
  section.ReadRequired("principal", &entry.principal);
  config::ReadRoles(&section, "roles", &entry.roles);
  ReadHex(&section, "salt", 32, &entry.salt);
  ReadHex(&section, "hash", 64, &entry.hash);
  ReadTime(&section, "created", &entry.created);
  ReadTime(&section, "expires", &entry.expires);
  section.Finish();
  return entry;
}

std::string Quote(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

absl::Status WriteFailed(const std::string& path) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, " cannot be written: ", std::strerror(errno)),
               "Nothing was changed.", {{"file", path}});
}

absl::Status WriteWhole(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return WriteFailed(path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : WriteFailed(path);
}

}  // namespace

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<std::vector<TokenEntry>> ParseTokens(const std::string& text,
                                                    const std::string& path) {
  config::Problems problems(path);
  try {
    auto document = config::ParseDocument(text, &problems);
    if (!document) return problems.ToStatus();
    std::vector<std::string> unused;
    // Nothing in this file is expanded.
    config::Reading reading{[](const std::string&) { return std::nullopt; }, &problems, &unused};
    config::Section top(reading, *document, "", 1);
    top.Require("tokens");
    top.NullIsAbsent("tokens");
    std::vector<TokenEntry> entries;
    std::set<std::string> ids;
    for (config::Section& section : top.ReadSections("tokens")) {
      int line = section.line();
      std::string at = section.path();
      entries.push_back(ReadEntry(std::move(section)));
      if (!ids.insert(entries.back().id).second) problems.Add(line, at + ".id", "given twice");
    }
    top.Finish();
    RETURN_IF_ERROR(problems.ToStatus());
    return entries;
  } catch (const std::exception& error) {
    return FileError(path, Cat("cannot be read: ", std::string_view(error.what())));
  }
}

absl::StatusOr<std::vector<TokenEntry>> ReadTokensFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  return ParseTokens(text, path);
}

std::string FormatTokens(const std::vector<TokenEntry>& entries) {
  std::string out = kHeader;
  out += entries.empty() ? "tokens: []\n" : "tokens:\n";
  for (const TokenEntry& entry : entries) {
    AppendTo(&out, "  - id: '", entry.id, "'\n    principal: ", Quote(entry.principal),
             "\n    roles: {");
    std::string separator;
    for (const auto& [gateway, role] : entry.roles) {
      AppendTo(&out, separator, Quote(gateway), ": ", config::RoleName(role));
      separator = ", ";
    }
    AppendTo(&out, "}\n    salt: '", entry.salt, "'\n    hash: '", entry.hash, "'\n    created: '",
             TimeText(entry.created), "'\n");
    if (entry.expires != absl::InfiniteFuture()) {
      AppendTo(&out, "    expires: '", TimeText(entry.expires), "'\n");
    }
  }
  return out;
}

absl::Status WriteTokensFile(const std::string& path, const std::vector<TokenEntry>& entries) {
  std::string beside = path + ".new";
  FileDescriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return WriteFailed(beside);
  struct stat before {};
  bool alike =
      stat(path.c_str(), &before) != 0 || (fchown(file.get(), before.st_uid, before.st_gid) == 0 &&
                                           fchmod(file.get(), before.st_mode & 07777) == 0);
  absl::Status status =
      !alike ? WriteFailed(beside) : WriteWhole(file.get(), FormatTokens(entries), beside);
  if (status.ok() && rename(beside.c_str(), path.c_str()) != 0) status = WriteFailed(path);
  if (!status.ok()) unlink(beside.c_str());
  return status;
}

}  // namespace stateserver::auth
