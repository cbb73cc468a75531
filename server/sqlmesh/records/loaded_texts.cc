// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/loaded_texts.h"

#include <algorithm>
#include <initializer_list>

#include "common/text.h"
#include "server/sqlmesh/records/field_expressions.h"
#include "server/sqlmesh/records/json_output.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

// The first schema version whose release keeps the statements' text; earlier ones parse it.
constexpr int kRawStatementsSince = 93;
// The last measured version of sqlglot whose athena dialect keeps the text of expressions.
constexpr int kAthenaKeepsTextUntil = 2700;

bool IsAnyOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Returns a statement without what stands behind the end of its Jinja block.
std::string_view WithoutJinjaTail(std::string_view text) {
  constexpr std::string_view kEnd = "JINJA_END";
  bool jinja = text.starts_with("JINJA_QUERY_BEGIN;") || text.starts_with("JINJA_STATEMENT_BEGIN;");
  size_t end = text.find(kEnd);
  if (!jinja || end == text.npos || Trim(text.substr(end + kEnd.size())) != ";") return text;
  return text.substr(0, end + kEnd.size());
}

// OlderNode writes the parts of one node.
class OlderNode {
 public:
  OlderNode(element node, int schema_version, SqlglotRelease sqlglot, std::string* out,
            EncodeNotes* notes)
      : schema_version_(schema_version), sqlglot_(sqlglot), out_(*out), notes_(*notes) {
    std::string_view dialect;
    if (node["dialect"].get(dialect) == simdjson::SUCCESS) dialect_ = dialect;
    rules_ = FindDialect(dialect_, sqlglot);
  }

  // Writes an object member by member.
  void Object(element object, void (OlderNode::*member)(std::string_view, element)) {
    out_.push_back('{');
    for (auto [key, value] : AsObject(object)) {
      if (out_.back() != '{') out_.push_back(',');
      AppendString(key, &out_);
      out_.push_back(':');
      (this->*member)(key, value);
    }
    out_.push_back('}');
  }

  void NodeMember(std::string_view key, element value) {
    if (IsAnyOf(key, {"partitioned_by", "clustered_by"})) {
      List(value, &OlderNode::Field);
    } else if (IsAnyOf(key, {"columns", "derived_columns_to_types"})) {
      Columns(value);
    } else if (key == "kind" && value.is_object()) {
      Object(value, &OlderNode::KindMember);
    } else if (IsAnyOf(key, {"pre_statements", "post_statements", "on_virtual_update"})) {
      List(value, &OlderNode::Statement);
    } else if (key == "query") {
      Statement(value);
    } else if (key == "grants") {
      Grants(value);
    } else {
      AppendValue(value, &out_);
    }
  }

 private:
  void KindMember(std::string_view key, element value) {
    std::string_view text;
    if (IsAnyOf(key, {"unique_key", "columns"})) {
      List(value, &OlderNode::Field);
    } else if (IsAnyOf(key, {"valid_from_name", "valid_to_name", "updated_at_name"})) {
      Field(value);
    } else if (key == "time_data_type") {
      Type(value);
    } else if (key == "when_matched" && value.get(text) == simdjson::SUCCESS) {
      AppendString(LoadedWhenMatched(dialect_, sqlglot_, text, &notes_), &out_);
    } else {
      AppendValue(value, &out_);
    }
  }

  void List(element value, void (OlderNode::*item)(element)) {
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return (this->*item)(value);
    out_.push_back('[');
    for (element each : list) {
      if (out_.back() != '[') out_.push_back(',');
      (this->*item)(each);
    }
    out_.push_back(']');
  }

  void Field(element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return AppendValue(value, &out_);
    std::string spelled;
    AppendLoadedField(rules_, dialect_, text, &spelled, &notes_);
    AppendString(spelled, &out_);
  }

  void Type(element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return AppendValue(value, &out_);
    std::string spelled;
    if (!AppendColumnType(rules_, text, &spelled)) notes_.columns_unproven = true;
    AppendString(spelled, &out_);
  }

  void Columns(element value) {
    if (!value.is_object()) return AppendValue(value, &out_);
    out_.push_back('{');
    std::string name;
    for (auto [key, type] : AsObject(value)) {
      if (out_.back() != '{') out_.push_back(',');
      name.clear();
      if (!AppendColumnName(rules_, key, &name)) notes_.columns_unproven = true;
      AppendString(name, &out_);
      out_.push_back(':');
      Type(type);
    }
    out_.push_back('}');
  }

  // The parser of athena loses their text, and arrays are written in another way.
  void Grants(element value) {
    std::string_view text;
    bool arrays = value.get(text) == simdjson::SUCCESS && text.find('[') != text.npos;
    if (arrays && dialect_ == "athena") notes_.expressions_unproven = true;
    AppendValue(value, &out_);
  }

  void Statement(element value) {
    std::string_view text;
    bool parsed = schema_version_ < kRawStatementsSince;
    if (!parsed || value.get(text) != simdjson::SUCCESS) return AppendValue(value, &out_);
    AppendString(WithoutJinjaTail(text), &out_);
  }

  const int schema_version_;
  const SqlglotRelease sqlglot_;
  std::string& out_;
  EncodeNotes& notes_;
  std::string_view dialect_;
  const DialectRules* rules_ = nullptr;
};

}  // namespace

void AppendLoadedField(const DialectRules* rules, std::string_view dialect, std::string_view text,
                       std::string* out, EncodeNotes* notes) {
  // Keywords of clustered_by, not columns.
  if (dialect == "databricks" && (text == "AUTO" || text == "NONE")) {
    out->append(text);
    return;
  }
  if (AppendFieldExpression(rules, text, out)) return;
  // SQLMesh stores an expression in parentheses as the user wrote it, and for clickhouse any.
  bool stable = !text.starts_with('(') && dialect != "clickhouse";
  if (!stable) notes->expressions_unproven = true;
}

std::string_view LoadedWhenMatched(std::string_view dialect, SqlglotRelease sqlglot,
                                   std::string_view text, EncodeNotes* notes) {
  text = Trim(text);
  bool keeps_text = sqlglot.number > 0 && sqlglot.number <= kAthenaKeepsTextUntil;
  if (dialect == "athena" && !keeps_text) {  // it is regenerated with its parentheses
    notes->when_matched_unproven = true;
    return text;
  }
  if (text.starts_with('(')) text = text.substr(1, text.size() < 2 ? 0 : text.size() - 2);
  text = Trim(text);
  // A comment at either end would be cut off.
  bool plain = text.starts_with("WHEN ") && !text.ends_with("*/") && !text.ends_with(';') &&
               text.find("--") == text.npos && text.find('#') == text.npos;
  if (!plain) notes->when_matched_unproven = true;
  return text;
}

void AppendOlderNode(element node, int schema_version, SqlglotRelease sqlglot, std::string* out,
                     EncodeNotes* notes) {
  if (!node.is_object()) return AppendValue(node, out);
  OlderNode(node, schema_version, sqlglot, out, notes).Object(node, &OlderNode::NodeMember);
}

}  // namespace stateserver::state
