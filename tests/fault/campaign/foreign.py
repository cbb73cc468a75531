# SPDX-License-Identifier: Apache-2.0
"""Changes by somebody who does not know of stateserver: raw SQL, and the intervals that the real SQLMesh writes.

Nobody but PostgreSQL keeps such a writer and stateserver apart. It takes only the locks that its statements take.
What it does depends on the state alone, not on which rows a compaction has left, so that it can be repeated.
"""

from __future__ import annotations

import functools
import json
import tempfile
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg2

from fault.campaign import files
from fault.campaign.history import DONE, FAILED, UNKNOWN, UNREACHABLE, Attempt, ForeignWrite

if TYPE_CHECKING:
    import random

    from psycopg2.extensions import connection as Connection

    from fault.campaign.files import Key
    from harness.database import Database

# How often each kind is chosen.
KINDS = {
    "touch": 4,     # another plan becomes that of an environment
    "drop": 1,      # an environment is deleted
    "add": 3,       # a row of _intervals is inserted where the snapshot exists
    "forget": 2,    # all rows of _intervals of a snapshot's version are deleted
    "interval": 4,  # SQLMesh's StateSync.add_interval
}

# A change writes its mark in its own transaction, last, with a number of the audit trail's sequence. A change by
# stateserver draws its number while it locks the state tables against writers, a foreign one after it has written to
# one of them: so the order of the numbers is the order in which the two were committed.
MARKS = """
CREATE SCHEMA campaign;
CREATE TABLE campaign.marks (id uuid NOT NULL, seq bigint NOT NULL)
"""
MARK = ("INSERT INTO campaign.marks (id, seq)"
        " VALUES ('{}', nextval(pg_get_serial_sequence('stateserver.audit', 'seq')))")
COMMITTED = ("SELECT operation_id::text, seq FROM stateserver.audit WHERE event = 'succeeded'"
             " UNION ALL SELECT id::text, seq FROM campaign.marks ORDER BY seq")

# SQL states that end a session: the commit may have been carried out before. Others end a transaction.
ENDS_SESSION = ("08", "57", "XX")

# A later interval takes away from a pending restatement, by the clocks of those who wrote the two. The campaign turns
# clocks, so it leaves these versions alone.
PENDING = {(s["name"], s["version"]) for s in files.SNAPSHOTS.values() if s["pending_restatement_intervals"]}
TARGETS = sorted(key for key, s in files.SNAPSHOTS.items()
                 if s["intervals"] and (s["name"], s["version"]) not in PENDING)


def prepare(database: Database) -> None:
    """Once, in a database whose audit trail exists."""
    database.execute(MARKS)


def choose(gateway: str, chance: random.Random) -> ForeignWrite:
    """A change, by chance."""
    write = ForeignWrite(str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                         chance.choices(list(KINDS), list(KINDS.values()))[0], gateway)
    write.environment = chance.choice(files.NAMES)
    write.plan = f"{chance.getrandbits(128):032x}"
    write.snapshot = chance.choice(TARGETS)
    first, last = _days(write.snapshot)
    write.start = first + chance.randint(-3, (last - first) // files.DAY) * files.DAY
    write.end = write.start + chance.randint(1, 3) * files.DAY
    return write


def _days(key: Key) -> tuple[int, int]:
    intervals = files.SNAPSHOTS[key]["intervals"]
    return intervals[0][0], intervals[-1][1]


def attempt(database: Database, write: ForeignWrite) -> None:
    """Carries out a change once, and notes what came of it."""
    began, code, reason = time.monotonic(), DONE, {}
    try:
        connection = psycopg2.connect(database.url, connect_timeout=10, options="-c statement_timeout=30s")
    except psycopg2.Error as error:
        code, reason = UNREACHABLE, {"reason": repr(error)}
    else:
        try:
            perform(connection, write)
        except psycopg2.Error as error:
            code, reason = _code(error), {"reason": repr(error)}
        finally:
            connection.close()
    write.attempts.append(Attempt(began, time.monotonic(), code, reason))


def _code(error: psycopg2.Error) -> int:
    return UNKNOWN if error.pgcode is None or error.pgcode.startswith(ENDS_SESSION) else FAILED


def _mark(cursor: Any, write: ForeignWrite) -> None:
    cursor.execute(MARK.format(write.id))


def perform(connection: Connection, write: ForeignWrite,
            before_commit: Callable[[Any, ForeignWrite], None] = _mark) -> None:
    """The change in a transaction, which does that last."""
    if write.kind == "interval":
        _by_sqlmesh(connection, write, before_commit)
        return
    with connection, connection.cursor() as cursor:
        for statement, arguments in _statements(write):
            cursor.execute(statement, arguments)
        before_commit(cursor, write)


def _by_sqlmesh(connection: Connection, write: ForeignWrite,
                before_commit: Callable[[Any, ForeignWrite], None]) -> None:
    from tools import state_sync  # here, since SQLMesh takes seconds to load
    with tempfile.TemporaryDirectory(prefix="ss-cache-") as cache:
        sync = state_sync.open_state(lambda: connection, cache)
        with sync.engine_adapter.transaction():
            sync.add_interval(snapshot(write.snapshot), write.start, write.end)
            before_commit(sync.engine_adapter.cursor, write)


@functools.cache
def snapshot(key: Key) -> Any:
    """SQLMesh's own object of a snapshot of the files."""
    from sqlmesh.core.snapshot import Snapshot
    return Snapshot.parse_obj(json.loads(json.dumps(files.SNAPSHOTS[key])))


def _statements(write: ForeignWrite) -> list[tuple[str, tuple[Any, ...]]]:
    """(statement, arguments) of a change by raw SQL."""
    name, version, identifier = _identity(write.snapshot)
    if write.kind == "touch":
        return [("UPDATE sqlmesh._environments SET plan_id = %s WHERE name = %s", (write.plan, write.environment)),
                ("UPDATE sqlmesh._environment_statements SET plan_id = %s WHERE environment_name = %s",
                 (write.plan, write.environment))]
    if write.kind == "drop":
        return [("DELETE FROM sqlmesh._environments WHERE name = %s", (write.environment,)),
                ("DELETE FROM sqlmesh._environment_statements WHERE environment_name = %s", (write.environment,))]
    if write.kind == "add":
        return [("INSERT INTO sqlmesh._intervals (id, created_ts, name, identifier, version, dev_version, "
                 "start_ts, end_ts,"
                 " is_dev, is_removed, is_compacted, is_pending_restatement)"
                 " SELECT %s, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, name, identifier, version,"
                 " dev_version, %s, %s, false, false, false, false"
                 " FROM sqlmesh._snapshots WHERE name = %s AND identifier = %s",
                 (write.plan, write.start, write.end, name, identifier))]
    assert write.kind == "forget", write.kind
    return [("DELETE FROM sqlmesh._intervals WHERE name = %s AND version = %s", (name, version))]


def _identity(key: Key) -> tuple[str, str, str]:
    """(name, version, identifier)"""
    parsed = snapshot(key)
    return parsed.name, parsed.version, parsed.identifier
