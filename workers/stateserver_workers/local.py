# SPDX-License-Identifier: Apache-2.0
"""Sends the snapshots of a project as `sqlmesh state export --local` writes them, one line each.

The lines are the hello, {"begin": {"snapshots": N}}, {"snapshot": {...}} for each snapshot, and
{"end": {"snapshots": N}}. As in SQLMesh, a snapshot in the project's state is sent as stored. Unlike SQLMesh,
the worker does not create the tables of a state that was never migrated.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

from stateserver_workers import protocol, sqlmesh_release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlmesh.core.context import Context
    from sqlmesh.core.snapshot import Snapshot


def open_project(folder: str) -> Context:
    from sqlmesh.core.context import Context

    context = Context(paths=[os.path.abspath(folder)])
    if not context.models:
        raise protocol.Fatal(f"'{folder}' does not seem to have any models: name the project with --project")
    return context


def snapshots(context: Context) -> Mapping[str, Snapshot]:
    if _has_state(context):
        return context.snapshots
    # The same as `context.snapshots` without a stored state, which would create the tables.
    return context._nodes_to_snapshots({**context.models, **context.standalone_audits})


def _has_state(context: Context) -> bool:
    return context._new_state_sync().get_versions(validate=False).schema_version != 0


def stream_snapshots(channel: protocol.Channel, found: Mapping[str, Snapshot]) -> None:
    from sqlmesh.utils.pydantic import DEFAULT_ARGS

    channel.send({"begin": {"snapshots": len(found)}})
    for snapshot in found.values():
        # DEFAULT_ARGS contains only switches.
        channel.send({"snapshot": snapshot.model_dump(mode="json", **DEFAULT_ARGS)})  # type: ignore[arg-type]
    channel.send({"end": {"snapshots": len(found)}})


def stream(channel: protocol.Channel, folder: str) -> None:
    version = sqlmesh_release.installed()
    try:
        # sqlglot has this name, but does not export it.
        from sqlglot import __version__ as sqlglot_version  # type: ignore[attr-defined]
        from sqlmesh.core.state_sync.base import SCHEMA_VERSION
    except Exception as error:
        raise protocol.Fatal(f"SQLMesh cannot be imported: {protocol.sentence(error)}") from error
    channel.hello("local", sqlmesh=version, sqlglot=sqlglot_version, schema=SCHEMA_VERSION)
    try:
        stream_snapshots(channel, snapshots(open_project(folder)))
    except protocol.Fatal:
        raise
    except Exception as error:
        raise protocol.Fatal(f"SQLMesh cannot load the project: {protocol.sentence(error)}") from error


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="stateserver_workers local")
    parser.add_argument("--project", default=".")
    options = parser.parse_args(arguments)
    channel = protocol.Channel()
    logging.disable(logging.ERROR)
    try:
        stream(channel, options.project)
        return 0
    except protocol.Fatal as error:
        channel.send({"fatal": str(error)})
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
