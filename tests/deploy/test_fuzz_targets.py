# SPDX-License-Identifier: Apache-2.0
"""The table of parsers in docs/security.md names existing parsers and fuzz targets, and every target."""

import re

from harness import paths

FOLDER = paths.ROOT / "tests" / "fuzz"


def rows():
    text = (paths.ROOT / "docs" / "security.md").read_text(encoding="utf8")
    section = text.partition("\n## Parsers\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [(re.findall(r"`([^`]+)`", parsers), re.findall(r"`(\w+)`", target)) for _, _, parsers, target in lines[2:]]


def built():
    text = (FOLDER / "CMakeLists.txt").read_text(encoding="utf8")
    return set(re.search(r"set\(targets ([^)]*)\)", text)[1].split())


def test_every_parser_has_its_target():
    assert len(rows()) >= 20
    for parsers, targets in rows():
        assert parsers and len(targets) == 1, parsers
        source = (FOLDER / f"{targets[0]}_fuzz.cc").read_text(encoding="utf8")
        for parser in parsers:
            assert (paths.ROOT / parser).is_file(), parser
            assert f'#include "{parser}"' in source, f"{targets[0]} does not include {parser}"


def test_every_target_is_built_and_listed():
    sources = {path.name.removesuffix("_fuzz.cc") for path in FOLDER.glob("*_fuzz.cc")}
    assert sources == built() == {target for _, targets in rows() for target in targets}
    for name in sources:
        assert len(list((FOLDER / "corpus" / name).iterdir())) >= 2, name
    assert {path.stem for path in FOLDER.glob("*.dict")} <= sources
    assert {path.name for path in (FOLDER / "corpus").iterdir()} == sources
