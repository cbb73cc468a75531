# SPDX-License-Identifier: Apache-2.0
"""Files, standard streams and compression; these run under ThreadSanitizer too."""

import gzip
import json
import os
import stat

import pytest
import zstandard

from harness import compare, files, paths

pytestmark = pytest.mark.streams
FILE = paths.CORPUS / paths.NEWEST / "export_all.json"
REFERENCE = files.content(json.loads(FILE.read_text()))


@pytest.fixture
def client(state, serve):
    return serve(state)


def equal(data):
    return files.differences(files.content(json.loads(data)), REFERENCE) == []


def test_to_a_file(client, tmp_path):
    client.export(tmp_path / "state.json")
    assert equal((tmp_path / "state.json").read_text())
    assert list(tmp_path.iterdir()) == [tmp_path / "state.json"]


def test_to_stdout(client):
    result = client.ok("export", "-o", "-", "-y")
    assert equal(result.raw)
    assert "State exported successfully" in result.err


def test_gz(client, tmp_path):
    client.ok("export", "-o", tmp_path / "state.json.gz", "-y")
    data = (tmp_path / "state.json.gz").read_bytes()
    assert equal(gzip.decompress(data)) and len(data) < FILE.stat().st_size / 4


def test_zst(client, tmp_path):
    client.ok("export", "-o", tmp_path / "state.json.zst", "-y")
    with open(tmp_path / "state.json.zst", "rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    assert equal(data)


@pytest.mark.parametrize("pack", [None, gzip.compress, lambda data: zstandard.compress(data)],
                         ids=["plain", "gz", "zst"])
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_import_reads(databases, serve, tmp_path, pack, way):
    """By content, not by name."""
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    data = FILE.read_bytes() if pack is None else pack(FILE.read_bytes())
    path = tmp_path / "anything"
    path.write_bytes(data)
    if way == "file":
        client.import_(path)
    else:
        client.ok("import", "-i", "-", "-y", input=data)
    client.export(tmp_path / "out.json")
    assert compare.differences(tmp_path / "out.json", FILE) == []


def test_stdin_needs_yes(client):
    result = client("import", "-i", "-", input=FILE.read_bytes())
    assert result.code in (1, 2) and "-y" in result.err


def test_the_target_is_replaced_whole(client, tmp_path):
    """An older file keeps its mode and its place; nothing else is left behind."""
    path = tmp_path / "state.json"
    path.write_text("old")
    path.chmod(0o640)
    client.export(path)
    assert equal(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_export_keeps_the_old_file(client, tmp_path):
    path = tmp_path / "state.json"
    path.write_text("old")
    client("export", "-o", path, "-y", "--environment", "nope", code=1)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(client, tmp_path):
    result = client("export", "-o", tmp_path / "no" / "state.json", "-y")
    assert result.code in (1, 2)
    assert str(tmp_path / "no") in result.err


def test_a_target_that_is_a_folder(client, tmp_path):
    result = client("export", "-o", tmp_path, "-y")
    assert result.code in (1, 2) and str(tmp_path) in result.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_under_stdout(client):
    import subprocess
    with open("/dev/full", "wb") as full:
        process = subprocess.run(client.command("export", "-o", "-", "-y"), stdout=full,
                                 stderr=subprocess.PIPE, env=client.variables(), text=True)
    assert process.returncode == 1
    assert "No space left" in process.stderr


def test_two_exports_at_once(client, tmp_path):
    running = [client.start("export", "-o", str(tmp_path / f"{i}.json"), "-y") for i in range(4)]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    texts = {json.dumps({**json.loads((tmp_path / f"{i}.json").read_text()), "metadata": 0}) for i in range(4)}
    assert len(texts) == 1


def test_imports_at_once_happen_one_after_the_other(client, state):
    """Whatever their order, the state is that of the file; the limit of two is told, not waited out."""
    running = [client.start("--format", "json", "import", "-i", str(FILE), "-y", "--replace") for _ in range(4)]
    codes = []
    for process in running:
        _, errors = process.communicate(timeout=180)
        codes.append(process.returncode)
        if process.returncode != 0:
            assert json.loads(errors.decode().splitlines()[-1])["error"]["reason"] == "OVERLOADED"
    assert codes.count(0) >= 2
    assert state.count("_snapshots") == 73
