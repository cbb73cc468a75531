# SPDX-License-Identifier: Apache-2.0
"""python record_python_forms.py [PYTHON...]: records what migration 102 writes on each Python for states of the corpus.

Writes tests/data/python_forms.json: {release of SQLMesh: [{"payload": text, "texts": {"3.12.1": text}}, ...]}, with the
definitions whose text differs between the interpreters. Without arguments, uses those that record_forms.py finds.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "workers" / "tests"))

import record_forms  # noqa: E402

RELEASES = ("0.176.0", "0.231.1")
DATA = ROOT / "tests" / "data" / "python_forms.json"
# An escape of PostgreSQL's COPY format.
ESCAPE = re.compile(r"\\(.)")
MEANING = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


def definitions(release: str) -> list[str]:
    """The distinct payloads of definitions in the state of a release."""
    found: set[str] = set()
    lines = (ROOT / "tests" / "data" / "sqlmesh" / release / "state_before.sql").read_text(encoding="utf-8").split("\n")
    for line in lines:
        for column in line.split("\t") if '"python_env"' in line else []:
            if not column.startswith("{"):
                continue
            document = json.loads(ESCAPE.sub(lambda match: MEANING.get(match[1], match[1]), column))
            for entry in (document.get("node", {}).get("python_env") or {}).values():
                if entry.get("kind") == "definition":
                    found.add(entry["payload"])
    return sorted(found)


def main() -> int:
    out = {}
    for release in RELEASES:
        payloads = definitions(release)
        answers = [record_forms.record(program, {"sources": payloads, "reprs": []})
                   for program in sys.argv[1:] or record_forms.interpreters()]
        texts = {str(answer["version"]): answer["forms"] for answer in answers if answer is not None}
        out[release] = [{"payload": payload, "texts": {version: texts[version][i].strip() for version in sorted(texts)}}
                        for i, payload in enumerate(payloads) if len({each[i] for each in texts.values()}) > 1]
        print(f"{release}: {len(payloads)} definitions, {len(out[release])} of them differ")
    DATA.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
