# SPDX-License-Identifier: Apache-2.0
"""The Python workers against the real SQLMesh: payload rewrites, fingerprints, local snapshots."""

import importlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from harness import files, paths, releases
from harness.database import Databases
from harness.shop import Shop

WORKERS = paths.ROOT / "workers"


def ask(role, items, python=sys.executable):
    """The worker's hello (or last words) and its answers."""
    request = json.dumps({"id": 1, "items": items}) + "\n"
    result = subprocess.run(
        [python, "-m", "stateserver_workers", role], input=request, capture_output=True, text=True, timeout=240,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(WORKERS), "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true"})
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines, result.stderr
    return lines[0], lines[1]["answers"] if len(lines) > 1 else None


class Adapter:
    """An engine that holds one list of rows: what a migration script reads and inserts."""

    dialect = "postgres"

    def __init__(self, rows):
        self.rows, self.inserted = rows, None

    def fetchall(self, *_arguments, **_options):
        return self.rows

    def delete_from(self, *_arguments):
        pass

    def insert_append(self, _table, frame, **_options):
        self.inserted = frame.to_dict("records")


def sqlmesh_rewrites(number, module, envs):
    """The python_envs as SQLMesh's own migration script leaves them."""
    columns = 12 if number == 102 else 9
    rows = [(f"n{i}", "i", "v", json.dumps({"node": {"name": f"m{i}", "python_env": env}}),
             *[None] * (columns - 4)) for i, env in enumerate(envs)]
    adapter = Adapter(rows)
    importlib.import_module(f"sqlmesh.migrations.{module}").migrate_rows(adapter, "sqlmesh")
    texts: list[Any] = [row["snapshot"] for row in adapter.inserted] if adapter.inserted else [row[3] for row in rows]
    return [json.loads(text)["node"]["python_env"] for text in texts]


def our_rewrites(number, envs):
    places = [(i, key) for i, env in enumerate(envs) for key, executable in env.items()
              if concerns(number, key, executable)]
    items = [{"migration": number, "payload": envs[i][key]["payload"], "model": f"m{i}"} for i, key in places]
    _, answers = ask("rewrite", items)
    result = json.loads(json.dumps(envs))
    for (i, key), answer in zip(places, answers):
        assert "error" not in answer, answer
        result[i][key]["payload"] = answer["payload"]
        assert answer["changed"] == (answer["payload"] != envs[i][key]["payload"])
    return result


def concerns(number, key, executable):
    variables = ("__sqlmesh__vars__", "__sqlmesh__blueprint__vars__")
    return {85: key in variables and executable.get("kind") == "value", 87: key == variables[1],
            102: executable.get("kind") == "definition"}[number]


MADE_UP = [
    {"__sqlmesh__blueprint__vars__": {"kind": "value", "payload": payload},
     "__sqlmesh__vars__": {"kind": "value", "payload": payload},
     "f": {"kind": "definition", "payload": code}}
    for payload, code in [
        ("{'b': 1, 'a': SqlValue(sql=\"x || 'y'\")}", "def f( a,b ):\n  return lambda : (a,b)"),
        ("{'Customer': 'Sü', 'FIELD': [1, (2,)], 'x': {3}}", "@x\ndef f(a: int=1, *, b) -> str: return f'{a!r:>{b}}'"),
        ("{'A': 1, 'a': 2, 'B': -1.5, '1': None}", "class C( object ):\n    '''doc'''\n    x = 'it\\'s'"),
        ("{}", "async def f(): return [x async for x in y if not x is None]"),
        ('{"a": True}', "x = 1 if y else (2 , )\ndel x[1:2]; print('ü')")]]


@pytest.mark.parametrize("release", ["0.137.1", "0.163.0", "0.200.0", "made up"])
def test_rewrites_are_sqlmeshs(databases, release):
    if release == "made up":
        envs = MADE_UP
    else:
        rows = databases.state(release).execute("SELECT snapshot FROM sqlmesh._snapshots")
        envs = [env for env in (json.loads(row[0])["node"].get("python_env") for row in rows) if env]
    assert envs
    changed = 0
    for number, module in ((85, "v0085_deterministic_repr"), (87, "v0087_normalize_blueprint_variables"),
                           (102, "v0102_normalize_python_env_payloads")):
        expected = sqlmesh_rewrites(number, module, envs)
        assert our_rewrites(number, envs) == expected, number
        changed += expected != envs
        envs = expected
    assert changed, "no payload needed a rewrite: the test shows nothing"


