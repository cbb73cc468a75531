"""Every session of docs/howto.md runs, one after the other, and prints what the document says."""

import shutil

from harness import documents, paths
from harness.server import Server, gateway

HOWTO = paths.ROOT / "docs" / "howto.md"


def test_the_sessions(databases, tmp_path):
    shutil.copy(paths.CORPUS / paths.NEWEST / "export_env_dev_b.json", tmp_path / "part.json")
    server = Server({"prod": gateway(databases.state()), "new": gateway(databases.empty()),
                     "old": gateway(databases.state("0.231.1"))})
    try:
        variables = documents.environment(server)
        found = list(documents.sessions(HOWTO.read_text(encoding="utf8"), "how"))
        assert len(found) >= 6
        for session in found:
            for command, expected in session:
                printed = documents.run(command, tmp_path, variables)
                for database, name in ((gateway_["state_connection"]["database"], f"DATABASE-{key}")
                                       for key, gateway_ in server.gateways.items()):
                    printed = printed.replace(database, name)
                assert documents.normal(printed) == expected, command
    finally:
        server.stop()
