// SPDX-License-Identifier: Apache-2.0

#include "common/text.h"
#include "common/uuid.h"
#include "revisions/revision_file.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

// Header lines stay one line each.
std::string OneLine(std::string_view text) {
  std::string out(Stripped(text));
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

// As it is where nothing in it could end it.
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
