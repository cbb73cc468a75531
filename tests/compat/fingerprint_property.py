"""Fingerprints of the corpora's snapshots and of random models: ours against SQLMesh's.

    PYTHONPATH=tests python tests/compat/fingerprint_property.py COUNT [SEED]
"""

import collections
import json
import logging
import random
import subprocess
import sys

import codec_property
from harness import paths
from sqlmesh.core.dialect import parse
from sqlmesh.core.model import load_sql_based_model
from sqlmesh.core.snapshot import Snapshot
from sqlmesh.core.state_sync.db.snapshot import _snapshot_to_json, parse_snapshot

logging.disable(logging.CRITICAL)

EXPRESSIONS = ["1", "-1.5", "1e6", "'x'", "a", "a.b", "a + 1", "a * (b - 2)", "a || 'x'", "NOT a", "a = 1",
               "a <> b AND c", "a IS NOT NULL", "a IN (1, 2)", "a NOT IN ('x')", "a LIKE 'x'",
               "a BETWEEN 1 AND 2", "CAST(a AS INT)", "CAST(a AS DECIMAL(10, 2))", "a::date",
               "TRY_CAST(a AS VARCHAR)", "COALESCE(a, 0)", "LENGTH(a) > 3", "UPPER(TRIM(a))",
               "DATE_TRUNC('day', a)", "CASE WHEN a THEN 1 ELSE 2 END", "INTERVAL '1' DAY", "[1, 2]",
               "(1, 2)", "TRUE", "NULL", "@v", "@f(a)", "my_udf(a, 1)", "CONCAT(a, b)", "ROUND(a, 2)",
               "COUNT(*)", "a % 4", "MONTH(a)", "a < b OR c >= d", "ABS(-a)", "NULLIF(a, '')"]
PARTITIONS = ["a", "ds", "MONTH(ts)", "DATE_TRUNC('month', ts)", "DATE(ts)", "UPPER(a)", "\"A b\"",
              "CAST(ts AS DATE)", "bucket(4, id)", "YEAR(ts)", "TRUNC(ts)"]
QUERIES = ["SELECT a, b FROM t", "SELECT a, -- one\n b AS c -- two\nFROM t",
           "SELECT a /* x */, b /* y */ FROM t", "-- head\nSELECT a, 1 AS b FROM t -- tail",
           "WITH q AS (SELECT a -- in\n FROM t) SELECT a, UPPER(a) AS x -- up\n FROM q",
           "SELECT a -- x\n AS b, c FROM t", "SELECT * FROM t", "SELECT @v AS a -- m\n FROM t"]
KINDS = ["kind FULL", "kind VIEW", "kind INCREMENTAL_BY_TIME_RANGE (time_column ds{more})",
         "kind INCREMENTAL_BY_UNIQUE_KEY (unique_key ({e}), merge_filter {e})",
         "kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns [a, b])"]


def header(dice):
    kind = dice.choice(KINDS).replace("{more}", dice.choice(["", ", lookback 2, batch_size 3"]))
    parts = [kind.replace("{e}", dice.choice(EXPRESSIONS))]
    if "VIEW" not in kind and dice.random() < 0.5:
        parts.append(f"partitioned_by ({dice.choice(PARTITIONS)}, part)")
    if dice.random() < 0.4:
        parts.append(f"audits (forall(criteria := ({dice.choice(EXPRESSIONS)},"
                     f" {dice.choice(EXPRESSIONS)})), not_null(columns := (a,)))")
    if dice.random() < 0.3:
        parts.append(f"physical_properties (p = {dice.choice(EXPRESSIONS)}, 'q' = 'x')")
    if dice.random() < 0.2:
        parts.append("columns (a " + dice.choice(codec_property.TYPES) + ", b INT)")
    if dice.random() < 0.3:
        parts.append("cron '" + dice.choice(["@daily", "*/5 * * * *", "0 3 * * 1"]) + "'")
    if dice.random() < 0.2:
        parts.append("grants ('select' = ['a', 'b'], 'insert' = 'c')")
    return ", ".join(parts)


def stored(dialect, head, query):
    """The stored document and the hashes SQLMesh computes from it; None: it refuses."""
    text = f"MODEL (name db.t, dialect {dialect or 'duckdb'}, {head});\n{query}"
    try:
        model = load_sql_based_model(parse(text, default_dialect=dialect or "duckdb"),
                                     dialect=dialect, default_catalog="cat")
        document = _snapshot_to_json(Snapshot.from_node(model, nodes={}))
        node = parse_snapshot(document, 1, None, False, False, None).node
        return json.loads(document), node.data_hash, node.metadata_hash
    except Exception:
        return None


def ask(questions):
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(paths.BUILD / "tests" / "fingerprint_probe")], input=text.encode(),
                          capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]


def compare(count, seed):
    """(wrong answers, {dialect: (native, all)}, reasons) of random models."""
    dice = random.Random(seed)
    cases = []
    while len(cases) < count:
        dialect = dice.choice([d for d in codec_property.DIALECTS if d != "oracle"])
        case = (dialect, header(dice), dice.choice(QUERIES))
        made = stored(*case)
        if made:
            cases.append((case, *made))
    answers = ask([{"op": "hash", "snapshot": document} for _, document, _, _ in cases])
    wrong, shares, reasons = [], collections.defaultdict(lambda: [0, 0]), collections.Counter()
    for (case, _, data, metadata), answer in zip(cases, answers):
        shares[case[0]][1] += 1
        if "unsupported" in answer:
            reasons[answer["unsupported"]] += 1
            continue
        shares[case[0]][0] += 1
        if answer != {"data_hash": data, "metadata_hash": metadata}:
            wrong.append((case, answer, data, metadata))
    return wrong, dict(shares), reasons


def check_rows(snapshots):
    """(wrong, native, all) of stored snapshots whose recipe is the current one."""
    answers = ask([{"op": "hash", "snapshot": each} for each in snapshots])
    wrong, native = [], 0
    for each, answer in zip(snapshots, answers):
        if "unsupported" in answer:
            continue
        native += 1
        if any(answer[part] != each["fingerprint"][part] for part in ("data_hash", "metadata_hash")):
            wrong.append((each["name"], answer, each["fingerprint"]))
    return wrong, native, len(snapshots)


if __name__ == "__main__":
    wrong, shares, reasons = compare(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for each in wrong[:20]:
        print("WRONG", each)
    print(len(wrong), "wrong", {k: f"{a}/{b}" for k, (a, b) in sorted(shares.items())})
    print(reasons.most_common(25))
