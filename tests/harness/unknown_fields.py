# SPDX-License-Identifier: Apache-2.0
"""Random fields that no SQLMesh knows, in every kind of object of a state file.

Each key is used once, so that a field can be found again wherever its object is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

MARK = "zz"
TEXTS = ["", "a", "ünï ↯ 𝔘", 'say "no"', "back\\slash", "line\nfeed\ttab\r\b\f", "\x01\x7f", "</script>", "null",
         "%s {} $1", "'; --", "\u2028\ufeff", "x" * 300]
NUMBERS = [0, -1, 2**53 + 1, -(2**63), 2**63 - 1, 2**64 - 1, 1.5, -0.0, 1e300, -1e-300, 5e-324, 1.7976931348623157e308,
           0.1, 1e16, 123456789012345.67]
Record = dict[str, Any]


def value(dice: random.Random, depth: int = 0) -> Any:
    """Any JSON value that fits into 64 bits."""
    kind = dice.randrange(7 if depth < 3 else 4)
    if kind == 0:
        return dice.choice([None, True, False])
    if kind == 1:
        return dice.choice(NUMBERS)
    if kind == 2:
        return dice.choice(TEXTS)
    if kind == 3:
        return dice.choice([dice.randrange(-(2**63), 2**64), dice.uniform(-1e20, 1e20)])
    if kind == 4:
        return [value(dice, depth + 1) for _ in range(dice.randrange(4))]
    # Also with names that SQLMesh knows elsewhere.
    names = ["name", "node", "kind", "data_hash", *TEXTS]
    return {dice.choice(names): value(dice, depth + 1) for _ in range(dice.randrange(4))}


class Sprinkler:
    """Adds fields, and remembers them."""

    def __init__(self, dice: random.Random, share: float = 0.5) -> None:
        self._dice = dice
        self._share = share
        self._numbers = itertools.count()
        self.added: dict[str, Any] = {}
        # The kinds of objects that got fields.
        self.places: set[str] = set()

    def _add(self, place: str, target: Any) -> None:
        if not isinstance(target, dict) or (place in self.places and self._dice.random() > self._share):
            return
        self.places.add(place)
        for _ in range(self._dice.randrange(1, 3)):
            key = f"{MARK}{next(self._numbers)}{self._dice.choice(TEXTS)}"
            target[key] = self.added[key] = value(self._dice)

    def _each(self, targets: Any, visit: Callable[[Any], None]) -> None:
        for target in targets.values() if isinstance(targets, dict) else targets or ():
            visit(target)

    def _add_each(self, place: str, targets: Any) -> None:
        self._each(targets, lambda target: self._add(place, target))

    def snapshot(self, record: Record, *, node: bool = True) -> None:
        self._add("snapshot", record)
        self._versioned("snapshot", record)
        if node:
            self._node(record["node"])

    def _versioned(self, place: str, record: Record) -> None:
        self._add(f"{place}.fingerprint", record["fingerprint"])
        self._add_each(f"{place}.parents", record["parents"])
        self._add_each(f"{place}.previous_versions", record["previous_versions"])
        self._each(record["previous_versions"],
                   lambda version: self._add(f"{place}.previous_versions.fingerprint", version["fingerprint"]))

    def _node(self, node: Record) -> None:
        self._add("node", node)
        self._add("node.kind", node.get("kind"))
        for name in ("time_column", "csv_settings"):
            self._add(f"node.kind.{name}", (node.get("kind") or {}).get(name))
        self._add("node.seed", node.get("seed"))
        self._add("node.dbt_node_info", node.get("dbt_node_info"))
        self._sql("node", node)
        self._each(node.get("audit_definitions"), self._audit)
        self._add_each("python_env", node.get("python_env"))
        self._macros(node.get("jinja_macros"))

    def _sql(self, place: str, node: Record) -> None:
        self._add(f"{place}.query", node.get("query"))
        for name in ("pre_statements", "post_statements", "on_virtual_update", "expressions"):
            self._add_each(f"{place}.{name}", node.get(name))

    def _audit(self, audit: Record) -> None:
        self._add("audit", audit)
        self._sql("audit", audit)
        self._macros(audit.get("jinja_macros"))

    def _macros(self, macros: Any) -> None:
        if not isinstance(macros, dict):
            return
        self._add("jinja_macros", macros)
        for group in [macros.get("root_macros"), *(macros.get("packages") or {}).values()]:
            self._add_each("jinja_macros.macro", group)
            self._each(group, lambda macro: self._add_each("jinja_macros.depends_on", macro.get("depends_on")))

    def environment(self, record: Record, *, only_infos: bool = False) -> None:
        """With `only_infos` nothing inside the elements of the lists, which a migration makes from the snapshots."""
        inner = record["environment"]
        for name in ("snapshots", "previous_finalized_snapshots"):
            self._add_each(name, inner.get(name))
            for info in () if only_infos else inner.get(name) or ():
                self._versioned(name, info)
        self._add_each("promoted_snapshot_ids", inner.get("promoted_snapshot_ids"))
        self._add_each("statements", record.get("statements"))
        for statement in record.get("statements") or ():
            self._add_each("python_env", statement.get("python_env"))
            self._macros(statement.get("jinja_macros"))

    def document(self, document: Record, *, only_infos: bool = False, node: bool = True) -> Record:
        for snapshot in document["snapshots"]:
            self.snapshot(snapshot, node=node)
        for environment in document["environments"].values():
            self.environment(environment, only_infos=only_infos)
        return document


def found(document: Any) -> Iterator[tuple[str, Any]]:
    """Each added field, at any depth."""
    if isinstance(document, list):
        for item in document:
            yield from found(item)
    elif isinstance(document, dict):
        for key, inner in document.items():
            if key.startswith(MARK) and key[len(MARK):len(MARK) + 1].isdigit():
                yield key, inner
            else:
                yield from found(inner)


def lost(added: dict[str, Any], document: Any) -> list[str]:
    """The added fields that the document lacks, or has with another value."""
    there = dict(found(document))
    return [key for key, inner in added.items() if key not in there or not same(inner, there[key])]


def same(one: Any, other: Any) -> bool:
    """Equal, of the same type at every level: 1 is neither 1.0 nor true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(inner, other[key]) for key, inner in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)
