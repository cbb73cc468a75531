# SPDX-License-Identifier: Apache-2.0
"""Fields that this server does not know survive everything that is done with a state."""

import json
import random

import pytest

from harness import paths, unknown_fields, workers
from harness.database import corpus_json
from harness.dice import SEED
from harness.unknown_fields import Sprinkler, lost, same

FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
PART = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
# The kinds of objects that the corpus has; each gets a field in every run.
PLACES = {"snapshot", "snapshot.fingerprint", "snapshot.parents", "snapshot.previous_versions",
          "snapshot.previous_versions.fingerprint", "node", "node.kind", "node.kind.time_column",
          "node.kind.csv_settings", "node.seed", "node.query", "node.pre_statements", "python_env", "jinja_macros",
          "audit", "audit.query", "snapshots", "snapshots.fingerprint", "snapshots.parents",
          "snapshots.previous_versions", "previous_finalized_snapshots", "promoted_snapshot_ids", "statements"}


def sprinkler(number=0):
    return Sprinkler(random.Random(f"{SEED} {number}"))


@pytest.fixture
def client(empty, serve):
    client = serve(empty)
    client.ok("migrate", "-y")
    return client


def write(path, document):
    path.write_text(json.dumps(document))
    return path


def in_order(document):
    return sorted(document["snapshots"], key=lambda s: (s["name"], *(s["fingerprint"][part] for part in (
        "data_hash", "metadata_hash", "parent_data_hash", "parent_metadata_hash"))))


def notes(result):
    return {note["kind"].removeprefix("NOTE_KIND_"): note for note in result["notes"]}


@pytest.mark.parametrize("number", range(3))
def test_import_export_restore_point_and_restore(client, tmp_path, number):
    chance = sprinkler(number)
    document = chance.document(corpus_json(paths.NEWEST, "export_all.json"))
    assert chance.places >= PLACES
    result = client.json("import", "-i", write(tmp_path / "in.json", document), "-y")
    note = notes(result)["UNKNOWN_FIELDS"]
    assert note["count"] >= len(document["snapshots"]) / 4
    assert any(": node" in record for record in note["records"]), note
    assert "UNSTORED_FIELDS" not in notes(result)

    exported = client.export(tmp_path / "out.json")
    assert lost(chance.added, exported) == []
    assert same(in_order(exported), in_order(document))
    assert same(exported["environments"], document["environments"])

    # The same file again changes nothing, and so does what was exported.
    again = client.json("import", "-i", tmp_path / "out.json", "-y")
    assert again["interval_rows_inserted"] == 0
    assert same(client.export(tmp_path / "again.json")["snapshots"], exported["snapshots"])

    point = client.json("import", "-i", PART, "-y", "--replace")["restore_point_id"]
    assert lost(chance.added, client.export(tmp_path / "other.json")) == list(chance.added)
    assert lost(chance.added, client.export(tmp_path / "point.json", "--restore-point", point)) == []
    client.ok("restore", point, "-y")
    restored = client.export(tmp_path / "restored.json")
    assert all(same(restored[part], exported[part]) for part in ("snapshots", "environments"))


def test_the_columns_that_repeat_the_json_have_them_too(empty, client, tmp_path):
    document = corpus_json(paths.NEWEST, "export_all.json")
    document["snapshots"][0]["fingerprint"]["zz0"] = {"deep": [2**53 + 1]}
    client.import_(write(tmp_path / "in.json", document))
    columns = empty.execute("SELECT fingerprint::json -> 'zz0' -> 'deep' ->> 0,"
                            " snapshot::json -> 'fingerprint' ->> 'zz0' FROM sqlmesh._snapshots"
                            " WHERE snapshot LIKE '%zz0%'")
    assert columns == [(str(2**53 + 1), '{"deep":[9007199254740993]}')]


def test_a_seed_that_loses_its_content_keeps_them(client, tmp_path):
    chance = sprinkler()
    document = corpus_json(paths.NEWEST, "export_all_warmcache.json")
    seeds = [snapshot for snapshot in document["snapshots"] if snapshot["node"].get("is_hydrated")]
    assert seeds
    for snapshot in seeds:
        chance.snapshot(snapshot)
    assert "node.seed" in chance.places
    client.import_(write(tmp_path / "in.json", document))
    exported = client.export(tmp_path / "out.json")
    assert lost(chance.added, exported) == []
    dry = [s for s in exported["snapshots"] if s["node"]["source_type"] == "seed" and not s["node"]["is_hydrated"]]
    assert dry and any(key.startswith("zz") for s in dry for key in s["node"]["seed"])


def test_one_snapshot_shows_them(empty, client, tmp_path):
    document = corpus_json(paths.NEWEST, "export_all.json")
    snapshot = document["snapshots"][0]
    snapshot["node"]["zz0"] = 2**64 - 1
    client.import_(write(tmp_path / "in.json", document))
    identifier = empty.scalar("SELECT identifier FROM sqlmesh._snapshots WHERE snapshot LIKE '%zz0%'")
    shown = json.loads(client.json("snapshot", snapshot["name"], identifier)["json"])
    assert shown["node"]["zz0"] == 2**64 - 1


