# SPDX-License-Identifier: Apache-2.0
"""Every session of docs/howto.md runs, one after the other, and prints what the document says."""

import pytest

from harness import documents, paths, schemas
from harness.alembic import Alembic
from harness.cluster import Cluster
from harness.database import Databases
from harness.server import Server, gateway

HOWTO = paths.ROOT / "docs" / "howto.md"
# In milliseconds: 2026-11-29 and 2099-11-29.
EXPIRES, LATER = "1795910400000", "4099593600000"


USERS = ("CREATE TABLE users (id BIGINT NOT NULL, name VARCHAR(50)) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 "
         "PROPERTIES ('replication_num' = '1')")


@pytest.fixture
def databases():
    """Of a cluster that keeps what it acknowledged, as a reader's does; that of the other tests runs without fsync."""
    cluster = Cluster(settings=[("fsync", "on")])
    yield Databases(cluster)
    cluster.destroy()


def test_the_sessions(databases, starrocks, tmp_path):
    part = (paths.CORPUS / paths.NEWEST / "export_env_dev_b.json").read_text(encoding="utf8")
    assert EXPIRES in part
    # The environment of the document has not expired yet.
    (tmp_path / "part.json").write_text(part.replace(EXPIRES, LATER), encoding="utf8")
    alembic = Alembic(starrocks, tmp_path)
    alembic.by_hand("aaa111", None, USERS, "DROP TABLE users")
    alembic("upgrade", "head")
    server = Server({"prod": gateway(databases.state()), "new": gateway(databases.empty()),
                     # Else the release of the Python that runs the tests is printed.
                     "old": gateway(databases.state("0.231.1"), rewrite_python="3.12.9"),
                     "warehouse": gateway(databases.empty(),
                                          connection=schemas.warehouse(starrocks.server, starrocks.name))})
    try:
        variables = documents.environment(server)
        found = list(documents.sessions(HOWTO.read_text(encoding="utf8"), "how"))
        assert len(found) >= 8
        for session in found:
            for command, expected in session:
                printed = documents.run(command, tmp_path, variables)
                for database, name in ((gateway_["state_connection"]["database"], f"DATABASE-{key}")
                                       for key, gateway_ in server.gateways.items()):
                    printed = printed.replace(database, name)
                printed = printed.replace(starrocks.name, "analytics")
                assert documents.normal(printed) == expected, command
    finally:
        server.stop()
