// SPDX-License-Identifier: Apache-2.0

#include "revisions/revision_file.h"

#include <charconv>
#include <set>

#include "common/error.h"
#include "common/sha256.h"
#include "common/text.h"
#include "common/utf8.h"
#include "common/uuid.h"
#include "revisions/statement.h"
#include "revisions/words.h"

namespace stateserver::revisions {

namespace {

constexpr char kHeaderHint[] =
    "A revision begins with `-- revision: ID`, and its statements are below `-- +upgrade` and `-- "
    "+downgrade`.";

bool IsId(std::string_view id) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !id.empty() && id.size() <= 32 && id.find_first_not_of(kAllowed) == id.npos;
}

// NoteReader reads "key=value" pairs; a value in backticks may contain spaces.
class NoteReader {
 public:
  explicit NoteReader(std::string_view text) : rest_(text) {}

  bool Next(std::string* key, std::string* value) {
    rest_ = Trim(rest_);
    size_t equals = rest_.find('=');
    if (equals == rest_.npos) return false;
    *key = Lower(rest_.substr(0, equals));
    rest_.remove_prefix(equals + 1);
    value->clear();
    if (!rest_.empty() && rest_.front() == '`') return Quoted(value);
    size_t end = std::min(rest_.find_first_of(" \t"), rest_.size());
    value->assign(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return true;
  }
  bool at_end() const { return Trim(rest_).empty(); }

 private:
  bool Quoted(std::string* value) {
    size_t at = 1;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == '`' && (at + 1 == rest_.size() || rest_[at + 1] != '`')) break;
      if (rest_[at] == '`') ++at;
      value->push_back(rest_[at]);
    }
    if (at >= rest_.size()) return false;
    rest_.remove_prefix(at + 1);
    return true;
  }

  std::string_view rest_;
};

class RevisionReader {
 public:
  explicit RevisionReader(std::string_view file) { revision_.file = file; }

  absl::StatusOr<Revision> Read(std::string_view text) {
    absl::StatusOr<std::vector<SqlPiece>> pieces = ScanSql(text);
    if (!pieces.ok())
      return WithFact(WithPrefix(Cat(revision_.file, ": "), pieces.status()), "file",
                      revision_.file);
    for (SqlPiece& piece : *pieces) {
      RETURN_IF_ERROR(piece.comment ? Comment(piece) : Statement(piece));
    }
    if (revision_.id.empty()) return Wrong(1, "the header has no `-- revision:`", kHeaderHint);
    for (const char* section : {"upgrade", "downgrade"}) {
      if (!seen_.contains(Cat("+", section))) {
        return Wrong(1, Cat("there is no section `-- +", section, "`"), kHeaderHint);
      }
    }
    if (notes_line_ != 0) return Wrong(notes_line_, "a `-- step:` has no statement after it", "");
    revision_.sum = Sha256::Hex(text);
    return std::move(revision_);
  }

 private:
  absl::Status Wrong(int line, std::string_view what, std::string_view hint) const {
    return Error(Reason::REVISION_INVALID, Cat(revision_.file, ":", line, ": ", what), hint,
                 {{"file", revision_.file}, {"line", Cat(line)}});
  }

  absl::Status Comment(const SqlPiece& piece) {
    std::string_view text = piece.text;
    if (text == "+upgrade" || text == "+downgrade") return Section(piece);
    size_t colon = text.find(':');
    std::string key = colon == text.npos ? "" : Lower(Trim(text.substr(0, colon)));
    std::string_view value = colon == text.npos ? "" : Trim(text.substr(colon + 1));
    if (steps_ == nullptr) return Header(piece, key, std::string(value));
    if (key == "step") return Notes(piece.line, value);
    if (key == "irreversible") {
      if (steps_ != &revision_.downgrade) {
        return Wrong(piece.line, "`-- irreversible:` belongs in the downgrade", "Move it there.");
      }
      revision_.irreversible.emplace_back(value.empty() ? "no reason is given" : value);
    }
    return absl::OkStatus();
  }

