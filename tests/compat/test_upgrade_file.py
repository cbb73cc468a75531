# SPDX-License-Identifier: Apache-2.0
"""`upgrade-file` makes of an older state file what SQLMesh's import, migrate and export make of it."""

import gzip
import json

import pytest

from harness import compare, paths, workers
from harness.database import corpus_json
from harness.sqlmesh import SQLMesh

# Where docs/migrations.md says that a migration does otherwise than SQLMesh's.
DEVIATIONS = ("environments.promoted_snapshot_ids", "environments.previous_finalized_snapshots")
# When the migration was.
TIMES = ("metadata", "snapshots.updated_ts", "snapshots.unpaused_ts")


def nothing_left(database):
    """No schema but those that every database has."""
    return database.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
        " AND nspname NOT IN ('public', 'information_schema')") == []


@pytest.mark.parametrize("release", paths.EXPORTABLE + paths.DBT)
def test_equal_to_the_export_after_sqlmeshs_migration(empty, serve, tmp_path, release):
    new = tmp_path / "new.json"
    result = serve(empty, **workers.OPTIONS).json(
        "upgrade-file", "-i", paths.CORPUS / release / "export_all.json", "-o", new)
    # SQLMesh's export of a dbt project leaves out what a fingerprint depends on.
    reference = "upgraded.json" if release in paths.DBT else "export_after.json"
    assert compare.differences(new, paths.CORPUS / release / reference, ignore=TIMES + DEVIATIONS) == []
    document = json.loads(new.read_text())
    assert document["versions"] == {
        "schema_version": paths.NEWEST_SCHEMA, "sqlglot_version": paths.NEWEST_SQLGLOT, "sqlmesh_version": paths.NEWEST}
    assert result["changed"] and result["before"]["sqlmesh_version"] == release.removeprefix("dbt-")
    assert result["snapshots"] == len(document["snapshots"])
    assert nothing_left(empty)


@pytest.mark.parametrize("release", [paths.EXPORTABLE[0], paths.EXPORTABLE[-1]])
def test_sqlmesh_imports_the_result(databases, serve, tmp_path, release):
    new, again = tmp_path / "new.json", tmp_path / "again.json"
    serve(databases.empty(), **workers.OPTIONS).ok(
        "upgrade-file", "-i", paths.CORPUS / release / "export_all.json", "-o", new)
    sqlmesh = SQLMesh(databases.empty())
    sqlmesh.migrate()
    sqlmesh.import_(new)
    sqlmesh.export(again)
    assert compare.differences(again, new) == []


def test_the_gateways_own_state_is_not_touched(state, serve, tmp_path):
    before = state.fingerprint()
    client = serve(state, **workers.OPTIONS)
    client.ok("upgrade-file", "-i", paths.CORPUS / "0.213.0" / "export_all.json",
              "-o", tmp_path / "new.json")
    assert state.fingerprint() == before
    assert state.scalar("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'stateserver%'") == 0
    assert client.json("operations")["operations"] == []


def test_pipes_and_compression(empty, serve, tmp_path):
    client = serve(empty, **workers.OPTIONS)
    old = paths.CORPUS / "0.231.1" / "export_all.json"
    plain = tmp_path / "plain.json"
    client.ok("upgrade-file", "-i", old, "-o", plain)
    packed = gzip.compress(old.read_bytes())
    piped = client.ok("upgrade-file", "-i", "-", "-o", "-", input=packed)
    (tmp_path / "piped.json").write_bytes(piped.raw)
    assert compare.differences(tmp_path / "piped.json", plain, ignore=TIMES) == []
    client.ok("upgrade-file", "-i", old, "-o", tmp_path / "new.json.gz", "--compact")
    unpacked = gzip.decompress((tmp_path / "new.json.gz").read_bytes())
    assert json.loads(unpacked)["versions"] == json.loads(plain.read_text())["versions"]


def test_one_environment(empty, serve, tmp_path):
    """A file of some environments only is upgraded as well."""
    old, new = paths.CORPUS / "0.200.0" / "export_env_dev_a.json", tmp_path / "new.json"
    serve(empty, **workers.OPTIONS).ok("upgrade-file", "-i", old, "-o", new)
    document, before = json.loads(new.read_text()), json.loads(old.read_text())
    assert set(document["environments"]) == {"dev_a"}
    assert {s["name"] for s in document["snapshots"]} == {s["name"] for s in before["snapshots"]}


@pytest.mark.parametrize("release", ["0.176.0", paths.NEWEST])
def test_keys_in_any_order(empty, serve, tmp_path, release):
    """Environments first and the header last."""
    document = corpus_json(release, "export_all.json")
    (tmp_path / "turned.json").write_text(json.dumps(dict(reversed(document.items()))))
    client = serve(empty, **workers.OPTIONS)
    client.ok("upgrade-file", "-i", paths.CORPUS / release / "export_all.json", "-o", tmp_path / "a.json")
    client.ok("upgrade-file", "-i", tmp_path / "turned.json", "-o", tmp_path / "b.json")
    assert list(json.loads((tmp_path / "b.json").read_text())) == list(document)
    assert compare.differences(tmp_path / "a.json", tmp_path / "b.json", ignore=TIMES) == []


def test_content_of_seeds_does_not_matter(empty, serve, tmp_path):
    """Files of a warm cache hold the seeds' CSV text; what is made of them is the same."""
    warm = paths.CORPUS / paths.NEWEST / "export_all_warmcache.json"
    seeds = {s["name"]: s["node"] for s in json.loads(warm.read_text())["snapshots"]
             if s["node"].get("seed", {}).get("content")}
    document = corpus_json("0.231.1", "export_all.json")
    hydrated = 0
    for snapshot in document["snapshots"]:
        node, known = snapshot["node"], seeds.get(snapshot["name"])
        if "seed" not in node or known is None:
            continue
        node["seed"]["content"] = known["seed"]["content"]
        node["is_hydrated"] = True
        hydrated += 1
    assert hydrated
    (tmp_path / "warm.json").write_text(json.dumps(document))
    client = serve(empty, **workers.OPTIONS)
    client.ok("upgrade-file", "-i", tmp_path / "warm.json", "-o", tmp_path / "a.json")
    client.ok("upgrade-file", "-i", paths.CORPUS / "0.231.1" / "export_all.json",
              "-o", tmp_path / "b.json")
    assert compare.differences(tmp_path / "a.json", tmp_path / "b.json", ignore=TIMES) == []
