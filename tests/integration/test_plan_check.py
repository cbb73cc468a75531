# SPDX-License-Identifier: Apache-2.0
"""Plans are checked as a whole before their first statement is sent."""

import pathlib
import subprocess
import sys

from harness.client import DONE, FAILED
from harness.revisions import ONE_REPLICA

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNKNOWN = 'ALTER TABLE users SET ("labels.location" = "rack:a");'
TWICE = "ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN a INT NULL;"


def test_a_refusal_stops_an_upgrade_before_its_first_statement(aged):
    aged.upgrade()
    aged.write("ccc", TWICE, "ALTER TABLE users DROP COLUMN a;", down=aged.second)
    for more in (("-y",), ("--dry-run",)):
        error = aged.refused("upgrade", "head", *more, *ONE_REPLICA)
        assert error["reason"] == "STATEMENT_FAILED"
        assert error["message"].startswith(
            "StarRocks would refuse statement 2 of revision 'ccc', `ALTER TABLE users ADD COLUMN a INT NULL`: ")
        assert "already exists" in error["message"] and "(measured 4.0). Nothing was changed" in error["message"]
    assert aged.columns() == ["id", "nm", "age"] and aged.heads() == [aged.second]
    assert aged.json("current")["open_run"] is None


def test_a_refusal_stops_a_downgrade_before_its_first_statement(aged):
    aged.upgrade()
    aged.write("ccc", "ALTER TABLE users ADD COLUMN a INT NULL;",
               "ALTER TABLE users DROP COLUMN a;\nALTER TABLE users DROP COLUMN id;", down=aged.second)
    aged.upgrade()
    error = aged.refused("downgrade", "-1", "-y", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_FAILED" and "statement 2 of revision 'ccc'" in error["message"]
    assert aged.columns() == ["id", "nm", "age", "a"] and aged.heads() == ["ccc"]


def test_what_is_not_known_is_said(aged):
    aged.upgrade()
    aged.write("ccc", UNKNOWN, "ALTER TABLE users COMMENT = 'x';", down=aged.second)
    said = "it is not known whether StarRocks takes statement 1 of revision 'ccc': the locations of the back ends"
    assert said in aged("upgrade", "head", "--dry-run").err
    assert said in aged.json("upgrade", "head", "--dry-run")["plan"]["warnings"]
    aged.upgrade()
    assert aged.heads() == ["ccc"]


def test_destruction_before_the_unknown_needs_a_word(aged):
    aged.upgrade()
    aged.write("ccc", f"ALTER TABLE users DROP COLUMN age;\n{UNKNOWN}", "ALTER TABLE users COMMENT = 'x';",
               down=aged.second)
    error = aged.refused("upgrade", "head", "-y", *ONE_REPLICA)
    assert error["reason"] == "STATEMENT_FAILED"
    assert "statement 1 of revision 'ccc' destroys data" in error["message"]
    assert error["message"].startswith("Nothing was changed")
    assert "--plan DIGEST" in error["hint"]
    assert aged.columns() == ["id", "nm", "age"]
    aged("upgrade", "head", *ONE_REPLICA, input="n\n")
    assert aged.columns() == ["id", "nm", "age"]
    # The answer approves the plan that is shown.
    aged("upgrade", "head", *ONE_REPLICA, input="y\n")
    assert aged.columns() == ["id", "nm"] and aged.heads() == ["ccc"]


def test_an_approved_plan_may_destroy_before_the_unknown(aged):
    aged.upgrade()
    aged.write("ccc", f"ALTER TABLE users DROP COLUMN age;\n{UNKNOWN}", "ALTER TABLE users COMMENT = 'x';",
               down=aged.second)
    digest = aged.json("upgrade", "head", "--dry-run")["plan"]["digest"]
    aged.upgrade("head", code=FAILED)
    aged.upgrade("head", "--plan", digest, code=DONE)
    assert aged.columns() == ["id", "nm"]


def test_the_table_of_type_changes_is_generated():
    script = ROOT / "tests/tools/starrocks_type_changes.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0
