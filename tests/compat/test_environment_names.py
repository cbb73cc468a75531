# SPDX-License-Identifier: Apache-2.0
"""Names of environments against the real SQLMesh: what it makes of them, and what its commands find by them."""

import unicodedata

import pytest
from sqlmesh.core.environment import EnvironmentNamingInfo

import environment_names_proof
import probe
from harness import paths
from harness.dice import rng
from harness.sqlmesh import SQLMesh

TYPED = "Feature/Ünï-1"
TABLE = paths.ROOT / "server/sqlmesh/records/environment_name_table.inc"


def wrong(names):
    """The names of which we make something else than SQLMesh."""
    ours = probe.ask([{"op": "environment_name", "name": name} for name in names])
    return [(name, mine) for name, mine in zip(names, ours, strict=True)
            if mine != EnvironmentNamingInfo.sanitize_name(name)]


def same_unicode():
    """Newer Pythons know more letters than the table."""
    return f"Unicode {unicodedata.unidata_version}." in TABLE.read_text()


@pytest.mark.skipif(not same_unicode(), reason="the table was made by a Python with another Unicode")
def test_every_character():
    characters = environment_names_proof.CHARACTERS
    assert wrong(["".join(characters[i:i + 500]) for i in range(0, len(characters), 500)]) == []


@pytest.mark.skipif(not same_unicode(), reason="the table was made by a Python with another Unicode")
def test_random_names():
    dice = rng()
    alphabets = ["aZ09_-/. ", "äÖßẞÜïİıŞ", "ΑΣσςΣΣʰ-'", "ДдЁ", "環境・一", "🚀e\u0301٣½ⅧǄ", "\u02b0\u1d2c\u2071A"]
    letters = [c for c in environment_names_proof.CHARACTERS if c.lower() != c or c.upper() != c]
    names = ["".join(dice.choice(dice.choice([*alphabets, letters])) for _ in range(dice.randint(0, 12)))
             for _ in range(5000)]
    assert wrong(names) == []


@pytest.mark.exhaustive
@pytest.mark.skipif(not same_unicode(), reason="the table was made by a Python with another Unicode")
def test_the_table_is_what_the_proof_writes():
    assert environment_names_proof.generate() == TABLE.read_text()


def test_sqlmesh_and_we_find_the_same(empty, serve):
    """Made by SQLMesh's plan, found by our commands and by its diff, invalidated by it, and gone for both."""
    sqlmesh, client = SQLMesh(empty), serve(empty)
    client.ok("migrate", "-y")
    sqlmesh.run("plan", "prod", "--auto-apply", "--no-prompts")
    sqlmesh.run("plan", TYPED, "--auto-apply", "--no-prompts", "--include-unmodified")
    assert {e["name"] for e in client.json("environments")["environments"]} == {"prod", "feature_ünï_1"}
    assert client.json("environment", TYPED)["summary"]["name"] == "feature_ünï_1"
    assert client.json("diff", TYPED, "PROD")["unchanged"] == 1
    assert "No changes" in sqlmesh.run("diff", TYPED).stdout
    assert client.json("expired", "--environment", TYPED)["environments"] == []
    sqlmesh.run("invalidate", TYPED)
    [expired] = client.json("expired", "--environment", TYPED)["environments"]
    assert expired["name"] == "feature_ünï_1"
    client.ok("expired", "--delete", "-y", "--environment", TYPED)
    gone = sqlmesh.run("invalidate", TYPED, check=False)
    assert gone.returncode != 0 and "Environment 'feature_ünï_1' was not found" in gone.stdout + gone.stderr
    error = client.refused("environment", TYPED)
    assert "which SQLMesh names 'feature_ünï_1'" in error["message"]
