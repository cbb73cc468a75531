#include "server/config/describe.h"

#include <optional>
#include <string_view>

#include "server/config/units.h"

namespace stateserver::config {
namespace {

// In single quotes, so that any text is one YAML value.
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
  // Left out where there are none: an empty list is no configuration.
  void Words(std::string_view key, const std::vector<std::string>& words) {
    if (words.empty()) return;
    std::string list;
    for (const std::string& word : words) list += (list.empty() ? "" : ", ") + Quote(word);
    Raw(key, "[" + list + "]");
  }
  void Number(std::string_view key, int value) { Raw(key, std::to_string(value)); }
  void Bool(std::string_view key, bool value) { Raw(key, value ? "true" : "false"); }
  void Password(const Secret& secret) { Text("password", secret.value.empty() ? "" : "***"); }

  std::string Take() { return std::move(out_); }

 private:
  void Indent() { out_.append(2 * static_cast<size_t>(depth_), ' '); }

  std::string out_;
  int depth_ = 0;
};

void Postgres(const StateConnection& state, Lines* lines) {
  lines->Text("type", "postgres");
  lines->Text("host", state.host);
  lines->Raw("port", state.port.find(',') == std::string::npos ? state.port : Quote(state.port));
  lines->Text("user", state.user);
  lines->Password(state.password);
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
  lines->Text("state_schema", gateway.state_schema);
  if (gateway.warehouse) {
    lines->Open("connection");
    lines->Text("type", gateway.warehouse->type);
    if (gateway.warehouse->is_starrocks()) StarRocks(*gateway.warehouse, lines);
    lines->Close();
  }
  lines->Close();
}

void TlsAndAuth(const Config& config, Lines* lines) {
  if (config.tls.enabled()) {
    lines->Open("tls");
    lines->Text("cert", config.tls.cert);
    lines->Text("key", config.tls.key);
    if (!config.tls.client_ca.empty()) lines->Text("client_ca", config.tls.client_ca);
    lines->Close();
  }
  if (!config.tokens_file.empty()) {
    lines->Open("auth");
    lines->Text("tokens_file", config.tokens_file);
    lines->Close();
  }
}

void LimitsAndRest(const Config& config, Lines* lines) {
  lines->Open("limits");
  lines->Number("max_concurrent_imports", config.limits.max_concurrent_imports);
  lines->Raw("max_message_bytes", SizeText(config.limits.max_message_bytes));
  lines->Raw("shutdown_grace", DurationText(config.limits.shutdown_grace));
  lines->Raw("lock_timeout", DurationText(config.limits.lock_timeout));
  lines->Raw("schema_lock_lease", DurationText(config.limits.schema_lock_lease));
  lines->Raw("worker_timeout", DurationText(config.limits.worker_timeout));
  lines->Raw("worker_memory", SizeText(config.limits.worker_memory));
  lines->Close();
  lines->Open("restore_points");
  lines->Number("keep", config.restore_points.keep);
  lines->Raw("max_age", DurationText(config.restore_points.max_age));
  lines->Close();
  lines->Words("fingerprint_worker", config.fingerprint_worker);
  lines->Words("rewrite_worker", config.rewrite_worker);
  lines->Bool("reflection", config.reflection);
  lines->Bool("insecure", config.insecure);
  lines->Open("log");
  lines->Raw("level", Quote(config.log.level));
  lines->Raw("format", config.log.format == LogFormat::kJson ? "json" : "text");
  lines->Close();
}

}  // namespace

std::string Describe(const Config& config) {
  Lines lines;
  lines.Text("listen", config.listen);
  lines.Text("metrics_listen", config.metrics_listen);
  lines.Text("default_gateway", config.default_gateway);
  lines.Open("gateways");
  for (const Gateway& gateway : config.gateways) OneGateway(gateway, &lines);
  lines.Close();
  TlsAndAuth(config, &lines);
  LimitsAndRest(config, &lines);
  return lines.Take();
}

}  // namespace stateserver::config
