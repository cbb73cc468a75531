#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a text that users read contains a phrase of english.txt.

Looks at the documents, the comments of the protocol and the string literals of the sources. Code in a document
(fenced blocks and back quotes) is not looked at. A phrase may go on over the end of a line.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PHRASES = pathlib.Path(__file__).resolve().parent / "english.txt"
SOURCES = ("common", "revisions", "server", "client")


def phrases(scope: str) -> re.Pattern[str]:
    """The patterns of english.txt below [scope], joined; a space stands for any white space."""
    found, here = [], None
    for number, line in enumerate(PHRASES.read_text(encoding="utf8").splitlines(), 1):
        if line.startswith("[") and line.endswith("]") and line[1:-1].isalpha():
            here = line[1:-1]
        elif line.strip() and not line.startswith("#"):
            if here not in ("everywhere", "documents", "messages"):
                sys.exit(f"{PHRASES}:{number}: a phrase above [everywhere], [documents] or [messages]")
            if here == "everywhere" or here == scope:
                found.append("(?:" + re.sub(r" (?![*+?])", r"\\s+", line) + ")")
    return re.compile("|".join(found), re.M)


def blank(text: str) -> str:
    """As many characters and lines, all white."""
    return re.sub(r"[^\n]", " ", text)


def keep(pattern: str, text: str) -> str:
    """`text` with everything blank but what group 1 of `pattern` matches."""
    out: list[str] = []
    end = 0
    for match in re.finditer(pattern, text, re.M):
        out += [blank(text[end:match.start(1)]), match[1]]
        end = match.end(1)
    return "".join([*out, blank(text[end:])])


def document(text: str) -> str:
    """The prose of a Markdown document; white space where code was, with a mark that no phrase crosses."""
    text = re.sub(r"^( *)```.*?^\1```", lambda match: blank(match[0]), text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]+`", lambda match: "`" * len(match[0]), text)


def protocol(text: str) -> str:
    return keep(r"^\s*//(.*)$", text)


def source(text: str) -> str:
    """The string literals, those on following lines joined by white space."""
    code = re.sub(r"^\s*(//|#include).*$", lambda match: blank(match[0]), text, flags=re.M)
    return keep(r'"((?:[^"\\\n]|\\.)*)"', code)


def texts() -> Iterator[tuple[pathlib.Path, str, str]]:
    """(path, what users read of it, the scope of its phrases)."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"),
                 *(ROOT / ".github").rglob("*.md")]:
        if path != ROOT / "docs" / "rpcs.md":  # made of the protocol's comments
            yield path, document(path.read_text(encoding="utf8")), "documents"
    for path in (ROOT / "proto" / "stateserver").rglob("*.proto"):
        yield path, protocol(path.read_text(encoding="utf8")), "documents"
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.cc"):
            yield path, source(path.read_text(encoding="utf8")), "messages"


def main() -> int:
    wanted = {scope: phrases(scope) for scope in ("documents", "messages")}
    files = findings = 0
    for path, text, scope in sorted(texts(), key=lambda entry: entry[0]):
        files += 1
        for match in wanted[scope].finditer(text):
            findings += 1
            line = text.count("\n", 0, match.start()) + 1
            print(f"{path.relative_to(ROOT)}:{line}: {' '.join(match[0].split())}", file=sys.stderr)
    if findings:
        print("Say it in plain English: CONTRIBUTING.md, Style; the phrases are in scripts/lib/english.txt",
              file=sys.stderr)
    else:
        print(f"{files} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
