# SPDX-License-Identifier: Apache-2.0
"""The server's table of releases: server/sqlmesh/store/releases_table.inc."""

from __future__ import annotations

import dataclasses
import re

_ROW = re.compile(r'\{(\d+), "([\d.]+)", "([\d. ]+)"\},')


def numbers(release: str) -> tuple[int, ...]:
    """Orders releases: "0.99.0" comes before "0.236.4"."""
    return tuple(map(int, release.split(".")))


def major_minor(release: str) -> str:
    return ".".join(release.split(".")[:2])


@dataclasses.dataclass(frozen=True)
class Group:
    """Group holds successive releases with the same schema version and sqlglot."""

    schema: int
    sqlglot: str
    releases: tuple[str, ...]


def parse(text: str) -> list[Group]:
    groups = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _ROW.fullmatch(line)
        if match:
            groups.append(Group(int(match[1]), match[2], tuple(match[3].split())))
        elif line and not line.startswith("//"):
            raise ValueError(f"line {number} of the table of releases is not a row: {line}")
    if not groups:
        raise ValueError("the table of releases has no rows")
    return groups


def add(text: str, schema: int, sqlglot: str, release: str) -> str:
    """The table with `release` behind all others; the same text if it is the newest already."""
    groups = parse(text)
    last = groups[-1]
    if last.releases[-1] == release and (last.schema, last.sqlglot) == (schema, sqlglot):
        return text
    if numbers(release) <= numbers(last.releases[-1]):
        raise ValueError(f"{release} does not come after {last.releases[-1]}, the newest release of the table")
    if (last.schema, last.sqlglot) == (schema, sqlglot):
        old = f'{{{schema}, "{sqlglot}", "{" ".join(last.releases)}"}},'
        return text.replace(old, old.replace('"},', f' {release}"}},'))
    row = f'{{{schema}, "{sqlglot}", "{release}"}},\n'
    tail = text.rfind("// clang-format on")
    return text[:tail] + row + text[tail:] if tail >= 0 else text + row
