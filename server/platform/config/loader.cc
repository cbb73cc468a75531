// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/loader.h"

#include <algorithm>
#include <exception>
#include <filesystem>

#include "common/error.h"
#include "common/regular_file.h"
#include "common/text.h"
#include "server/platform/config/address.h"
#include "server/platform/config/file_checks.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/sqlmesh_keys.h"
#include "server/platform/config/yaml/auth_section.h"
#include "server/platform/config/yaml/connections.h"
#include "server/platform/config/yaml/document.h"
#include "server/platform/config/yaml/postgres_connection.h"

namespace stateserver::config {
namespace {

constexpr int kMaxCount = 1'000'000;
constexpr int kMaxThreads = 10'000;
constexpr char kCommandExample[] = "[python3, -m, stateserver_workers]";

absl::Status FileError(const std::string& path, const std::string& what) {
  return Error(Reason::ARGUMENT_INVALID, path + ": " + what,
               "Name a readable configuration file with --config", {{"file", path}});
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  auto text = ReadRegularFile(path, kMaxConfigBytes);
  if (text.ok()) return text;
  return FileError(path, Cat("cannot be read: ", MessageOf(text.status())));
}

void ReadListen(Section* top, const std::string& key, bool may_be_empty, std::string* out) {
  std::string address = *out;
  top->Read(key, &address);
  if ((may_be_empty && address.empty()) || IsListenAddress(address)) {
    *out = address;
  } else {
    top->WrongValue(key, "HOST:PORT, [IPv6]:PORT or unix:/path");
  }
}

void ReadUnixListen(Section* top, const std::string& key, std::string* out) {
  top->Read(key, out);
  if (out->empty() || (IsListenAddress(*out) && out->starts_with("unix:"))) return;
  top->WrongValue(key, "unix:/path");
}

void ReadTls(Section* top, Tls* out) {
  auto section = top->ReadSection("tls");
  if (!section) return;
  section->Require("cert");
  section->Require("key");
  section->Read("cert", &out->cert);
  section->Read("key", &out->key);
  section->Read("client_ca", &out->client_ca);
  section->Read("client_crl", &out->client_crl);
  std::string client_auth = "require";
  section->ReadOneOf("client_auth", {"require", "optional"}, &client_auth);
  out->client_auth_optional = client_auth == "optional";
  for (const char* key : {"client_auth", "client_crl"}) {
    if (section->Has(key) && out->client_ca.empty()) section->Complain(key, "needs tls.client_ca");
  }
  section->Finish();
}

void ReadMetricsAuth(Section* top, MetricsAuth* out) {
  auto section = top->ReadSection("metrics_auth");
  if (!section) return;
  section->ReadRequired("user", &out->user);
  section->Require("password");
  section->Read("password", &out->password);
  if (section->Has("password") && out->password.value.empty()) {
    section->Complain("password", "must not be empty");
  }
  section->Finish();
}

void ReadLimits(Section* top, Limits* out) {
  auto section = top->ReadSection("limits");
  if (!section) return;
  struct Count {
    const char* key;
    int* value;
  };
  for (const Count& count :
       {Count{"max_concurrent_imports", &out->max_concurrent_imports},
        Count{"max_imports_per_gateway", &out->max_imports_per_gateway},
        Count{"max_imports_per_principal", &out->max_imports_per_principal},
        Count{"max_concurrent_exports", &out->max_concurrent_exports},
        Count{"max_exports_per_gateway", &out->max_exports_per_gateway},
        Count{"max_exports_per_principal", &out->max_exports_per_principal},
        Count{"max_calls_per_address", &out->max_calls_per_address},
        Count{"max_calls_per_principal", &out->max_calls_per_principal},
        Count{"max_connections", &out->max_connections},
        Count{"max_connections_per_address", &out->max_connections_per_address},
        Count{"max_concurrent_schema_calls", &out->max_concurrent_schema_calls},
        Count{"max_schema_calls_per_principal", &out->max_schema_calls_per_principal},
        Count{"max_streams_per_connection", &out->max_streams_per_connection}}) {
    section->ReadInt(count.key, 1, kMaxCount, count.value);
  }
  section->ReadInt("max_concurrent_calls", 8, kMaxThreads, &out->max_concurrent_calls);
  section->ReadInt("max_database_connections", 2, kMaxThreads, &out->max_database_connections);
  section->ReadSize("max_message_bytes", 1 << 20, 1 << 30, &out->max_message_bytes);
  section->ReadSize("memory_quota", 32 << 20, int64_t{1} << 40, &out->memory_quota);
  section->ReadDuration("max_call_time", absl::Seconds(1), &out->max_call_time);
  section->ReadDuration("read_timeout", absl::Seconds(1), &out->read_timeout);
  section->ReadDuration("stream_idle_timeout", absl::Seconds(1), &out->stream_idle_timeout);
  section->ReadDuration("handshake_timeout", absl::Seconds(1), &out->handshake_timeout);
  section->ReadDuration("max_connection_age", absl::Seconds(1), &out->max_connection_age);
  section->ReadDuration("min_ping_interval", absl::Seconds(1), &out->min_ping_interval);
  section->ReadDuration("max_database_connection_age", absl::Seconds(1),
                        &out->max_database_connection_age);
  section->ReadDuration("lost_connection_timeout", absl::Seconds(4), &out->lost_connection_timeout);
  section->ReadDuration("idle_transaction_timeout", absl::Seconds(1),
                        &out->idle_transaction_timeout);
  section->ReadDuration("shutdown_grace", absl::ZeroDuration(), &out->shutdown_grace);
  section->ReadDuration("lock_timeout", absl::Milliseconds(1), &out->lock_timeout);
  section->ReadDuration("schema_lock_lease", absl::Seconds(1), &out->schema_lock_lease);
  section->ReadDuration("worker_timeout", absl::Seconds(1), &out->worker_timeout);
  section->ReadSize("worker_memory", 64 << 20, int64_t{1} << 40, &out->worker_memory);
  section->Finish();
}

void ReadRestorePoints(Section* top, RestorePoints* out) {
  auto section = top->ReadSection("restore_points");
  if (!section) return;
  section->ReadInt("keep", 1, kMaxCount, &out->keep);
  section->ReadDuration("max_age", absl::Seconds(1), &out->max_age);
  section->Finish();
}

void ReadLog(Section* top, Log* out) {
  auto section = top->ReadSection("log");
  if (!section) return;
  section->ReadOneOf("level", LogLevels(), &out->level);
  std::string format = "text";
  section->ReadOneOf("format", {"text", "json"}, &format);
  out->format = format == "json" ? LogFormat::kJson : LogFormat::kText;
  section->ReadDuration("slow_call", absl::ZeroDuration(), &out->slow_call);
  section->Finish();
}

bool MayBeDefault(const Gateway& gateway) { return gateway.unsupported_state_type.empty(); }

void ComplainOfDefault(Section* top, const Gateway& named, const Config& config) {
  std::string others;
  for (const Gateway& gateway : config.gateways) {
    if (MayBeDefault(gateway)) others += (others.empty() ? "" : ", ") + gateway.name;
  }
  top->Complain(
      "default_gateway",
      Cat("gateway '", named.name, "' has its state in a connection of type ",
          named.unsupported_state_type, ", which is not served; ",
          others.empty() ? "no other gateway has one that is. " + named.unsupported_state_hint
                         : Cat("name one whose state is served: ", others)));
}

// Selects the named gateway, otherwise the first whose state is served.
void SettleDefaultGateway(Section* top, Config* config) {
  top->Read("default_gateway", &config->default_gateway);
  if (config->gateways.empty()) return;
  if (config->default_gateway.empty()) {
    auto first = std::find_if(config->gateways.begin(), config->gateways.end(), MayBeDefault);
    if (first != config->gateways.end()) config->default_gateway = first->name;
    return;
  }
  if (const Gateway* gateway = config->FindGateway(config->default_gateway)) {
    config->default_gateway = gateway->name;
    if (!MayBeDefault(*gateway)) ComplainOfDefault(top, *gateway, *config);
    return;
  }
  top->Complain("default_gateway", NoSuchGateway(config->default_gateway, config->gateways));
}

void CheckSomethingIsServed(Section* top, const Config& config) {
  bool served = std::any_of(config.gateways.begin(), config.gateways.end(), [](const Gateway& g) {
    return g.state || (g.warehouse && g.warehouse->is_starrocks());
  });
  if (served) return;
  std::set<std::string> types;
  std::string hint;
  for (const Gateway& gateway : config.gateways) {
    if (gateway.unsupported_state_type == kGcpPostgres) hint = gateway.unsupported_state_hint;
    if (!gateway.unsupported_state_type.empty()) types.insert(gateway.unsupported_state_type);
    if (gateway.warehouse) types.insert(gateway.warehouse->type);
  }
  std::string found;
  for (const std::string& type : types) found += (found.empty() ? "; there is only " : ", ") + type;
  top->Complain("gateways",
                "no gateway has a state_connection of type postgres or embedded, or a connection "
                "of type postgres or starrocks" +
                    found + (hint.empty() ? "" : ". " + hint));
}

// Explains the other keys if a complete config.yaml of SQLMesh was given.
void ComplainOfSqlmeshKeys(Section* top) {
  for (const std::string& key : SqlmeshTopLevelKeys()) {
    if (!top->Has(key)) continue;
    top->Complain(key,
                  "is a key of SQLMesh's config.yaml that is not allowed here; copy only its "
                  "gateways block and default_gateway");
    top->Known(key);
  }
}

Config ReadConfig(Section top) {
  Config config;
  ReadListen(&top, "listen", /*may_be_empty=*/false, &config.listen);
  ReadUnixListen(&top, "local_listen", &config.local_listen);
  ReadUnixListen(&top, "proxy_listen", &config.proxy_listen);
  ReadListen(&top, "metrics_listen", /*may_be_empty=*/true, &config.metrics_listen);
  top.Require("gateways");
  if (auto gateways = top.ReadSection("gateways")) {
    config.gateways = ReadGateways(std::move(*gateways));
  }
  SettleDefaultGateway(&top, &config);
  ReadTls(&top, &config.tls);
  ReadMetricsAuth(&top, &config.metrics_auth);
  ReadAuth(&top, config.gateways, &config.auth);
  ReadLimits(&top, &config.limits);
  ReadRestorePoints(&top, &config.restore_points);
  ReadLog(&top, &config.log);
  top.ReadWords("fingerprint_worker", kCommandExample, &config.fingerprint_worker);
  top.ReadWords("rewrite_worker", kCommandExample, &config.rewrite_worker);
  top.ReadWords("rewrite_pythons", "[python3.12, /opt/python3.13/bin/python3]",
                &config.rewrite_pythons);
  top.ReadWords("worker_paths", "[/opt/models]", &config.worker_paths);
  top.Read("reflection", &config.reflection);
  top.Read("insecure", &config.insecure);
  ComplainOfSqlmeshKeys(&top);
  top.Finish();
  if (top.reading().problems->empty()) CheckSomethingIsServed(&top, config);
  return config;
}

void MakeAbsolute(const std::filesystem::path& folder, std::string* path) {
  if (!path->empty()) *path = (folder / *path).lexically_normal().string();
}

// A name without '/' is searched on PATH.
void MakeProgramAbsolute(const std::filesystem::path& folder, std::string* program) {
  if (program->find('/') != std::string::npos) MakeAbsolute(folder, program);
}

void MakeCommandAbsolute(const std::filesystem::path& folder, std::vector<std::string>* command) {
  if (!command->empty()) MakeProgramAbsolute(folder, &command->front());
}

void MakeConnectionAbsolute(const std::filesystem::path& folder, StateConnection* connection) {
  MakeAbsolute(folder, &connection->path);
  MakeCommandAbsolute(folder, &connection->password_command);
  for (auto* path : {&connection->sslrootcert, &connection->sslcert, &connection->sslkey}) {
    if (*path && **path != "system") MakeAbsolute(folder, &**path);
  }
}

void MakePathsAbsolute(const std::filesystem::path& folder, Config* config) {
  for (std::string* path : {&config->tls.cert, &config->tls.key, &config->tls.client_ca,
                            &config->tls.client_crl, &config->auth.tokens_file}) {
    MakeAbsolute(folder, path);
  }
  if (config->auth.jwt) MakeAbsolute(folder, &config->auth.jwt->jwks_file);
  for (auto* command : {&config->fingerprint_worker, &config->rewrite_worker}) {
    MakeCommandAbsolute(folder, command);
  }
  for (std::string& python : config->rewrite_pythons) MakeProgramAbsolute(folder, &python);
  for (std::string& path : config->worker_paths) MakeAbsolute(folder, &path);
  for (Gateway& gateway : config->gateways) {
    if (gateway.state) MakeConnectionAbsolute(folder, &*gateway.state);
    if (gateway.read_replica) MakeConnectionAbsolute(folder, &gateway.read_replica->connection);
  }
}

template <typename T>
void AddIfChanged(const char* key, const T& before, const T& after,
                  std::vector<std::string>* changes) {
  if (!(before == after)) changes->push_back(key);
}

}  // namespace

absl::StatusOr<Config> ParseConfig(const std::string& text, const std::string& path,
                                   const Environment& environment) {
  Problems problems(path);
  try {
    auto document = ParseDocument(text, &problems);
    if (!document) return problems.ToStatus();
    std::vector<std::string> unused;
    Reading reading{environment, &problems, &unused};
    Config config = ReadConfig(Section(reading, *document, "", 1));
    RETURN_IF_ERROR(problems.ToStatus());
    config.unused_keys = std::move(unused);
    config.file = std::filesystem::absolute(path).string();
    MakePathsAbsolute(std::filesystem::absolute(path).parent_path(), &config);
    CheckFiles(config, &problems);
    RETURN_IF_ERROR(problems.ToStatus());
    return config;
  } catch (const std::exception& error) {
    return FileError(path, std::string("cannot be read: ") + error.what());
  }
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  return ParseConfig(text, path, ProcessEnvironment());
}

Config EmbeddedConfig(const std::string& dir) {
  Gateway local;
  local.name = "local";
  local.state.emplace();
  local.state->type = StateConnection::Type::kEmbedded;
  local.state->path = dir;
  Config config;
  config.default_gateway = local.name;
  config.gateways.push_back(std::move(local));
  MakePathsAbsolute(std::filesystem::current_path(), &config);
  return config;
}

std::vector<std::string> ChangesThatNeedRestart(const Config& before, const Config& after) {
  std::vector<std::string> changes;
  AddIfChanged("listen", before.listen, after.listen, &changes);
  AddIfChanged("local_listen", before.local_listen, after.local_listen, &changes);
  AddIfChanged("proxy_listen", before.proxy_listen, after.proxy_listen, &changes);
  AddIfChanged("metrics_listen", before.metrics_listen, after.metrics_listen, &changes);
  AddIfChanged("tls", before.tls.enabled(), after.tls.enabled(), &changes);
  AddIfChanged("tls.client_ca", before.tls.client_ca.empty(), after.tls.client_ca.empty(),
               &changes);
  AddIfChanged("tls.client_auth", before.tls.client_auth_optional, after.tls.client_auth_optional,
               &changes);
  AddIfChanged("metrics_auth", before.metrics_auth, after.metrics_auth, &changes);
  const Limits& was = before.limits;
  const Limits& is = after.limits;
  AddIfChanged("limits.max_message_bytes", was.max_message_bytes, is.max_message_bytes, &changes);
  AddIfChanged("limits.memory_quota", was.memory_quota, is.memory_quota, &changes);
  AddIfChanged("limits.max_concurrent_calls", was.max_concurrent_calls, is.max_concurrent_calls,
               &changes);
  AddIfChanged("limits.max_connections", was.max_connections, is.max_connections, &changes);
  AddIfChanged("limits.max_connections_per_address", was.max_connections_per_address,
               is.max_connections_per_address, &changes);
  AddIfChanged("limits.handshake_timeout", was.handshake_timeout, is.handshake_timeout, &changes);
  AddIfChanged("limits.max_streams_per_connection", was.max_streams_per_connection,
               is.max_streams_per_connection, &changes);
  AddIfChanged("limits.max_connection_age", was.max_connection_age, is.max_connection_age,
               &changes);
  AddIfChanged("limits.min_ping_interval", was.min_ping_interval, is.min_ping_interval, &changes);
  AddIfChanged("reflection", before.reflection, after.reflection, &changes);
  AddIfChanged("log.format", before.log.format, after.log.format, &changes);
  return changes;
}

}  // namespace stateserver::config
