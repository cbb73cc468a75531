# SPDX-License-Identifier: Apache-2.0
"""python record_forms.py [PYTHON|FOLDER...]: records what `ast.unparse` of each Python gives for the corpus of sources.

Without arguments, uses the interpreters of pyenv and those named python3.N on PATH. A FOLDER holds the npm package
pyodide, which is a Python that Node runs: its releases 0.27.7, 0.29.3 and 314.0.7 are 3.12.7, 3.13.2 and 3.14.2. Writes
data/forms.json.gz. Releases that are not at hand keep their texts as long as the sources are the same.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import form_sources

DATA = pathlib.Path(__file__).resolve().parent / "data" / "forms.json.gz"
GENERATED = 1200
FIRST, LAST = 9, 14

# Values whose `repr` migrations 85 and 87 write.
REPRS = ["{'a': '\U0001fae0', 'b': ['\U0001fae8', '\\U0001fae8']}", "'\\\\U0001fae8'", "{'\u061d', }",
         "('\u20c0', b'\\\\u20c0')",
         "'it\\'s \u2ffc \U0001fae9'", "{'\U000323af': 'ü\\n\\x85\\ud800'}", "[]"]

CHILD = """
import ast, json, sys, warnings
given_text = globals().get("given_text") or sys.stdin.read()
warnings.simplefilter("ignore")
def form(source):
    try:
        return ast.unparse(ast.parse(source))
    except Exception:
        return None
given = json.loads(given_text)
answer = json.dumps({"version": ".".join(map(str, sys.version_info[:3])), "forms": [form(s) for s in given["sources"]],
                     "repr_forms": [repr(ast.literal_eval(r)) for r in given["reprs"]]})
"""

NODE = """
import { readFileSync } from "fs";
const [folder, code] = process.argv.slice(1);
const given = readFileSync(0, "utf8");
const { loadPyodide } = await import(folder + "/pyodide.mjs");
const python = await loadPyodide({ indexURL: folder });
python.globals.set("given_text", given);
process.stdout.write(python.runPython(code));
"""


def read_corpus() -> dict[str, Any]:
    """Returns {"sources": [...], "reprs": [...], "forms": {"3.12.1": [text or None, ...]}, "repr_forms": {...}}; None
    is a source that this release cannot read or print."""
    corpus: dict[str, Any] = json.loads(gzip.decompress(DATA.read_bytes()))
    names = corpus.pop("releases")
    for key in ("forms", "repr_forms"):
        corpus[key] = {name: [texts[place] for texts in corpus[key]] for place, name in enumerate(names)}
    return corpus


def write_corpus(corpus: dict[str, Any]) -> None:
    """The texts of one source stand together, because most are equal: the file becomes small."""
    names = sorted(corpus["forms"], key=lambda name: [int(part) for part in name.split(".")])
    stored = {"releases": names, "sources": corpus["sources"], "reprs": corpus["reprs"]}
    for key in ("forms", "repr_forms"):
        stored[key] = list(zip(*(corpus[key][name] for name in names)))
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_bytes(gzip.compress(json.dumps(stored, sort_keys=True).encode(), 9, mtime=0))


def interpreters() -> list[str]:
    found = [str(path) for path in sorted(pathlib.Path.home().glob(".pyenv/versions/3.*/bin/python"))]
    found += [path for minor in range(FIRST, LAST + 1) if (path := shutil.which(f"python3.{minor}"))]
    return [*found, *map(str, pathlib.Path("/usr/bin").glob("python3.[0-9]*[0-9]")), sys.executable]


def record(program: str, given: dict[str, list[str]]) -> dict[str, object] | None:
    command = [program, "-c", CHILD + "print(answer)"]
    if (pathlib.Path(program) / "pyodide.mjs").exists():
        command = ["node", "--input-type=module", "-e", NODE, str(pathlib.Path(program).resolve()), CHILD + "answer"]
    run = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(f"{program}: {run.stderr[-500:]}", file=sys.stderr)
        return None
    answer: dict[str, object] = json.loads(run.stdout)
    minor = int(str(answer["version"]).split(".")[1])
    return answer if FIRST <= minor <= LAST else None


def main() -> int:
    given = {"sources": form_sources.by_hand() + form_sources.generated(GENERATED), "reprs": REPRS}
    old = read_corpus() if DATA.exists() else {}
    same = all(old.get(key) == value for key, value in given.items())
    corpus: dict[str, Any] = {**given, **{key: old[key] if same else {} for key in ("forms", "repr_forms")}}
    for program in sys.argv[1:] or interpreters():
        answer = record(program, given)
        if answer is None:
            continue
        for key in ("forms", "repr_forms"):
            corpus[key][answer["version"]] = answer[key]
    readable = [sum(text is not None for text in texts) for texts in zip(*corpus["forms"].values())]
    names = ", ".join(sorted(corpus["forms"]))
    print(f"{len(readable)} sources, {sum(map(bool, readable))} of them readable; releases: {names}")
    write_corpus(corpus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