@pytest.mark.parametrize("release", [
    release if release in ("0.137.1", "0.200.0", paths.NEWEST) else pytest.param(release, marks=pytest.mark.exhaustive)
    for release in paths.EVERY])
def test_fingerprints_are_the_stored_ones(databases, release):
    """Of the rows that the newest SQLMesh wrote: all of its own state, the migrated ones of older states."""
    newest = release == paths.NEWEST
    rows = databases.state(release, "before" if newest else "after").execute(
        "SELECT snapshot FROM sqlmesh._snapshots ORDER BY name, identifier")
    documents = [row[0] for row in rows if newest or json.loads(row[0]).get("migrated")]
    assert len(documents) >= 49
    hello, answers = ask("fingerprint", [{"snapshot": document} for document in documents])
    assert hello["sqlmesh"] == paths.NEWEST
    stored = [json.loads(document)["fingerprint"] for document in documents]
    assert answers == [{key: f[key] for key in ("data_hash", "metadata_hash")} for f in stored]


def test_a_document_that_does_not_parse_is_an_error_of_its_own():
    _, answers = ask("fingerprint", [{"snapshot": text} for text in ("{}", "[", '{"node": {"source_type": "sql"}}')])
    assert all(answer["error"] for answer in answers)


def test_an_older_sqlmesh_is_refused():
    fatal, answers = ask("fingerprint", [], releases.python("0.213.0"))
    assert "fingerprints need SQLMesh 0.236.x, and the worker's Python has 0.213.0" in fatal["fatal"]
    assert answers is None


@pytest.fixture(scope="module")
def shop(cluster, tmp_path_factory):
    """A project whose prod is applied, changed since."""
    database = Databases(cluster).empty()
    shop = Shop(database, tmp_path_factory.mktemp("shop"), step=0)
    shop.apply("prod")
    yield shop.at(2)
    cluster.drop(database.name)


def made_now_aside(document):
    """A snapshot that no state holds is made by each export anew."""
    for snapshot in document["snapshots"]:
        if "version" not in snapshot:
            assert snapshot.pop("created_ts") and snapshot.pop("updated_ts")
    return files.content(document)


def test_a_local_export_is_sqlmeshs(shop, serve, tmp_path):
    """Some models as they are stored, some changed since."""
    theirs = shop.export(tmp_path / "theirs.json", "--local")
    client, path = serve(shop.database), tmp_path / "ours.json"
    client.environment = {"STATE_DB": shop.database.name, "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true"}
    client.ok("export", "-o", path, "--local", "--project", shop.project, "--python", sys.executable, "-y",
              cwd=shop.project)
    ours = json.loads(path.read_text())
    assert ours["metadata"]["importable"] is False and ours["environments"] == {}
    assert {"version" in s for s in ours["snapshots"]} == {True, False}
    assert files.differences(made_now_aside(ours), made_now_aside(theirs)) == []
    assert client("import", "-i", path, "-y", "--format", "json", code=1).error["reason"] == "FILE_NOT_IMPORTABLE"


def test_a_local_export_leaves_an_empty_state_alone(shop, serve, databases, tmp_path):
    """SQLMesh would create the tables; the snapshots come without versions."""
    client, path = serve(shop.database), tmp_path / "ours.json"
    empty = databases.empty()
    client.environment = {"STATE_DB": empty.name, "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true"}
    shop = shop.copy(tmp_path / "project", empty)
    client.ok("export", "-o", path, "--local", "--project", shop.project, "--python", sys.executable, "-y",
              cwd=shop.project)
    assert not any("version" in s for s in json.loads(path.read_text())["snapshots"])
    assert empty.tables() == []


def test_without_sqlmesh_one_sentence_says_what_to_install(state, serve, tmp_path):
    client, path = serve(state), tmp_path / "x.json"
    result = client("export", "-o", path, "--local", "--project", tmp_path, "--python", "/usr/bin/python3", "-y",
                    code=1)
    assert "Error: SQLMesh is not installed for /usr/bin/python3: install it there" in result.err
    assert not path.exists()


def test_a_folder_that_is_no_project(state, serve, tmp_path):
    result = serve(state)("export", "-o", tmp_path / "x.json", "--local", "--project", tmp_path, "--python",
                          sys.executable, "-y", code=1)
    assert "Error: SQLMesh cannot load the project" in result.err
