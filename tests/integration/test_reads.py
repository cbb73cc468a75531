# SPDX-License-Identifier: Apache-2.0
"""The read commands: their tables for people, their JSON for programs."""

import json

import pytest

from harness import paths, raw
from harness.database import corpus_json
from harness.server import gateway


@pytest.fixture
def client(state, serve):
    return serve(state)


def test_versions(client):
    answer = client.json("versions")
    assert answer["state"] == {
        "schema_version": paths.NEWEST_SCHEMA, "sqlglot_version": paths.NEWEST_SQLGLOT, "sqlmesh_version": paths.NEWEST}
    assert answer["newest"] == answer["state"]
    assert answer["gateway"] == "local" and answer["state_schema"] == "sqlmesh"
    text = client.ok("versions").out
    assert all(str(version) in text for version in paths.NEWEST_VERSIONS)


def test_versions_of_an_empty_database(empty, serve):
    assert serve(empty).json("versions")["state"] is None


def test_gateways(client, cluster):
    (gateway,) = client.json("gateways")["gateways"]
    assert gateway["name"] == "local" and gateway["is_default"] is True
    assert gateway["state_type"] == "STATE_TYPE_POSTGRES"
    assert gateway["port"] == cluster.port and gateway["user"] == cluster.USER
    assert cluster.password not in client.ok("gateways").out


def test_gateways_of_several_hosts_and_of_other_types(state, serve, cluster):
    """Each host has its port; a state that is not served has its type, is not the default, and gets a way out."""
    pair = gateway(state)
    pair["state_connection"].update(host=f"{cluster.host},{cluster.host}", port=f"{cluster.port},1")
    client = serve({"pair": pair, "local": {"connection": {"type": "duckdb", "database": "x.db"}}})
    (other, both) = client.json("gateways")["gateways"]
    assert both["addresses"] == [f"{cluster.host}:{cluster.port}", f"{cluster.host}:1"]
    assert other["unserved_state_type"] == "duckdb" and not other["is_default"] and both["is_default"]
    text = client.ok("gateways").out
    assert f"{cluster.host}:{cluster.port},{cluster.host}:1" in text and "duckdb (not served)" in text
    error = client.refused("--gateway", "local", "versions")
    assert "connection of type duckdb" in error["message"] and "sqlmesh state export" in error["hint"]
    found = {(f["gateway"], f["name"]): f for f in client("--format", "json", "doctor").json["findings"]}
    assert found["local", "state"]["verdict"] == "DIAGNOSIS_VERDICT_WARNING"
    assert "duckdb" in found["local", "state"]["message"] and found["local", "state"]["hint"]


def test_environments(client, state):
    answer = client.json("environments")["environments"]
    wanted = corpus_json(paths.NEWEST, "export_all.json")["environments"]
    assert {e["name"]: e["snapshots"] for e in answer} == {
        name: len(e["environment"]["snapshots"]) for name, e in wanted.items()}
    assert [e["name"] for e in answer] == sorted(wanted)
    text = client.ok("environments").out
    assert all(name in text for name in wanted)


def test_one_environment(client):
    answer = client.json("environment", "prod")
    wanted = corpus_json(paths.NEWEST, "export_env_prod.json")["environments"]["prod"]
    assert {s["name"] for s in answer["snapshots"]} == {
        s["name"] for s in wanted["environment"]["snapshots"]}
    assert all(s["exists"] for s in answer["snapshots"])
    assert answer["statements"] == wanted["statements"]
    assert "prod" in client.ok("environment", "prod").out


def test_no_such_environment(client):
    assert client.refused("environment", "nope")["reason"] == "ENVIRONMENT_NOT_FOUND"


def test_snapshots(client, state):
    answer = client.json("snapshots")["snapshots"]
    assert [(s["name"], s["identifier"]) for s in answer] == state.execute(
        'SELECT name, identifier FROM sqlmesh._snapshots ORDER BY name COLLATE "C", identifier COLLATE "C"')
    assert all(s["ttl_ms"] > 0 for s in answer)


