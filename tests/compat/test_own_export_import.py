# SPDX-License-Identifier: Apache-2.0
"""SQLMesh's own tests of export and import, from its source distribution and as they are, through the client."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from harness import paths, sources
from harness.sqlmesh import ENVIRONMENT

FILE = "tests/core/state_sync/test_export_import.py"


@pytest.mark.timeout(900)
def test_all_of_them_pass(tmp_path):
    (tmp_path / "test_export_import.py").write_bytes(sources.read("sqlmesh", paths.NEWEST, FILE))
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", tmp_path, "-p", "no:cacheprovider",
         "-p", "harness.through_client", "--basetemp", tmp_path / "tests", f"--junitxml={report}",
         tmp_path / "test_export_import.py"],
        cwd=tmp_path, env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(paths.TESTS)}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=800)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    cases = ElementTree.parse(report).getroot().findall(".//testcase")
    assert len(cases) == 12 and not any(list(case) for case in cases), done.stdout
