#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Grows the state of corpus 0.137.1 (schema 60) to about N snapshots.

  old_state.py DSN N     DSN: a database with tests/data/sqlmesh/0.137.1/state_before.sql

Every copy of the 70 snapshots lives in a catalog of its own ("shopwh7"), so that their SQL, which
names no catalog, stays as it is and so do data hashes and versions. Metadata hashes change with the
catalog, and with them identifiers, parents and what environments and intervals say of them: all
are made anew by SQLMesh's rules. (The metadata hash itself is made up: every migration computes it
anew.) The environments are the same, with the snapshots of all copies.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg2

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

CATALOG = "shopwh"
# Name and identifier of a snapshot.
Key = tuple[str, str]
HASHES = ("data_hash", "metadata_hash", "parent_data_hash", "parent_metadata_hash")


def crc32(parts: Iterable[str]) -> str:
    return str(zlib.crc32(";".join(parts).encode()))


def identifier(fingerprint: dict[str, str]) -> str:
    return crc32(fingerprint[key] for key in HASHES)


def field(value: object) -> str:
    """One field of COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return (str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            .replace("\r", "\\r"))


class Table:
    def __init__(self, connection: Connection, name: str) -> None:
        self.name, self.connection = f"sqlmesh.{name}", connection
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self.name}")
            self.columns = [column.name for column in cursor.description or ()]
            self.rows = [dict(zip(self.columns, row)) for row in cursor]

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        text = io.StringIO("".join(
            "\t".join(field(row[column]) for column in self.columns) + "\n" for row in rows))
        with self.connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {self.name} ({', '.join(self.columns)}) FROM STDIN", text)


class Originals:
    """The snapshots of the corpus, and which of their parents count for the hashes."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.documents = {(row["name"], row["identifier"]): json.loads(row["snapshot"])
                          for row in rows}
        self.direct = {key: self._direct(key) for key in self.documents}

    def parents(self, key: Key) -> list[Key]:
        return [(parent["name"], parent["identifier"]) for parent in self.documents[key]["parents"]]

    def _direct(self, key: Key) -> list[Key] | None:
        """The parents whose hashes give the stored one; None where no choice does."""
        parents = [parent for parent in self.parents(key) if parent in self.documents]
        behind = {grand for parent in parents if self._is_embedded(parent)
                  for grand in self._reachable(parent)}
        wanted = self.documents[key]["fingerprint"]["parent_metadata_hash"]
        for choice in (parents, [parent for parent in parents if parent not in behind]):
            if parent_metadata_hash(self.documents[p]["fingerprint"] for p in choice) == wanted:
                return choice
        return None

    def _is_embedded(self, key: Key) -> bool:
        kind: str | None = self.documents[key]["node"].get("kind", {}).get("name")
        return kind == "EMBEDDED"

    def _reachable(self, key: Key) -> Iterator[Key]:
        for parent in self.parents(key):
            yield parent
            if parent in self.documents:
                yield from self._reachable(parent)


def parent_metadata_hash(fingerprints: Iterable[dict[str, str]]) -> str:
    return crc32(sorted(fingerprint[key] for fingerprint in fingerprints
                        for key in ("metadata_hash", "parent_metadata_hash")))