def test_what_has_no_column_is_named(client, tmp_path):
    """The fields of an environment itself are columns, of which a known schema has no more."""
    document = corpus_json(paths.NEWEST, "export_all.json")
    document["environments"]["prod"]["environment"]["zz0"] = 1
    document["environments"]["dev_a"]["zz1"] = {"a": 1}
    path = write(tmp_path / "in.json", document)
    note = notes(client.json("import", "-i", path, "-y"))["UNSTORED_FIELDS"]
    assert note["count"] == 2
    assert sorted(note["records"]) == ["environments.dev_a: zz1", "environments.prod: environment.zz0"]
    told = client.ok("import", "-i", path, "-y", "--dry-run").err
    assert "were not stored" in told and "environment.zz0" in told
    assert lost({"zz0": 1}, client.export(tmp_path / "out.json")) == ["zz0"]


def test_an_interval_has_no_room_for_more(client, tmp_path):
    document = corpus_json(paths.NEWEST, "export_all.json")
    snapshot = next(s for s in document["snapshots"] if s["intervals"])
    snapshot["intervals"][0].append(5)
    error = client.refused("import", "-i", write(tmp_path / "in.json", document), "-y")
    assert error["reason"] == "RECORD_INVALID" and "intervals.0" in error["message"], error


# A field of a node may belong to its fingerprint, which nobody can compute then.
KEEP = "--keep-unsupported-fingerprints"


@pytest.mark.parametrize("release, flags", [("0.176.0", ()), ("0.231.1", (KEEP,))])
def test_upgrade_file(empty, serve, tmp_path, release, flags):
    chance = sprinkler(release)
    document = chance.document(corpus_json(release, "export_all.json"), only_infos=True, node=bool(flags))
    path = write(tmp_path / "old.json", document)
    document["environments"]["prod"]["environment"]["zzunstored"] = 1
    write(path, document)
    result = serve(empty, **workers.OPTIONS).json("upgrade-file", "-i", path, "-o", tmp_path / "new.json", *flags)
    assert result["changed"] and (flags or result["report"]["rows"]["snapshots_written"] > 10)
    assert lost(chance.added, json.loads((tmp_path / "new.json").read_text())) == []
    assert notes(result["report"])["UNSTORED_FIELDS"]["records"] == ["environments.prod: environment.zzunstored"]


@pytest.mark.parametrize("release, flags", [("0.137.1", ()), ("0.213.0", (KEEP,))])
def test_migrate(databases, serve, tmp_path, release, flags):
    """Also of a schema older than state files, whose rows every step rewrites."""
    database, chance = databases.state(release), sprinkler(release)
    sprinkle_rows(database, chance, node=bool(flags))
    client = serve(database, **workers.OPTIONS)
    if flags:
        error = client.refused("migrate", "-y")
        assert error["reason"] == "FINGERPRINTS_UNSUPPORTED" and "the field zz" in error["message"], error
    assert flags or client.json("migrate", "-y", "--dry-run")["rows"]["snapshots_written"] > 10
    client.ok("migrate", "-y", *flags)
    exported = client.export(tmp_path / "new.json")
    assert lost(chance.added, exported) == []


def sprinkle_rows(database, chance, *, node):
    """Every row that an environment uses, as a later patch release may have written it."""
    connection = database.connect()
    cursor = connection.cursor()
    columns = ("snapshots", "promoted_snapshot_ids")
    cursor.execute(f"SELECT name, {', '.join(columns)} FROM sqlmesh._environments")
    for name, *texts in cursor.fetchall():
        lists = {column: json.loads(text) for column, text in zip(columns, texts) if text}
        chance.environment({"environment": lists}, only_infos=True)
        for column, items in lists.items():
            cursor.execute(f"UPDATE sqlmesh._environments SET {column} = %s WHERE name = %s", (json.dumps(items), name))
    cursor.execute("SELECT name, identifier, snapshot FROM sqlmesh._snapshots")
    rows = cursor.fetchall()
    cursor.execute("SELECT e.name, i ->> 'name', i -> 'fingerprint' FROM sqlmesh._environments e,"
                   " json_array_elements(snapshots::json) i")
    prints = {(name, json.dumps({k: v for k, v in sorted(parts.items()) if not k.startswith(unknown_fields.MARK)}))
              for _, name, parts in cursor.fetchall()}
    for name, identifier, text in rows:
        record = json.loads(text)
        if (name, json.dumps(dict(sorted(record["fingerprint"].items())))) not in prints:
            continue
        chance.snapshot(record, node=node)
        cursor.execute("UPDATE sqlmesh._snapshots SET snapshot = %s WHERE name = %s AND identifier = %s",
                       (json.dumps(record), name, identifier))
    connection.commit()
    connection.close()
