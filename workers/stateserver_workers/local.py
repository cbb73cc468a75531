"""The snapshots of a project as `sqlmesh state export --local` writes them, one line each.

hello, then {"snapshot": {...}} for each, then {"end": {"snapshots": N}}. As in SQLMesh a snapshot that
the project's state holds comes as stored. Unlike SQLMesh, a state that was never migrated is left so.
"""

import argparse
import logging
import os
import sys

from stateserver_workers import protocol, sqlmesh_release


def open_project(folder, gateway):
    from sqlmesh.core.context import Context

    context = Context(paths=[os.path.abspath(folder)], gateway=gateway or None)
    if not context.models:
        raise protocol.Fatal(f"'{folder}' does not seem to have any models: name the project with --project")
    return context


def snapshots(context):
    if _has_state(context):
        return context.snapshots
    # What `context.snapshots` gives where nothing is stored; it would create the tables.
    return context._nodes_to_snapshots({**context.models, **context.standalone_audits})


def _has_state(context):
    return context._new_state_sync().get_versions(validate=False).schema_version != 0


def documents(context):
    from sqlmesh.utils.pydantic import DEFAULT_ARGS

    for snapshot in snapshots(context).values():
        yield snapshot.model_dump(mode="json", **DEFAULT_ARGS)


def stream(channel, folder, gateway):
    version = sqlmesh_release.installed()
    try:
        from sqlglot import __version__ as sqlglot_version
        from sqlmesh.core.state_sync.base import SCHEMA_VERSION
    except Exception as error:
        raise protocol.Fatal(f"SQLMesh cannot be imported: {protocol.sentence(error)}") from error
    channel.hello("local", sqlmesh=version, sqlglot=sqlglot_version, schema=SCHEMA_VERSION)
    count = 0
    try:
        for document in documents(open_project(folder, gateway)):
            channel.send({"snapshot": document})
            count += 1
    except protocol.Fatal:
        raise
    except Exception as error:
        raise protocol.Fatal(f"SQLMesh cannot load the project: {protocol.sentence(error)}") from error
    channel.send({"end": {"snapshots": count}})


def main(arguments):
    parser = argparse.ArgumentParser(prog="stateserver_workers local")
    parser.add_argument("--project", default=".")
    parser.add_argument("--gateway", default="")
    options = parser.parse_args(arguments)
    channel = protocol.Channel()
    logging.disable(logging.ERROR)
    try:
        stream(channel, options.project, options.gateway)
        return 0
    except protocol.Fatal as error:
        channel.send({"fatal": str(error)})
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
