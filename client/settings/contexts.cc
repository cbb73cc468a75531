// SPDX-License-Identifier: Apache-2.0

#include "client/settings/contexts.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <system_error>

#include "client/errors.h"
#include "client/folder_file.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "common/utf8.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

absl::Status Bad(const fs::path& file, const YAML::Mark& mark, std::string_view what) {
  std::string where = mark.is_null() ? "" : Cat(":", mark.line + 1);
  return ClientError(ClientReason::SETTINGS_INVALID, Cat(file.string(), where, ": ", what),
                     "Correct the file, or remove it and use 'stateclient context set'.");
}

const SettingKey* FindKey(const std::string& name) {
  for (const SettingKey& key : SettingKeys()) {
    if (key.key == name) return &key;
  }
  return nullptr;
}

// Budget bounds what the aliases of a file stand for together.
struct Budget {
  size_t values = 100'000;
  size_t bytes = kMaxConfigBytes;

  // Returns false if less is left.
  bool Spend(size_t value_bytes) {
    if (values == 0 || bytes < value_bytes) return false;
    --values;
    bytes -= value_bytes;
    return true;
  }
};

absl::StatusOr<SettingValues> ReadValues(const fs::path& file, const std::string& name,
                                         const YAML::Node& node, Budget* budget) {
  SettingValues values;
  if (node.IsNull()) return values;
  if (!node.IsMap()) return Bad(file, node.Mark(), Cat("context '", name, "' is not a mapping"));
  for (const auto& entry : node) {
    std::string key = entry.first.as<std::string>();
    const SettingKey* known = FindKey(key);
    if (known == nullptr) {
      return Bad(file, entry.first.Mark(), Cat("unknown key '", key, "' in context '", name, "'"));
    }
    if (!entry.second.IsScalar()) {
      return Bad(file, entry.second.Mark(), Cat("the value of '", key, "' is not text"));
    }
    std::string value = entry.second.as<std::string>();
    if (!budget->Spend(key.size() + value.size())) {
      return Bad(file, entry.first.Mark(), "aliases make the contexts larger than 1 MiB");
    }
    if (known->is_path) value = (file.parent_path() / value).lexically_normal().string();
    values[key] = value;
  }
  return values;
}

absl::StatusOr<Contexts> Read(const fs::path& file, const YAML::Node& root) {
  Contexts contexts;
  Budget budget;
  if (root.IsNull()) return contexts;
  if (!root.IsMap()) return Bad(file, root.Mark(), "expected 'current' and 'contexts'");
  for (const auto& entry : root) {
    std::string key = entry.first.as<std::string>();
    if (key == "current") {
      contexts.current = entry.second.IsNull() ? "" : entry.second.as<std::string>();
    } else if (key == "contexts") {
      if (entry.second.IsNull()) continue;
      if (!entry.second.IsMap())
        return Bad(file, entry.second.Mark(), "'contexts' is not a mapping");
      for (const auto& context : entry.second) {
        std::string name = context.first.as<std::string>();
        // yaml-cpp writes some other names so that it does not read them again.
        absl::Status good = CheckContextName(name);
        if (!good.ok()) return Bad(file, context.first.Mark(), MessageOf(good));
        ASSIGN_OR_RETURN(contexts.named[name], ReadValues(file, name, context.second, &budget));
      }
    } else {
      return Bad(file, entry.first.Mark(), Cat("unknown key '", key, "'"));
    }
  }
  if (!contexts.current.empty() && !contexts.named.contains(contexts.current)) {
    return Bad(file, YAML::Mark::null_mark(),
               Cat("the current context '", contexts.current, "' is not among the contexts"));
  }
  return contexts;
}

absl::Status CannotWrite(const fs::path& file, const std::string& why) {
  return ClientError(ClientReason::OUTPUT_FAILED, Cat("Cannot write ", file.string(), ": ", why));
}

}  // namespace

SettingValues Contexts::CurrentValues() const {
  auto found = named.find(current);
  return found == named.end() ? SettingValues{} : found->second;
}

fs::path ContextsFile(const GetEnv& env) {
  if (auto config = env("XDG_CONFIG_HOME")) return fs::path(*config) / "stateclient/config.yaml";
  if (auto home = env("HOME")) return fs::path(*home) / ".config/stateclient/config.yaml";
  return {};
}

absl::StatusOr<Contexts> ParseContexts(const std::string& text, const fs::path& file) {
  // yaml-cpp reads other bytes as they are, and writes U+FFFD for them.
  if (ToValidUtf8(text) != text) {
    return Bad(file, YAML::Mark::null_mark(), "is not valid UTF-8");
  }
  try {
    return Read(file, YAML::Load(text));
  } catch (const YAML::Exception& e) {
    return Bad(file, e.mark, e.msg);
  }
}

absl::StatusOr<Contexts> LoadContexts(const fs::path& file) {
  std::error_code ignored;
  if (file.empty() || !fs::exists(file, ignored)) return Contexts{};
  auto text = ReadRegularFile(file.string(), kMaxConfigBytes);
  if (!text.ok()) {
    return Bad(file, YAML::Mark::null_mark(), Cat("cannot be read: ", MessageOf(text.status())));
  }
  return ParseContexts(*text, file);
}

std::string FormatContexts(const Contexts& contexts) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  if (!contexts.current.empty()) {
    out << YAML::Key << "current" << YAML::Value << contexts.current;
  }
  out << YAML::Key << "contexts" << YAML::Value << YAML::BeginMap;
  for (const auto& [name, values] : contexts.named) {
    out << YAML::Key << name << YAML::Value << YAML::BeginMap;
    for (const auto& [key, value] : values) out << YAML::Key << key << YAML::Value << value;
    out << YAML::EndMap;
  }
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

absl::Status SaveContexts(const fs::path& file, const Contexts& contexts) {
  if (file.empty()) {
    return ClientError(ClientReason::SETTINGS_INVALID,
                       "There is no folder for contexts: neither XDG_CONFIG_HOME nor HOME is set.");
  }
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return CannotWrite(file, error.message());
  return WriteFolderFile(file.parent_path().string(), file.filename().string(),
                         FormatContexts(contexts), IfExists::kReplace);
}

absl::Status CheckContextName(const std::string& name) {
  bool good = !name.empty() && name.size() <= 64 &&
              std::all_of(name.begin(), name.end(), [](unsigned char c) {
                return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
              });
  if (good) return absl::OkStatus();
  return ClientError(ClientReason::USAGE,
                     Cat("Invalid context name '", name,
                         "': letters, digits, '.', '_' and '-', at most 64 of them."));
}

}  // namespace stateserver::client
