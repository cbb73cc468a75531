// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/describe.h"

#include <optional>
#include <string_view>
#include <vector>

#include "common/url.h"
#include "server/platform/config/units.h"

namespace stateserver::config {
namespace {

// Quotes text in single quotes, so that any text is one YAML value.
std::string Quote(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

class Lines {
 public:
  void Open(std::string_view key) {
    Indent();
    out_.append(key).append(":\n");
    ++depth_;
  }
  void Close() { --depth_; }

  void Raw(std::string_view key, std::string_view value) {
    Indent();
    out_.append(key).append(": ").append(value).append("\n");
  }
  void Text(std::string_view key, std::string_view value) { Raw(key, Quote(value)); }
  void Optional(std::string_view key, const std::optional<std::string>& value) {
    if (value) Text(key, *value);
  }
  // Omits an empty list, which is not valid in the configuration.
  void Words(std::string_view key, const std::vector<std::string>& words) {
    if (words.empty()) return;
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + Quote(word);
    Raw(key, "[" + list + "]");
  }
  // Writes one element of a list.
  void Item(std::string_view text) {
    Indent();
    out_.append(text).append("\n");
  }
  void Number(std::string_view key, int value) { Raw(key, std::to_string(value)); }
  void Bool(std::string_view key, bool value) { Raw(key, value ? "true" : "false"); }
  void Password(const Secret& secret) { Text("password", secret.value.empty() ? "" : "***"); }

  std::string Consume() { return std::move(out_); }

 private:
  void Indent() { out_.append(2 * static_cast<size_t>(depth_), ' '); }

  std::string out_;
  int depth_ = 0;
};

void Postgres(const StateConnection& state, Lines* lines) {
  lines->Text("host", state.host);
  lines->Raw("port", state.port.find(',') == std::string::npos ? state.port : Quote(state.port));
  lines->Text("user", state.user);
  if (state.password_command.empty()) {
    lines->Password(state.password);
  } else {
    // The arguments may contain secrets, for example in "NAME=value" of env.
    std::vector<std::string> shown = {state.password_command.front()};
    if (state.password_command.size() > 1) shown.push_back("***");
    lines->Words("password_command", shown);
    lines->Raw("password_command_ttl", DurationText(state.password_command_ttl));
    lines->Raw("password_command_timeout", DurationText(state.password_command_timeout));
  }
  lines->Text("database", state.database);
  lines->Optional("sslmode", state.sslmode);
  lines->Optional("sslrootcert", state.sslrootcert);
  lines->Optional("sslcert", state.sslcert);
  lines->Optional("sslkey", state.sslkey);
  lines->Optional("target_session_attrs", state.target_session_attrs);
  lines->Optional("application_name", state.application_name);
  lines->Optional("role", state.role);
  lines->Number("connect_timeout", state.connect_timeout_seconds);
  if (state.keepalives_idle_seconds) {
    lines->Number("keepalives_idle", *state.keepalives_idle_seconds);
  }
}

void StarRocks(const Warehouse& warehouse, Lines* lines) {
  lines->Text("host", warehouse.host);
  lines->Number("port", warehouse.port);
  lines->Text("user", warehouse.user);
  lines->Password(warehouse.password);
  if (!warehouse.catalog.empty()) lines->Text("catalog", warehouse.catalog);
  lines->Optional("database", warehouse.database);
  lines->Optional("charset", warehouse.charset);
  lines->Optional("collation", warehouse.collation);
  lines->Bool("ssl_disabled", warehouse.ssl_disabled);
  lines->Optional("run_mode", warehouse.run_mode);
}

void State(const StateConnection& state, Lines* lines) {
  lines->Open("state_connection");
  if (state.type == StateConnection::Type::kPostgres) {
    lines->Text("type", "postgres");
    Postgres(state, lines);
  } else {
    lines->Text("type", "embedded");
    lines->Text("path", state.path);
  }
  lines->Close();
}

void OneGateway(const Gateway& gateway, Lines* lines) {
  lines->Open(Quote(gateway.name));
  if (gateway.state) State(*gateway.state, lines);
  if (!gateway.unsupported_state_type.empty()) {
    lines->Open("state_connection");
    lines->Text("type", gateway.unsupported_state_type);
    lines->Close();
  }
  lines->Text("state_schema", gateway.state_schema);
  if (gateway.read_replica) {
    lines->Open("read_replica");
    Postgres(gateway.read_replica->connection, lines);
    lines->Raw("max_staleness", DurationText(gateway.read_replica->max_staleness));
    lines->Close();
  }
  if (gateway.pool_mode == PoolMode::kSession) lines->Raw("pool_mode", "session");
  if (!gateway.rewrite_python.empty()) lines->Text("rewrite_python", gateway.rewrite_python);
  if (gateway.warehouse) {
    lines->Open("connection");
    lines->Text("type", gateway.warehouse->type);
    if (gateway.warehouse->is_starrocks()) StarRocks(*gateway.warehouse, lines);
    lines->Close();
  }
  lines->Close();
}

void TlsLines(const Tls& tls, Lines* lines) {
  if (!tls.enabled()) return;
  lines->Open("tls");
  lines->Text("cert", tls.cert);
  lines->Text("key", tls.key);
  if (!tls.client_ca.empty()) {
    lines->Text("client_ca", tls.client_ca);
    if (!tls.client_crl.empty()) lines->Text("client_crl", tls.client_crl);
    lines->Raw("client_auth", tls.client_auth_optional ? "optional" : "require");
  }
  lines->Close();
}

void JwtLines(const Jwt& jwt, Lines* lines) {
  lines->Open("jwt");
  lines->Text("issuer", jwt.issuer);
  lines->Text("audience", jwt.audience);
  if (!jwt.jwks_file.empty()) lines->Text("jwks_file", jwt.jwks_file);
  if (!jwt.jwks_url.empty()) lines->Text("jwks_url", UrlWithoutSecrets(jwt.jwks_url));
  lines->Text("subject_claim", jwt.subject_claim);
  lines->Text("groups_claim", jwt.groups_claim);
  lines->Raw("leeway", DurationText(jwt.leeway));
  lines->Raw("refresh", DurationText(jwt.refresh));
  lines->Close();
}

std::string GrantLine(const Grant& grant) {
  constexpr std::string_view kKeys[] = {"certificate", "jwt_subject", "jwt_group", "unix_socket"};
  std::string line = "- {";
  line += kKeys[static_cast<size_t>(grant.kind)];
  line += grant.kind == Grant::Kind::kUnixSocket ? ": true" : ": " + Quote(grant.name);
  line += ", roles: {";
  std::string separator;
  for (const auto& [gateway, role] : grant.roles) {
    line += separator + Quote(gateway) + ": ";
    line += RoleName(role);
    separator = ", ";
  }
  return line + "}}";
}

void AuthLines(const Auth& auth, Lines* lines) {
  if (!auth.enabled) return;
  lines->Open("auth");
  if (!auth.tokens_file.empty()) lines->Text("tokens_file", auth.tokens_file);
  if (auth.jwt) JwtLines(*auth.jwt, lines);
  if (!auth.grants.empty()) {
    lines->Open("grants");
    for (const Grant& grant : auth.grants) lines->Item(GrantLine(grant));
    lines->Close();
  }
  lines->Number("max_failures", auth.max_failures);
  lines->Close();
}

void LimitsAndRest(const Config& config, Lines* lines) {
  lines->Open("limits");
  const Limits& limits = config.limits;
  lines->Number("max_concurrent_imports", limits.max_concurrent_imports);
  lines->Number("max_imports_per_gateway", limits.max_imports_per_gateway);
  lines->Number("max_imports_per_principal", limits.max_imports_per_principal);
  lines->Number("max_concurrent_exports", limits.max_concurrent_exports);
  lines->Number("max_exports_per_gateway", limits.max_exports_per_gateway);
  lines->Number("max_exports_per_principal", limits.max_exports_per_principal);
  lines->Number("max_concurrent_schema_calls", limits.max_concurrent_schema_calls);
  lines->Number("max_schema_calls_per_principal", limits.max_schema_calls_per_principal);
  lines->Number("max_concurrent_calls", limits.max_concurrent_calls);
  lines->Number("max_calls_per_address", limits.max_calls_per_address);
  lines->Number("max_calls_per_principal", limits.max_calls_per_principal);
  lines->Number("max_connections", limits.max_connections);
  lines->Number("max_connections_per_address", limits.max_connections_per_address);
  lines->Number("max_streams_per_connection", limits.max_streams_per_connection);
  lines->Raw("max_message_bytes", SizeText(limits.max_message_bytes));
  lines->Raw("memory_quota", SizeText(limits.memory_quota));
  lines->Raw("max_call_time", DurationText(limits.max_call_time));
  lines->Raw("read_timeout", DurationText(limits.read_timeout));
  lines->Raw("stream_idle_timeout", DurationText(limits.stream_idle_timeout));
  lines->Raw("handshake_timeout", DurationText(limits.handshake_timeout));
  lines->Raw("max_connection_age", DurationText(limits.max_connection_age));
  lines->Raw("min_ping_interval", DurationText(limits.min_ping_interval));
  lines->Number("max_database_connections", limits.max_database_connections);
  lines->Raw("max_database_connection_age", DurationText(limits.max_database_connection_age));
  lines->Raw("lost_connection_timeout", DurationText(limits.lost_connection_timeout));
  lines->Raw("idle_transaction_timeout", DurationText(limits.idle_transaction_timeout));
  lines->Raw("shutdown_grace", DurationText(limits.shutdown_grace));
  lines->Raw("lock_timeout", DurationText(limits.lock_timeout));
  lines->Raw("schema_lock_lease", DurationText(limits.schema_lock_lease));
  lines->Raw("worker_timeout", DurationText(limits.worker_timeout));
  lines->Raw("worker_memory", SizeText(limits.worker_memory));
  lines->Close();
  lines->Open("restore_points");
  lines->Number("keep", config.restore_points.keep);
  lines->Raw("max_age", DurationText(config.restore_points.max_age));
  lines->Close();
  lines->Words("fingerprint_worker", config.fingerprint_worker);
  lines->Words("rewrite_worker", config.rewrite_worker);
  lines->Words("rewrite_pythons", config.rewrite_pythons);
  lines->Words("worker_paths", config.worker_paths);
  lines->Bool("reflection", config.reflection);
  lines->Bool("insecure", config.insecure);
  lines->Open("log");
  lines->Raw("level", Quote(config.log.level));
  lines->Raw("format", config.log.format == LogFormat::kJson ? "json" : "text");
  lines->Raw("slow_call", DurationText(config.log.slow_call));
  lines->Close();
}

}  // namespace

std::string Describe(const Config& config) {
  Lines lines;
  lines.Text("listen", config.listen);
  if (!config.local_listen.empty()) lines.Text("local_listen", config.local_listen);
  if (!config.proxy_listen.empty()) lines.Text("proxy_listen", config.proxy_listen);
  lines.Text("metrics_listen", config.metrics_listen);
  lines.Text("default_gateway", config.default_gateway);
  lines.Open("gateways");
  for (const Gateway& gateway : config.gateways) OneGateway(gateway, &lines);
  lines.Close();
  TlsLines(config.tls, &lines);
  AuthLines(config.auth, &lines);
  if (config.metrics_auth.enabled()) {
    lines.Open("metrics_auth");
    lines.Text("user", config.metrics_auth.user);
    lines.Password(config.metrics_auth.password);
    lines.Close();
  }
  LimitsAndRest(config, &lines);
  return lines.Consume();
}

}  // namespace stateserver::config
