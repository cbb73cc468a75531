# SPDX-License-Identifier: Apache-2.0
"""The Prometheus endpoint and the log."""

import json
import re
import subprocess
import time
import urllib.request
from typing import Any

import pytest

from harness import paths
from harness.client import Client
from harness.server import LISTENING

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"


def scrape(server):
    with urllib.request.urlopen(f"http://{server.metrics_address}/metrics", timeout=10) as answer:
        return answer.read().decode()


def samples(text):
    """(name, frozen labels) -> value."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
        if match:
            labels = frozenset(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            found[(match[1], labels)] = float(match[3])
    return found


def total(values, pattern, **labels):
    return sum(value for (name, own), value in values.items()
               if re.fullmatch(pattern, name) and frozenset(labels.items()) <= own)


@pytest.fixture
def used(state, start_server, tmp_path):
    client = Client(start_server(state))
    client.export(tmp_path / "out.json")
    client.import_(FILE)
    client("environment", "nope")
    return client


def test_rpcs_are_counted(used):
    values = samples(scrape(used.server))
    assert total(values, r"stateserver_.*", method="Export") > 0
    names = {name for name, labels in values if ("method", "Import") in labels}
    assert any("seconds" in name for name in names), names
    assert total(values, r"stateserver_\w*_total", code="NOT_FOUND") >= 1


def test_state_gauges(used, state):
    used.ok("import", "-i", FILE, "--replace", "-y")
    points = used.json("restore-points")["restore_points"]
    # It counts when it starts, and again after 30 seconds: test_telemetry does not wait so long.
    used.server.restart()
    deadline = time.monotonic() + 60
    while True:
        values = samples(scrape(used.server))
        if (total(values, r"stateserver_\w*snapshots\w*", gateway="local") == state.count("_snapshots")
                and total(values, "stateserver_restore_points", gateway="local") == len(points) == 1):
            break
        assert time.monotonic() < deadline, [k for k in values if "snap" in k[0]]
        time.sleep(0.05)
    assert total(values, r"stateserver_\w*schema_version\w*", gateway="local") == paths.NEWEST_SCHEMA
    assert total(values, "stateserver_restore_points_bytes", gateway="local") == points[0]["stored_bytes"]
    assert any("build_info" in name for name, _ in values)


def test_every_family_has_help_and_type(used):
    text = scrape(used.server)
    for name in {n for n, _ in samples(text) if n.startswith("stateserver_")}:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert f"# HELP {base} " in text or f"# HELP {name} " in text, name
        assert f"# TYPE {base} " in text or f"# TYPE {name} " in text, name


def test_json_log_has_one_line_per_rpc(state, start_server, tmp_path):
    server = start_server(state)
    server.stop()
    process = subprocess.Popen(
        [str(paths.SERVER), "--config", str(server.config_file), "--listen", "127.0.0.1:0",
         "--metrics-listen", "127.0.0.1:0", "--log-format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, cwd="/")
    try:
        assert process.stdout
        lines: list[dict[str, Any]] = []
        address = None
        while address is None:
            line = process.stdout.readline()
            assert line, lines
            lines.append(json.loads(line))
            match = LISTENING.search(line)
            if match:
                address = match[1]
        server.address = address
        client = Client(server)
        client.ok("versions")
        client.import_(FILE)
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=30)
    lines += [json.loads(line) for line in rest.splitlines()]
    calls = [line for line in lines if "Import" in str(line.get("method", ""))]
    assert len(calls) == 1, lines
    assert any("operation" in key for key in calls[0]) and any("peer" in key for key in calls[0]), calls


def test_secrets_are_not_logged(used, cluster):
    assert cluster.password not in used.server.text()
