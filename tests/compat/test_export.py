# SPDX-License-Identifier: Apache-2.0
"""Our export of every state of the corpus is SQLMesh's export of it."""

import json

import pytest

from harness import compare, files, paths
from harness.database import corpus_json

ENVIRONMENTS = ("prod", "dev_a", "dev_b", "suffix_env")


@pytest.fixture
def exported(databases, serve, tmp_path):
    """exported(release, when, *arguments) -> path of our export."""
    def export(release, when, *arguments):
        path = tmp_path / "state.json"
        serve(databases.state(release, when)).ok("export", "-o", path, "-y", *arguments)
        return path
    return export


def check(path, reference):
    """Equal as JSON values, as SQLMesh's objects, and in the order of keys."""
    ours, theirs = json.loads(path.read_text()), json.loads(reference.read_text())
    left, right = files.content(ours), files.content(theirs)
    assert files.differences(left, right) == []
    assert compare.differences(path, reference) == []
    assert files.key_orders(right, left) == []


@pytest.mark.parametrize("release", paths.EVERY + paths.DBT)
def test_migrated_state(exported, release):
    check(exported(release, "after"), paths.CORPUS / release / "export_after.json")


def test_newest_state(exported):
    check(exported(paths.NEWEST, "before"), paths.CORPUS / paths.NEWEST / "export_all.json")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_environment(exported, environment):
    check(exported(paths.NEWEST, "before", "--environment", environment),
          paths.CORPUS / paths.NEWEST / f"export_env_{environment}.json")


def test_two_environments_are_the_union(exported):
    document = json.loads(
        exported(paths.NEWEST, "before", "--environment", "dev_b", "--environment", "dev_a").read_text())

    def key(s):
        return (s["name"], tuple(s["fingerprint"].values()))

    wanted = {}
    for name in ("dev_a", "dev_b"):
        part = corpus_json(paths.NEWEST, f"export_env_{name}.json")
        wanted.update({key(s): files.snapshot(s) for s in part["snapshots"]})
    assert sorted(document["environments"]) == ["dev_a", "dev_b"]
    assert {key(s): files.snapshot(s) for s in document["snapshots"]} == wanted


def test_text_is_what_python_writes(exported):
    """Indented by two, ASCII, no line feed at the end; compact without spaces."""
    text = exported(paths.NEWEST, "before").read_text()
    assert text == json.dumps(json.loads(text), indent=2)
    compact = exported(paths.NEWEST, "before", "--compact").read_text()
    assert compact == json.dumps(json.loads(compact), separators=(",", ":"))
    assert files.content(json.loads(compact)) == files.content(json.loads(text))


def test_order_is_fixed(exported):
    """Snapshots by (name, identifier), environments by name, by code point."""
    document = json.loads(exported(paths.NEWEST, "before").read_text())
    from tools.compare_state import info_key
    keys = [info_key(s) for s in document["snapshots"]]
    assert keys == sorted(keys)
    assert list(document["environments"]) == sorted(document["environments"])


def test_equal_states_give_equal_files(databases, serve, tmp_path):
    """Two databases with the same rows in another order: byte for byte, but for the time."""
    first, second = databases.state(), databases.state()
    for table in ("_snapshots", "_environments", "_intervals"):
        second.execute(f"CREATE TEMP TABLE t AS SELECT * FROM sqlmesh.{table}; DELETE FROM sqlmesh.{table}; "
                       f"INSERT INTO sqlmesh.{table} SELECT * FROM t ORDER BY 1 DESC")
    second.execute("UPDATE sqlmesh._intervals SET id = md5(id)")
    texts = []
    for database in (first, second):
        document = serve(database).export(tmp_path / f"{database.name}.json")
        del document["metadata"]["timestamp"]
        texts.append(json.dumps(document))
    assert texts[0] == texts[1]
