# SPDX-License-Identifier: Apache-2.0
"""The `starrocks` dialect with Alembic's autogenerate as an oracle: on every case of the corpus, where both can make
the change, both end in the same schema. Where the peer does not, its answer stands here with the reason."""

import importlib.util
import warnings

import alembic.autogenerate
import alembic.migration
import alembic.operations
import pytest
import sqlalchemy
import starrocks.alembic  # noqa: F401  registers the dialect's operations
from starrocks.alembic import include_object_for_view_mv

from harness import schemas as harness

CASES = harness.corpus("diff.jsonl")
# Something is left to do after the peer's operations.
LEAVES = {
    "pub-diff-002": "new columns always go last",
    "pub-diff-004": "a rename is not seen: the column is dropped, and added last",
    "pub-diff-005": "new columns always go last",
    "pub-diff-012": "a changed default is not seen; the engine would refuse it",
    "pub-diff-013": "the order of columns is not compared",
    "pub-diff-020": "ADD COLUMN without KEY makes a value column of a new key column",
    "pub-diff-035": "listed partitions are not compared",
    "pub-diff-040": "indexes are not compared",
    "pub-diff-041": "indexes are not compared",
    "pub-diff-056": "rollups are not known",
}
# An operation is refused by the engine, or the comparison gives up.
FAILS = {
    "pub-diff-008": "shortens a VARCHAR, which the engine refuses",
    "pub-diff-009": "makes a column NOT NULL, which the engine refuses",
    "pub-diff-014": "adds a NOT NULL column without a default, which the engine refuses",
    "pub-diff-017": "adds an AUTO_INCREMENT column, which the engine refuses",
    "pub-diff-018": "MODIFY of a STRUCT, which the engine refuses; ADD FIELD is not known",
    "pub-diff-021": "drops a primary key column, which the engine refuses",
    "pub-diff-023": "NotImplementedError for an aggregate",
    "pub-diff-033": "NotImplementedError for the key model",
    "pub-diff-034": "NotImplementedError for the partition scheme",
    "pub-diff-038": "SET of an immutable property, which the engine refuses",
    "pub-diff-047": "the statement has a placeholder for the query where only the comment of a view differs",
    "pub-diff-048": "the statement has a placeholder for the query where only the security of a view differs",
    "pub-diff-049": "creates the view before the column that it reads",
    "pub-diff-055": "creates the view before its table",
    "pub-diff-052": "NotImplementedError for a materialized view's query",
}
# The peer makes the change, where we refuse it.
DOES_MORE = {
    "pub-diff-022": "redistributes and drops the column that was the distribution's, in one revision",
    "pub-diff-054": "drops the column; the materialized view that reads it becomes inactive for good",
}


def metadata_of(text, folder):
    path = folder / "made_models.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("made_models", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.metadata


def operations(container):
    for operation in container.ops:
        if hasattr(operation, "ops"):
            yield from operations(operation)
        else:
            yield operation


def autogenerate_and_run(starrocks, metadata):
    """What `alembic revision --autogenerate` and `alembic upgrade` do, waiting for each job."""
    engine = sqlalchemy.create_engine(starrocks.url.replace(":@", "@"))
    with warnings.catch_warnings(), engine.connect() as connection:
        warnings.simplefilter("ignore")
        context = alembic.migration.MigrationContext.configure(
            connection, opts={"target_metadata": metadata, "compare_type": True,
                              "include_object": include_object_for_view_mv})
        script = alembic.autogenerate.produce_migrations(context, metadata)
        run = alembic.operations.Operations(context)
        for operation in operations(script.upgrade_ops):
            run.invoke(operation)
            starrocks.wait_for_jobs()
    engine.dispose()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_autogenerate_of_the_peer(schema_service, starrocks, tmp_path, case):
    starrocks.apply(*case["from"])
    declared = {"schema.sql": ";\n".join(case["to"])}
    models = schema_service.generate("MODELS", declared, database=starrocks.name)["models.py"]
    failed = None
    try:
        autogenerate_and_run(starrocks, metadata_of(models, tmp_path))
    except (NotImplementedError, ValueError, sqlalchemy.exc.DBAPIError, sqlalchemy.exc.CompileError) as error:
        failed = error
    plan = schema_service.diff(declared, database=starrocks.name, drop_undeclared=True, partitions=True)
    left = [step.statement for step in plan.steps] + [refusal.reason for refusal in plan.refusals]
    assert (failed is not None) == (case["id"] in FAILS), failed
    if failed is None:
        assert bool(left) == (case["id"] in LEAVES), left
    if case["expect"]["decision"] in ("refuse", "rebuild") and failed is None:
        assert case["id"] in LEAVES or case["id"] in DOES_MORE
