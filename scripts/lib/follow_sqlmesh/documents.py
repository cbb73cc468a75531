# SPDX-License-Identifier: Apache-2.0
"""The stored snapshots of the corpus, read from its dumps."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

_ESCAPE = re.compile(r"\\(.)")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def rows(dump: str, table: str) -> Iterator[dict[str, str]]:
    """The rows that a dump copies into a table, by column."""
    lines = iter(dump.split("\n"))
    for line in lines:
        match = re.fullmatch(rf"COPY sqlmesh\.{table} \((.*)\) FROM stdin;", line)
        if not match:
            continue
        columns = match[1].split(", ")
        for row in lines:
            if row == "\\.":
                return
            yield dict(zip(columns, map(unescape, row.split("\t")), strict=True))


def unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), text)


def snapshots(corpus: pathlib.Path, release: str = "*") -> dict[str, str]:
    """Every snapshot of every release, or of one, as it stored them: "RELEASE NAME IDENTIFIER" -> document."""
    found = {}
    for path in sorted(corpus.glob(f"{release}/state_before.sql")):
        for row in rows(path.read_text(encoding="utf-8"), "_snapshots"):
            found[f"{path.parent.name} {row['name']} {row['identifier']}"] = row["snapshot"]
    return found