  absl::Status Section(const SqlPiece& piece) {
    if (!seen_.insert(piece.text).second) {
      return Wrong(piece.line, Cat("the section `-- ", piece.text, "` occurs twice"), "Join them.");
    }
    steps_ = piece.text == "+upgrade" ? &revision_.upgrade : &revision_.downgrade;
    return absl::OkStatus();
  }

  absl::Status Header(const SqlPiece& piece, const std::string& key, const std::string& value) {
    static const std::set<std::string> kKeys = {"revision", "down_revision", "depends_on",
                                                "branch",   "message",       "created",
                                                "engine",   "schema"};
    if (!kKeys.contains(key)) {
      if (!piece.text.empty()) revision_.remarks.push_back(piece.text);
      return absl::OkStatus();
    }
    if (!seen_.insert(key).second) {
      return Wrong(piece.line, Cat("`-- ", key, ":` occurs twice"), "Keep one of them.");
    }
    if (key == "message") revision_.message = value;
    if (key == "created") revision_.created = value;
    if (key == "engine") revision_.engine = value;
    if (key == "branch") revision_.branches = SplitList(value);
    if (revision_.branches.size() > kMostListed) {
      return Wrong(piece.line, Cat("`-- branch:` names more than ", kMostListed), "");
    }
    if (key == "schema") {
      size_t space = std::min(value.find(' '), value.size());
      revision_.before = value.substr(0, space);
      revision_.after = Trim(std::string_view(value).substr(space));
    }
    if (key == "revision") {
      revision_.id = value;
      return CheckId(piece.line, value);
    }
    if (key != "down_revision" && key != "depends_on") return absl::OkStatus();
    std::vector<std::string>& list = key == "down_revision" ? revision_.down : revision_.depends_on;
    list = SplitList(value);
    if (list.size() > kMostListed) {
      return Wrong(piece.line, Cat("`-- ", key, ":` names more than ", kMostListed), "");
    }
    for (const std::string& id : list) RETURN_IF_ERROR(CheckId(piece.line, id));
    return absl::OkStatus();
  }

  absl::Status CheckId(int line, const std::string& id) const {
    if (IsId(id)) return absl::OkStatus();
    return Wrong(line, Cat("'", TruncateUtf8(id, 40), "' is not a revision id"),
                 "An id has up to 32 letters, digits, `_` and `-`.");
  }

  absl::Status Notes(int line, std::string_view text) {
    if (notes_line_ != 0) return Wrong(notes_line_, "a `-- step:` has no statement after it", "");
    notes_line_ = line;
    NoteReader reader(text);
    std::string key, value;
    while (reader.Next(&key, &value)) {
      if (key == "object") notes_.object = value;
      if (key == "class") notes_.step_class = value;
      if (key == "job") notes_.job = value == "true";
      if (key == "destructive") notes_.destructive = value == "true";
      if (key == "before") notes_.before = value;
      if (key == "after") notes_.after = value;
      if (key == "undoes")
        std::from_chars(value.data(), value.data() + value.size(), notes_.undoes);
    }
    if (reader.at_end()) return absl::OkStatus();
    return Wrong(line, "`-- step:` is not a list of key=value", "Correct it, or remove it.");
  }

  absl::Status Statement(SqlPiece& piece) {
    if (steps_ == nullptr) {
      return Wrong(piece.line, "a statement is before `-- +upgrade`", kHeaderHint);
    }
    if (ChangesSession(piece.text)) {
      return Wrong(
          piece.line,
          "USE and SET are not allowed in a revision: a run may continue on another connection",
          "Leave names unqualified, and give an INSERT a hint: /*+ SET_VAR(query_timeout=3600) "
          "*/.");
    }
    if (piece.text.size() > kMostStatementBytes) {
      return Wrong(piece.line, Cat("a statement has more than ", kMostStatementBytes >> 20, " MiB"),
                   "Split it.");
    }
    if (revision_.upgrade.size() + revision_.downgrade.size() == kMostStatements) {
      return Wrong(piece.line, Cat("there are more than ", kMostStatements, " statements"),
                   "Split it into several revisions.");
    }
    steps_->push_back({std::exchange(notes_, {}), std::move(piece.text), piece.line});
    notes_line_ = 0;
    return absl::OkStatus();
  }

  Revision revision_;
  std::vector<SqlStep>* steps_ = nullptr;
  std::set<std::string> seen_;
  StepNotes notes_;
  int notes_line_ = 0;
};

