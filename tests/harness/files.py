# SPDX-License-Identifier: Apache-2.0
"""State files as values: what must be equal, and what need not be."""

from typing import Any


def content(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its time and token, with unordered things sorted."""
    metadata = {k: v for k, v in document["metadata"].items() if k not in ("timestamp", "stateserver")}
    return {
        **document,
        "metadata": metadata,
        "snapshots": sorted((snapshot(s) for s in document["snapshots"]),
                            key=lambda s: (s["name"], sorted(s["fingerprint"].items()))),
        "environments": dict(sorted(document["environments"].items())),
    }


def snapshot(document: dict[str, Any]) -> dict[str, Any]:
    """A snapshot with those lists sorted that SQLMesh keeps as sets."""
    result = dict(document)
    result["parents"] = sorted(document["parents"], key=lambda p: (p["name"], p["identifier"]))
    node = dict(document["node"])
    for key in ("depends_on", "ignored_rules"):
        if isinstance(node.get(key), list):
            node[key] = sorted(node[key], key=str)
    result["node"] = node
    return result


def differences(a: Any, b: Any, where: str = "$") -> list[str]:
    """Paths at which two JSON values differ, as sentences."""
    if type(a) is not type(b):
        return [f"{where}: {a!r:.80} is no {type(b).__name__} {b!r:.80}"]
    if isinstance(a, dict):
        found = [f"{where}: only left has {key!r}" for key in a if key not in b]
        found += [f"{where}: only right has {key!r}" for key in b if key not in a]
        for key in a:
            if key in b:
                found += differences(a[key], b[key], f"{where}.{key}")
        return found
    if isinstance(a, list):
        found = [] if len(a) == len(b) else [f"{where}: {len(a)} items, {len(b)} items"]
        for i, (x, y) in enumerate(zip(a, b)):
            found += differences(x, y, f"{where}[{i}]")
        return found
    return [] if a == b else [f"{where}: {a!r:.120} != {b!r:.120}"]


def key_orders(a: Any, b: Any, where: str = "$") -> list[str]:
    """Paths of objects whose keys are equal but come in another order."""
    found = []
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b) and set(a) == set(b):
            found.append(where)
        for key in a:
            if key in b:
                found += key_orders(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list) and isinstance(b, list):
        for i, (x, y) in enumerate(zip(a, b)):
            found += key_orders(x, y, f"{where}[{i}]")
    return found
