// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/seed/csv.h"

#include <cctype>

namespace stateserver::state {

namespace {

struct Format {
  char delimiter = ',';
  char quote = '"';
  bool skip_initial_space = false;
};

// Accepts a single punctuation character or a tab.
bool ConsumeChar(const std::optional<std::string>& setting, char* to) {
  if (!setting) return true;
  if (setting->size() != 1) return false;
  *to = setting->front();
  return *to == '\t' || std::ispunct(static_cast<unsigned char>(*to)) != 0;
}

std::optional<Format> FormatOf(const CsvSettings& settings, std::string* reason) {
  Format format;
  if (!ConsumeChar(settings.delimiter, &format.delimiter)) {
    *reason = "csv_settings.delimiter";
  } else if (!ConsumeChar(settings.quotechar, &format.quote) || format.quote == format.delimiter) {
    *reason = "csv_settings.quotechar";
  } else if (settings.escapechar) {
    *reason = "csv_settings.escapechar";
  } else if (settings.lineterminator) {
    *reason = "csv_settings.lineterminator";
  } else if (!settings.doublequote.value_or(true)) {
    *reason = "csv_settings.doublequote";
  } else if (settings.encoding && *settings.encoding != "utf-8") {
    *reason = "csv_settings.encoding";
  } else {
    format.skip_initial_space = settings.skipinitialspace.value_or(false);
    return format;
  }
  return std::nullopt;
}

// CsvReader reads the text record by record.
class CsvReader {
 public:
  CsvReader(std::string_view text, const Format& format) : rest_(text), format_(format) {}

  const std::string& trouble() const { return trouble_; }

  // Reads the fields of the next line that is not blank. Returns false at the end or after an
  // error.
  bool Next(std::vector<std::string>* fields) {
    fields->clear();
    while (SkipBlankLine()) {
    }
    if (rest_.empty()) return false;
    do {
      fields->push_back(Field());
    } while (trouble_.empty() && ConsumeIf(format_.delimiter));
    if (trouble_.empty() && !rest_.empty() && !ConsumeIf('\n'))
      trouble_ = "text after a quoted field";
    return trouble_.empty();
  }

 private:
  bool ConsumeIf(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool SkipBlankLine() {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != format_.delimiter &&
           (rest_[end] == ' ' || rest_[end] == '\t')) {
      ++end;
    }
    if (rest_.empty() || (end < rest_.size() && rest_[end] != '\n')) return false;
    rest_.remove_prefix(end == rest_.size() ? end : end + 1);
    return true;
  }

  std::string Field() {
    while (format_.skip_initial_space && ConsumeIf(' ')) {
    }
    return ConsumeIf(format_.quote) ? Quoted() : Unquoted();
  }

  std::string Unquoted() {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != format_.delimiter && rest_[end] != '\n') ++end;
    std::string field(rest_.substr(0, end));
    if (field.find(format_.quote) != std::string::npos) trouble_ = "a quote inside plain text";
    rest_.remove_prefix(end);
    return field;
  }

  std::string Quoted() {
    std::string field;
    while (true) {
      const size_t end = rest_.find(format_.quote);
      if (end == std::string_view::npos) {
        trouble_ = "a quote that does not end";
        return field;
      }
      field += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!ConsumeIf(format_.quote)) return field;
      field += format_.quote;
    }
  }

  std::string_view rest_;
  Format format_;
  std::string trouble_;
};

}  // namespace

std::optional<CsvTable> ReadCsv(std::string_view content, const CsvSettings& settings,
                                std::string* reason) {
  const std::optional<Format> format = FormatOf(settings, reason);
  if (!format) return std::nullopt;
  if (content.find('\r') != std::string_view::npos ||
      content.find('\0') != std::string_view::npos) {
    *reason = "a carriage return or NUL";
    return std::nullopt;
  }
  CsvTable table;
  CsvReader reader(content, *format);
  if (!reader.Next(&table.header)) {
    *reason = reader.trouble().empty() ? "no header" : reader.trouble();
    return std::nullopt;
  }
  table.columns.resize(table.header.size());
  std::vector<std::string> fields;
  while (reader.Next(&fields)) {
    if (fields.size() > table.header.size()) {
      *reason = "a row longer than the header";
      return std::nullopt;
    }
    fields.resize(table.header.size());
    for (size_t i = 0; i < fields.size(); ++i) table.columns[i].push_back(std::move(fields[i]));
    ++table.rows;
  }
  if (!reader.trouble().empty()) {
    *reason = reader.trouble();
    return std::nullopt;
  }
  return table;
}

}  // namespace stateserver::state