// Keeps each header line on one line.
std::string OneLine(std::string_view text) {
  std::string out(Trim(text));
  for (char& c : out) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return out;
}

void AppendKey(std::string* out, std::string_view key, std::string_view value) {
  std::string line = OneLine(value);
  AppendTo(out, "-- ", key, ":", line.empty() ? "" : " ", line, "\n");
}

std::string NoteName(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out.push_back('`');
    out.push_back(c);
  }
  return out + "`";
}

// Returns the value unquoted if nothing in it could end it.
std::string NoteValue(std::string_view value) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return value.find_first_not_of(kPlain) == value.npos ? std::string(value) : NoteName(value);
}

void AppendNotes(std::string* out, const StepNotes& notes) {
  if (notes == StepNotes()) return;
  out->append("-- step:");
  if (!notes.object.empty()) AppendTo(out, " object=", NoteName(notes.object));
  if (!notes.step_class.empty()) AppendTo(out, " class=", NoteValue(notes.step_class));
  if (notes.job) AppendTo(out, " job=", *notes.job ? "true" : "false");
  AppendTo(out, " destructive=", notes.destructive ? "true" : "false");
  if (!notes.before.empty()) AppendTo(out, " before=", NoteValue(notes.before));
  if (!notes.after.empty()) AppendTo(out, " after=", NoteValue(notes.after));
  if (notes.undoes != 0) AppendTo(out, " undoes=", notes.undoes);
  out->push_back('\n');
}

void AppendSection(std::string* out, std::string_view name, const std::vector<SqlStep>& steps) {
  AppendTo(out, "\n-- +", name, "\n");
  for (const SqlStep& step : steps) {
    out->push_back('\n');
    AppendNotes(out, step.notes);
    AppendTo(out, Terminated(step.statement), "\n");
  }
}

}  // namespace

absl::StatusOr<Revision> ReadRevision(std::string_view file, std::string_view text) {
  return RevisionReader(file).Read(text);
}

std::string PrintRevision(const Revision& revision) {
  std::string out;
  AppendKey(&out, "revision", revision.id);
  AppendKey(&out, "down_revision", JoinList(revision.down));
  if (!revision.depends_on.empty()) AppendKey(&out, "depends_on", JoinList(revision.depends_on));
  if (!revision.branches.empty()) AppendKey(&out, "branch", JoinList(revision.branches));
  AppendKey(&out, "message", revision.message);
  AppendKey(&out, "created", revision.created);
  if (!revision.engine.empty()) AppendKey(&out, "engine", revision.engine);
  if (!revision.before.empty()) {
    AppendKey(&out, "schema", Cat(revision.before, " ", revision.after));
  }
  for (const std::string& remark : revision.remarks) {
    AppendTo(&out, "-- ", OneLine(remark), "\n");
  }
  AppendSection(&out, "upgrade", revision.upgrade);
  AppendSection(&out, "downgrade", revision.downgrade);
  if (!revision.irreversible.empty()) out.push_back('\n');
  for (const std::string& why : revision.irreversible) AppendKey(&out, "irreversible", why);
  return out;
}

std::string Terminated(std::string_view statement) {
  size_t line = statement.rfind('\n');
  std::string_view last = statement.substr(line == statement.npos ? 0 : line + 1);
  bool comment = last.find("--") != last.npos;
  return Cat(statement, comment ? "\n;" : ";");
}

std::string NewRevisionId() { return NewHexId().substr(0, 12); }

std::string FileName(const Revision& revision) {
  std::string when;
  for (char c : revision.created.substr(0, 19)) {
    if (c >= '0' && c <= '9') when.push_back(c);
    if (c == 'T') when.push_back('_');
  }
  std::string words;
  for (char c : Lower(revision.message)) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) words.push_back(c);
    if (!plain && !words.empty() && words.back() != '_') words.push_back('_');
    if (words.size() >= 40) break;
  }
  while (!words.empty() && words.back() == '_') words.pop_back();
  return Cat(when, when.empty() ? "" : "_", revision.id, words.empty() ? "" : "_", words, ".sql");
}

}  // namespace stateserver::revisions