def test_snapshots_of_an_environment(client):
    answer = client.json("snapshots", "--environment", "dev_b")["snapshots"]
    assert len(answer) == 27


@pytest.mark.parametrize("pattern", ['*raw_*', '"shopwh"."shop"."raw_*"', "shopwh.shop.raw_*"])
def test_snapshots_by_name(client, pattern):
    """With quotes and without."""
    answer = client.json("snapshots", "--name", pattern)["snapshots"]
    assert {s["name"] for s in answer} == {'"shopwh"."shop"."raw_orders"', '"shopwh"."shop"."raw_products"'}


@pytest.mark.parametrize("pattern", ["*" * 900, "*?*raw?o" + "*?*" * 5, "?" * 3 + "*" * 500 + "raw_orders*"])
def test_wildcards_in_a_row_are_one(client, pattern):
    """Each star by itself would double what PostgreSQL has to look at."""
    answer = client.json("--timeout", "10", "snapshots", "--name", pattern)["snapshots"]
    assert '"shopwh"."shop"."raw_orders"' in {s["name"] for s in answer}


@pytest.mark.parametrize("pattern, complaint", [("*a" * 17, "17 separate '*'"), ("a" * 1001, "1001 bytes"),
                                                ("*" * 2000, "2000 bytes")])
def test_patterns_that_cost_too_much(client, pattern, complaint):
    error = client.refused("snapshots", "--name", pattern)
    assert error["reason"] == "ARGUMENT_INVALID" and complaint in error["message"], error


def test_a_read_that_takes_too_long(state, serve):
    """PostgreSQL ends the statement, and the answer says which limit it was."""
    client = serve(state, limits={"read_timeout": "1s"})
    with state.connect() as holder, holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE sqlmesh._snapshots IN ACCESS EXCLUSIVE MODE")
        error = client.refused("--timeout", "60", "stats", timeout=30)
        cursor.execute("ROLLBACK")
    assert error["reason"] == "DEADLINE_EXCEEDED" and "limits.read_timeout, 1s" in error["message"], error
    client.ok("stats")


def test_one_snapshot(client):
    wanted = corpus_json(paths.NEWEST, "export_all.json")["snapshots"]
    some = next(s for s in wanted if s["name"] == '"shopwh"."shop"."py_full"')
    answers = [client.json("snapshot", name) for name in ('"shopwh"."shop"."py_full"', "shopwh.shop.py_full")]
    assert answers[0] == answers[1]
    summary = answers[0]["summary"]
    every = [summary["identifier"], *answers[0]["others"]]
    for identifier in every:
        one = client.json("snapshot", "shopwh.shop.py_full", identifier)
        assert one["summary"]["identifier"] == identifier
    document = json.loads(answers[0]["json"]) if isinstance(answers[0]["json"], str) else answers[0]["json"]
    assert document["name"] == some["name"] and "intervals" in document


def test_no_such_snapshot(client):
    assert client.refused("snapshot", "shopwh.shop.nope")["reason"] == "SNAPSHOT_NOT_FOUND"


def test_diff(client):
    answer = client.json("diff", "prod", "dev_b")
    environments = corpus_json(paths.NEWEST, "export_all.json")["environments"]
    sides = [{s["name"]: s["fingerprint"] for s in environments[name]["environment"]["snapshots"]}
             for name in ("prod", "dev_b")]
    both = sides[0].keys() & sides[1].keys()
    assert {d["name"] for d in answer["changed"]} == {n for n in both if sides[0][n] != sides[1][n]}
    assert {d["name"] for d in answer["added"]} == sides[1].keys() - sides[0].keys()
    assert {d["name"] for d in answer["removed"]} == sides[0].keys() - sides[1].keys()
    assert answer["unchanged"] == sum(sides[0][n] == sides[1][n] for n in both)


