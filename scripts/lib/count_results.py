# SPDX-License-Identifier: Apache-2.0
"""Adds up the JUnit files of a folder and the stages: "N passed, N failed".

GoogleTest and pytest count cases. A failed stage without a failed case of its
own (a build, a linter) counts as one failure, so a failure is never hidden.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(folder: pathlib.Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) over all JUnit files below the folder."""
    passed = failed = skipped = 0
    for path in folder.rglob("*.xml"):
        for case in xml.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    passed, failed, skipped = cases(folder)
    stages = [line.split("\t") for line in (folder / "stages.txt").read_text().splitlines()]
    bad = sum(status != "0" for status, _ in stages)
    passed += sum(status == "0" for status, _ in stages)
    failed = max(failed, bad)
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    main()