class Copy:
    """One copy of the originals under names of its own."""

    def __init__(self, originals: Originals, number: int) -> None:
        self.originals, self.number = originals, number
        self.catalog = f"{CATALOG}{number}"
        self.bare = {name for name, _ in originals.documents if not name.startswith('"')}
        self.fingerprints: dict[Key, dict[str, str]] = {}
        for key in originals.documents:
            self._fingerprint(key)

    def other(self, value: str) -> str:
        return value if value == "0" else crc32([value, str(self.number)])

    def name(self, name: str) -> str:
        """A model's in the new catalog; a standalone audit has a bare name."""
        return f"{name}_{self.number}" if name in self.bare else name.replace(CATALOG, self.catalog)

    def _fingerprint(self, key: Key) -> dict[str, str]:
        if key not in self.fingerprints:
            old = self.originals.documents[key]["fingerprint"]
            new = {**old, "metadata_hash": self.other(old["metadata_hash"])}
            direct = self.originals.direct[key]
            new["parent_metadata_hash"] = (
                self.other(old["parent_metadata_hash"]) if direct is None
                else parent_metadata_hash(self._fingerprint(parent) for parent in direct))
            self.fingerprints[key] = new
        return self.fingerprints[key]

    def fingerprint(self, name: str, old: dict[str, str]) -> dict[str, str]:
        """Of a snapshot of this name, also of one that is gone."""
        known = self.fingerprints.get((name, identifier(old)))
        return known or {**old, "metadata_hash": self.other(old["metadata_hash"]),
                         "parent_metadata_hash": self.other(old["parent_metadata_hash"])}

    def snapshot_id(self, old: dict[str, Any]) -> dict[str, str]:
        known = self.fingerprints.get((old["name"], old["identifier"]))
        return {"name": self.name(old["name"]),
                "identifier": identifier(known) if known else self.other(old["identifier"])}

    def info(self, old: dict[str, Any]) -> dict[str, Any]:
        """A snapshot, or what an environment says of one."""
        new = {**old, "name": self.name(old["name"]),
               "fingerprint": self.fingerprint(old["name"], old["fingerprint"]),
               "parents": [self.snapshot_id(parent) for parent in old.get("parents", [])]}
        if "previous_versions" in old:
            new["previous_versions"] = [
                {**version, "fingerprint": self.fingerprint(old["name"], version["fingerprint"])}
                for version in old["previous_versions"]]
        return new

    def snapshots(self) -> Iterator[dict[str, Any]]:
        for row in self.originals.rows:
            document = self.info(self.originals.documents[row["name"], row["identifier"]])
            node = json.dumps(document["node"], ensure_ascii=False)
            document["node"] = json.loads(node.replace(CATALOG, self.catalog))
            if row["name"] in self.bare:
                document["node"]["name"] = self.name(row["name"])
            yield {**row, "name": document["name"],
                   "identifier": identifier(document["fingerprint"]),
                   "snapshot": json.dumps(document, ensure_ascii=False, separators=(",", ":"))}

    def intervals(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            new = {**row, "id": hashlib.md5(f"{row['id']} {self.number}".encode()).hexdigest(),
                   "name": self.name(row["name"])}
            if row["identifier"] is not None:
                new["identifier"] = self.snapshot_id(row)["identifier"]
            yield new


def grown(copies: list[Copy], text: str | None, change: Callable[[Copy, dict[str, Any]], dict[str, Any]]) -> str | None:
    """An environment's list with the elements of all copies."""
    if text is None:
        return None
    old = json.loads(text)
    return json.dumps(old + [change(copy, element) for copy in copies for element in old])


def grow(connection: Connection, wanted: int) -> int:
    snapshots, intervals = Table(connection, "_snapshots"), Table(connection, "_intervals")
    environments = Table(connection, "_environments")
    originals = Originals(snapshots.rows)
    copies = [Copy(originals, number) for number in range(1, -(-wanted // len(snapshots.rows)))]
    for copy in copies:
        snapshots.append(copy.snapshots())
        intervals.append(copy.intervals(intervals.rows))
    with connection.cursor() as cursor:
        for row in environments.rows:
            cursor.execute(
                "UPDATE sqlmesh._environments SET snapshots = %s, promoted_snapshot_ids = %s, "
                "previous_finalized_snapshots = %s WHERE name = %s",
                (grown(copies, row["snapshots"], Copy.info),
                 grown(copies, row["promoted_snapshot_ids"], Copy.snapshot_id),
                 grown(copies, row["previous_finalized_snapshots"], Copy.info), row["name"]))
    return len(snapshots.rows) * (len(copies) + 1)


def main() -> None:
    dsn, wanted = sys.argv[1], int(sys.argv[2])
    connection = psycopg2.connect(dsn)
    with connection:
        made = grow(connection, wanted)
    connection.autocommit = True
    connection.cursor().execute("ANALYZE")
    print(f"{made} snapshots")


if __name__ == "__main__":
    main()
