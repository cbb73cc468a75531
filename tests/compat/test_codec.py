# SPDX-License-Identifier: Apache-2.0
"""server/sqlmesh/records against the real SQLMesh: models, records, refusals."""

import copy
import json

import pytest
from pydantic_core import PydanticUndefined, to_jsonable_python
from sqlmesh.core import environment
from sqlmesh.core.audit.definition import ModelAudit, StandaloneAudit
from sqlmesh.core.model import kind
from sqlmesh.core.model.common import ParsableSql
from sqlmesh.core.model.definition import ExternalModel, PythonModel, SeedModel, SqlModel
from sqlmesh.core.model.seed import CsvSettings, Seed
from sqlmesh.core.node import DbtNodeInfo
from sqlmesh.core.snapshot import definition as snapshots
from sqlmesh.core.state_sync.common import EnvironmentWithStatements
from sqlmesh.utils.jinja import JinjaMacroRegistry
from sqlmesh.utils.metaprogramming import Executable

import codec_property
from harness import paths, unknown_fields
from harness.database import corpus_json
from harness.dice import rng

MODELS = [
    snapshots.Snapshot, snapshots.SnapshotFingerprint, snapshots.SnapshotId,
    snapshots.SnapshotDataVersion, snapshots.SnapshotTableInfo, SqlModel, SeedModel, PythonModel,
    ExternalModel, StandaloneAudit, ModelAudit, Seed, CsvSettings, JinjaMacroRegistry, Executable,
    ParsableSql, DbtNodeInfo, kind.TimeColumn, environment.Environment,
    environment.EnvironmentStatements, EnvironmentWithStatements,
]


def fields(model):
    """As codec_probe tells them; defaults that are SQL expressions are null."""
    for name, info in model.model_fields.items():
        default = info.default
        if info.is_required():
            default = None if info.exclude else "required"
        elif default is PydanticUndefined:
            default = None
        elif hasattr(default, "dict"):
            default = default.dict()
        yield [info.alias or name, to_jsonable_python(default, fallback=lambda _: None),
               bool(info.exclude)]


@pytest.mark.parametrize("name,model", [(m.__name__, m) for m in MODELS] + [
    (name.value, model)  # type: ignore[attr-defined]  # an enumeration, whatever its annotation says
    for name, model in kind.MODEL_KIND_NAME_TO_TYPE.items()])
def test_fields(name, model):
    [ours] = codec_property.ask([{"op": "fields", "model": name}])
    want = list(fields(model))
    for field in ours + want:
        # A model's kind and its name choose the table; a type is an expression.
        if (name, field[0]) == (name.upper(), "name") or field[0] == "time_data_type":
            field[1] = None
        if name.endswith("Model") and field[0] == "kind":
            field[1] = None
    assert ours == want


@pytest.mark.parametrize("model", dict.fromkeys([*MODELS, *kind.MODEL_KIND_NAME_TO_TYPE.values()]),
                         ids=lambda model: model.__name__)
def test_unknown_fields_are_refused_by_sqlmesh(model):
    """What docs/migrations.md says; a release that ignores or keeps them wants another note."""
    assert model.model_config["extra"] == "forbid"


def without(document):
    """Without the fields that the test added."""
    if isinstance(document, dict):
        return {key: without(inner) for key, inner in document.items() if not key.startswith(unknown_fields.MARK)}
    return [without(inner) for inner in document] if isinstance(document, list) else document


def test_unknown_fields_change_nothing_else():
    """A record with them is stored, and a row with them exported, as without them and with them in addition."""
    dice = rng()
    cases = [record for number, record in enumerate(records()) if number % 5 == 0]
    chance = unknown_fields.Sprinkler(dice, share=0.1)
    mixed = copy.deepcopy(cases)
    for record in mixed:
        chance.snapshot(record)
    questions = [[{"op": "decode", "record": json.dumps(record)} for record in list_] for list_ in (cases, mixed)]
    plain, decoded = map(codec_property.ask, questions)
    assert unknown_fields.lost(chance.added, decoded) == []
    assert without(decoded) == plain
    stored = [json.dumps(answer["snapshot"]) for answer in decoded]
    exported = codec_property.ask([{"op": "export", "stored": text} for text in stored])
    assert unknown_fields.lost(chance.added, exported) == []
    assert without(exported) == codec_property.ask(
        [{"op": "export", "stored": json.dumps(answer["snapshot"])} for answer in plain])


def test_exports():
    cases = list(codec_property.exports())
    answers = codec_property.ask([{"op": "export", "stored": stored} for _, stored, _ in cases])
    wrong, proven = [], 0
    for (what, _, want), answer in zip(cases, answers):
        if not answer["proven"]:
            continue
        proven += 1
        if not codec_property.same(answer["record"], want):
            wrong.append(what)
    assert wrong == []
    assert proven > 0.85 * len(cases) > 500


def records():
    for _, _, record in codec_property.exports():
        yield record
    for release in paths.EVERY:
        name = "export_all_warmcache.json" if release == paths.NEWEST else "export_after.json"
        yield from corpus_json(release, name)["snapshots"]


def test_imports():
    cases = list(records())
    answers = codec_property.ask([{"op": "decode", "record": json.dumps(r)} for r in cases])
    wrong = []
    for record, answer in zip(cases, answers):
        if answer.pop("seed_kept", False):
            continue
        if not codec_property.same(answer, codec_property.imported(record)):
            wrong.append(record["name"])
    assert wrong == []


ODD = [None, 5, -1, "x", "", True, 1.5, [], {}, ["x"], [1], {"a": 1}]
# Fields whose text SQLMesh parses: there its sentence comes from a parser.
PARSED = {
    "start", "end", "cron", "cron_tz", "dialect", "kind", "partitioned_by", "clustered_by", "grains",
    "references", "audits", "signals", "physical_properties", "session_properties", "depends_on",
    "pre_statements", "post_statements", "on_virtual_update", "expressions", "tags", "time_column",
    "defaults", "unique_key", "columns", "valid_from_name", "valid_to_name", "updated_at_name",
    "time_data_type", "auto_restatement_cron", "na_values", "column_descriptions", "query", "ttl",
    "standalone", "blocking", "on_destructive_change", "on_additive_change", "column",
    "create_builtins_module", "column_hashes", "allow_partials", "is_hydrated", "derived_columns_to_types", "format",
}


def test_refusals():
    """Wrong values of untouched fields: refused by both, with the same sentence."""
    dice = rng()
    cases = []
    for record in corpus_json(paths.NEWEST, "export_all.json")["snapshots"]:
        for path in [[], ["fingerprint"], ["node"]]:
            inside = record
            for step in path:
                inside = inside[step]
            for name in dice.sample(sorted(set(inside) - PARSED - {"node", "seed"}), 3):
                wrong = copy.deepcopy(record)
                target = wrong
                for step in path:
                    target = target[step]
                target[name] = dice.choice(ODD)
                cases.append(wrong)
    answers = codec_property.ask([{"op": "decode", "record": json.dumps(r)} for r in cases])
    differing = []
    refused = 0
    for record, answer in zip(cases, answers):
        sentence = codec_property.refusal(record)
        refused += sentence is not None
        if isinstance(record.get("change_category"), bool):
            continue  # SQLMesh reads true as 1
        if sentence != answer.get("error"):
            differing.append((sentence, answer.get("error")))
    assert differing == []
    assert refused > 0.4 * len(cases)
