# SPDX-License-Identifier: Apache-2.0
"""Two at work on one state: each export is one instant, each import all or nothing."""

import json
import threading
import time

import pytest

from harness import compare, files, paths
from harness.client import Client
from harness.shop import Shop
from harness.sqlmesh import SQLMesh

ALL = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"


class Background(threading.Thread):
    """Runs `act` again and again until stop()."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act, self.error, self.runs = act, None, 0
        self._ended = threading.Event()
        self.start()

    def run(self):
        try:
            while not self._ended.is_set():
                self.act(self.runs)
                self.runs += 1
        except BaseException as error:  # shown by stop
            self.error = error

    def await_runs(self, number):
        deadline = time.monotonic() + 120
        while self.runs < number and self.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self):
        self._ended.set()
        self.join(120)
        if self.error:
            raise self.error
        return self.runs


@pytest.mark.streams
def test_exports_between_replaces(state, serve, tmp_path):
    """Every export is the one file or the other, never a mixture."""
    client = serve(state)
    known = {path: files.content(json.loads(path.read_text())) for path in (ALL, PART)}
    importer = Background(lambda run: client.import_((ALL, PART)[run % 2], "--replace"))
    seen = set()
    for _ in range(25):
        got = files.content(client.export(tmp_path / "out.json"))
        (which,) = [path for path, value in known.items() if files.differences(got, value) == []]
        seen.add(which)
    assert importer.stop() > 1
    assert len(seen) == 2


@pytest.mark.streams
def test_two_servers_on_one_database(state, start_server):
    """All coordination is in PostgreSQL."""
    clients = [Client(start_server(state)) for _ in range(2)]
    threads = [Background(lambda run, c=c: c.import_((ALL, PART)[run % 2], "--replace")) for c in clients]
    for thread in threads:
        thread.await_runs(8)
    assert all(thread.stop() >= 8 for thread in threads)
    assert state.count("_environments") in (1, 8)
    assert state.count("_snapshots") in (27, 73)


def test_import_against_sqlmeshs_import(databases, serve):
    """Both merge the same file at once: the same state as one after the other."""
    database, twin = databases.state(), databases.state()
    client, sqlmesh = serve(database), SQLMesh(database)
    ours = Background(lambda run: client.import_(ALL))
    for _ in range(2):
        sqlmesh.import_(ALL)
    assert ours.stop() > 2
    serve(twin).import_(ALL)
    assert compare.differences(database, twin, ignore=()) == []


def test_import_against_sqlmeshs_plan(databases, serve, tmp_path):
    """A plan that is being applied while its project's state is imported, again and again."""
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    shop = Shop(database, tmp_path / "project", step=0)
    shop.apply("prod")
    client.export(tmp_path / "prod.json")
    ours = Background(lambda run: client.import_(tmp_path / "prod.json"))
    shop.at(2).apply("dev_a")
    assert ours.stop() > 3
    assert shop.has_changes("dev_a") is None
    assert shop.at(0).has_changes("prod") is None
    assert sorted(client.export(tmp_path / "end.json")["environments"]) == ["dev_a", "prod"]


def test_export_against_sqlmeshs_plan(databases, serve, tmp_path):
    """Every environment of every export finds all of its snapshots in the same file."""
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    shop = Shop(database, tmp_path / "project", step=0)
    sums = []

    def export(_):
        document = client.export(tmp_path / "out.json")
        have = {(s["name"], json.dumps(s["fingerprint"], sort_keys=True)) for s in document["snapshots"]}
        for entry in document["environments"].values():
            for info in entry["environment"]["snapshots"]:
                assert (info["name"], json.dumps(info["fingerprint"], sort_keys=True)) in have
        sums.append(len(have))

    ours = Background(export)
    shop.apply("prod")
    shop.at(2).apply("dev_a")
    assert ours.stop() > 5
    assert len(set(sums)) > 1