def test_every_list_comes_in_pages(client, stubs):
    """Small pages hold what one large page holds, in the same order."""
    for _ in range(2):
        client.ok("compact", "-y")
    state, operations = stubs.state, stubs.operations
    with client.server.channel() as channel:
        reads = stubs.state_grpc.StateServiceStub(channel)
        records = stubs.operations_grpc.OperationsServiceStub(channel)
        for method, make, field in (
                (reads.ListEnvironments, state.ListEnvironmentsRequest, "environments"),
                (reads.ListSnapshots, state.ListSnapshotsRequest, "snapshots"),
                (reads.ListEnvironmentSnapshots,
                 lambda **page: state.ListEnvironmentSnapshotsRequest(environment="prod", **page), "snapshots"),
                (reads.DiffEnvironments,
                 lambda **page: state.DiffEnvironmentsRequest(**{"from": "prod", "to": "dev_a"}, **page),
                 "differences"),
                (records.ListAudit, operations.ListAuditRequest, "events"),
                (records.ListOperations, operations.ListOperationsRequest, "operations")):
            (whole,) = raw.pages(method, make(page_size=1000))
            small = list(raw.pages(method, make(page_size=1)))
            assert [list(getattr(page, field)) for page in small] == [[one] for one in getattr(whole, field)], field
            assert len(small) > 1, field
            assert raw.refused(stubs, lambda: method(make(page_size=-1))) == "ARGUMENT_INVALID"  # noqa: B023


def test_the_differences_say_what_they_are(client, state, stubs):
    gone = {}
    for place, name in enumerate(("prod", "dev_a")):
        query = f"SELECT snapshots FROM sqlmesh._environments WHERE name = '{name}'"
        listed = sorted(json.loads(state.scalar(query)), key=lambda one: one["name"])
        gone[name] = listed.pop(place)["name"]
        text = json.dumps(listed).replace("'", "''")
        state.execute(f"UPDATE sqlmesh._environments SET snapshots = '{text}' WHERE name = '{name}'")
    answer = client.json("diff", "prod", "dev_a")
    assert [one["name"] for one in answer["added"]] == [gone["prod"]]
    assert [one["name"] for one in answer["removed"]] == [gone["dev_a"]]
    assert len(answer["changed"]) > 10
    for key in ("added", "removed", "changed"):
        assert {one["difference"] for one in answer[key]} == {f"DIFFERENCE_KIND_{key.upper()}"}
    with client.server.channel() as channel:
        found = stubs.state_grpc.StateServiceStub(channel).DiffEnvironments(
            stubs.state.DiffEnvironmentsRequest(**{"from": "prod", "to": "dev_a"}, page_size=1000))
    assert found.unchanged == answer["unchanged"]
    names = [one.name for one in found.differences]
    assert names == sorted(one["name"] for key in ("added", "removed", "changed") for one in answer[key])


def test_stats(client, state):
    answer = client.json("stats")
    assert answer["snapshots"] == state.count("_snapshots")
    assert answer["interval_rows"] == state.count("_intervals")
    assert answer["environments"] == 8
    assert {t["name"]: t["rows"] for t in answer["tables"]}["_snapshots"] == state.count("_snapshots")
    assert sum(k["snapshots"] for k in answer["kinds"]) == state.count("_snapshots")
    assert answer["bytes"] > 100_000


def test_every_read_works_in_text(client):
    for command in (("versions",), ("gateways",), ("environments",), ("environment", "dev_a"),
                    ("snapshots",), ("snapshot", "shopwh.shop.py_full"), ("diff", "prod", "dev_a"),
                    ("stats",), ("operations",), ("restore-points",)):
        result = client.ok(*command)
        assert result.out.strip() or command[0] in ("operations", "restore-points"), command


def test_a_name_cannot_smuggle_terminal_codes(client, state):
    state.execute(r"UPDATE sqlmesh._environments SET name = E'evil\x1b[31m' WHERE name = 'dev_a'")
    assert "\x1b" not in client.ok("environments").out


def test_other_state_schema(databases, start_server):
    from harness.client import Client
    state = databases.state()
    state.execute('ALTER SCHEMA sqlmesh RENAME TO "other state"')
    client = Client(start_server({"local": gateway(state, state_schema="other state")}))
    assert client.json("versions")["state_schema"] == "other state"
    assert len(client.json("environments")["environments"]) == 8
