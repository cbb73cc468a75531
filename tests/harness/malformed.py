# SPDX-License-Identifier: Apache-2.0
"""The edited state files of the corpus transcripts, made again from the original.

CASES: name -> (edit, expected) where expected is a list of texts that the
error must hold, or None where the file is a good one for us as well. An edit
takes the parsed document and returns a document or the bytes of the file.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness import paths

if TYPE_CHECKING:
    import pathlib

Edit = Callable[[dict[str, Any]], dict[str, Any] | bytes]

SOURCE = paths.CORPUS / paths.NEWEST / "export_all_warmcache.json"


def write(name: str, folder: pathlib.Path) -> pathlib.Path:
    edit, _ = CASES[name]
    path = folder / f"{name}.json"
    path.write_bytes(render(edit))
    return path


def render(edit: Edit) -> bytes:
    made = edit(json.loads(SOURCE.read_text()))
    return made if isinstance(made, bytes) else json.dumps(made, indent=2).encode()


def put(*keys_and_value: Any) -> Edit:
    """put("metadata", "timestamp", 5): sets $.metadata.timestamp."""
    *keys, last, value = keys_and_value

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        at: Any = document
        for key in keys:
            at = at[key]
        at[last] = value
        return document
    return edit


def drop(*keys: str) -> Edit:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        at: Any = document
        for key in keys[:-1]:
            at = at[key]
        del at[keys[-1]]
        return document
    return edit


def cut(fraction: float) -> Edit:
    """The file's first part only."""
    def edit(document: dict[str, Any]) -> bytes:
        data = json.dumps(document, indent=2).encode()
        return data[:int(len(data) * fraction)]
    return edit


def duplicated(document: dict[str, Any]) -> dict[str, Any]:
    document["snapshots"].append(copy.deepcopy(document["snapshots"][0]))
    return document


def in_environments(document: dict[str, Any]) -> bytes:
    """Cut in the middle of the environments section."""
    data = json.dumps(document, indent=2)
    return data[:data.index('"environments"') + 2000].encode()


def reversed_order(document: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(document.items()))


def ghost(document: dict[str, Any]) -> dict[str, Any]:
    document["environments"]["dev_a"]["environment"]["snapshots"].append({"name": "ghost"})
    return document


def dangling(document: dict[str, Any]) -> dict[str, Any]:
    """An entry of the right shape whose snapshot is nowhere."""
    infos = document["environments"]["dev_a"]["environment"]["snapshots"]
    info = copy.deepcopy(infos[0])
    info["fingerprint"]["data_hash"] = "1"
    infos.append(info)
    return document


def other_release(document: dict[str, Any], release: str, *keys: str) -> dict[str, Any]:
    """These top-level keys of the file, as another release of SQLMesh writes them."""
    document["versions"]["sqlmesh_version"] = release
    return {key: document[key] for key in keys}


def text(value: bytes) -> Edit:
    return lambda document: value


CASES: dict[str, tuple[Edit, list[str] | None]] = {
    # Not JSON, or not the right JSON.
    "empty": (text(b""), ["empty"]),
    "garbage": (text(b"hello world"), ["Invalid JSON", "'h'"]),
    "list": (text(b"[1, 2]"), ["Expected JSON object"]),
    "trunc_snapshots": (cut(0.5), ["end of file"]),
    "trunc_env": (in_environments, ["end of file"]),
    "trunc_last": (lambda d: json.dumps(d, indent=2).encode()[:-1], ["end of file"]),
    "trailing": (lambda d: json.dumps(d, indent=2).encode() + b"garbage", ["after"]),
    # The opening checks.
    "no_metadata": (drop("metadata"), ["Expecting a 'metadata' key to be present"]),
    "metadata_list": (put("metadata", []), ["Expecting the 'metadata' key to contain an object"]),
    "no_file_version": (drop("metadata", "file_version"),
                        ["Unable to determine state file format version from the input file"]),
    "bad_file_version": (put("metadata", "file_version", "abc"),
                         ["Unable to parse state file format version: abc"]),
    "file_version_2": (put("metadata", "file_version", 2), ["2"]),
    "not_importable": (put("metadata", "importable", False),
                       ["State file is marked as not importable. Aborting"]),
    "timestamp_int": (put("metadata", "timestamp", 5),
                      ["'timestamp' contains an invalid value. Expecting str, got: 5"]),
    # SQLMesh shows a traceback where a section is missing.
    "no_timestamp": (drop("metadata", "timestamp"), ["timestamp"]),
    "no_versions": (drop("versions"), ["versions"]),
    "no_snapshots": (drop("snapshots"), ["snapshots"]),
    "no_environments": (drop("environments"), ["environments"]),
    "environments_list": (put("environments", []), ["environments"]),
    "snapshots_object": (put("snapshots", {"a": 1}), ["snapshots"]),
    # Versions.
    "v_old": (put("versions", "sqlmesh_version", "0.235.1"),
              [f"SQLMesh version mismatch. You are running '{paths.NEWEST}' but the state file was created with "
               "'0.235.1'."]),
    # As in SQLMesh, another version comes before a missing key and before damage in the records.
    "v_old_no_records": (lambda d: other_release(d, "0.235.1", "metadata", "versions"), ["SQLMesh version mismatch"]),
    "v_new_no_records": (lambda d: other_release(d, "0.237.0", "versions", "metadata"), ["SQLMesh version mismatch"]),
    "v_old_trunc": (lambda d: cut(0.9)(other_release(d, "0.235.1", *d)), ["SQLMesh version mismatch"]),
    # Records.
    # Of a later release: kept, see test_unknown_fields.py.
    "unknown_field": (put("snapshots", 3, "unknown_field", 1), None),
    "bad_fingerprint_type": (put("snapshots", 2, "fingerprint", "x"), ["fingerprint"]),
    "bad_expiration": (put("environments", "dev_a", "environment", "expiration_ts", "soon"),
                       ["expiration_ts", "dev_a"]),
    "dup_snapshot": (duplicated, ["twice|duplicate|Duplicate"]),
    "env_bad_snapshot_info": (ghost, ["dev_a"]),
    "dangling": (dangling, ["dev_a"]),
    # Good ones.
    "v_patch": (put("versions", "sqlmesh_version", "0.236.1"), None),
    "v_schema": (put("versions", "schema_version", 7), None),
    "order_reversed": (reversed_order, None),
    "extra_top_key": (put("extra", [1, {"a": 2}]), None),
    "compact": (lambda d: json.dumps(d, separators=(",", ":")).encode(), None),
    "nothing": (lambda d: {**d, "snapshots": [], "environments": {}}, None),
}

BAD = [name for name, (_, expected) in CASES.items() if expected is not None]
GOOD = [name for name, (_, expected) in CASES.items() if expected is None]
