# SPDX-License-Identifier: Apache-2.0
"""Bytes that rot on the way: refused, or taken as what they then say; never half."""

import gzip
import json
import random
import struct
import zlib

import pytest
import zstandard

from harness import files, paths

FILE = paths.CORPUS / paths.NEWEST / "export_env_dev_b.json"
DATA = FILE.read_bytes()
# Fixed seeds: a failure can be run again.
SEEDS = range(40)


def flipped(data, seed, bits=1):
    rng = random.Random(seed)
    data = bytearray(data)
    for _ in range(bits):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


@pytest.fixture
def client(state, serve):
    return serve(state)


def test_flipped_bits(client, state, tmp_path):
    """A flip that leaves a valid file imports what the file says; any other changes nothing."""
    refused = 0
    path, out = tmp_path / "flipped.json", tmp_path / "out.json"
    for seed in SEEDS:
        data = flipped(DATA, seed)
        path.write_bytes(data)
        before = state.fingerprint()
        result = client("import", "-i", path, "-y", "--replace")
        assert result.code in (0, 1), (seed, result)
        if result.code == 1:
            refused += 1
            assert "Error: " in result.err and state.fingerprint() == before, (seed, result)
            continue
        wanted = json.loads(data)
        assert client.export(out)["environments"].keys() == wanted["environments"].keys(), seed
    assert refused > len(SEEDS) // 4


@pytest.mark.parametrize("pack,suffix", [
    (gzip.compress, "gz"),
    (lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data), "zst")], ids=["gz", "zst"])
def test_flipped_bits_of_a_compressed_file(client, state, tmp_path, pack, suffix):
    """Compressed files carry a checksum: no flip gets through."""
    packed, path = pack(DATA), tmp_path / f"flipped.json.{suffix}"
    before = state.fingerprint()
    for seed in SEEDS:
        data = flipped(packed, seed)
        try:
            plain = gzip.decompress(data) if suffix == "gz" else zstandard.ZstdDecompressor().decompress(data)
        except Exception:
            plain = None
        path.write_bytes(data)
        result = client("import", "-i", path, "-y", "--dry-run")
        assert result.code == (0 if plain == DATA else 1), (seed, result)
    assert state.fingerprint() == before


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gz", "zst"])
@pytest.mark.parametrize("keep", [0.01, 0.5, 0.99])
def test_a_compressed_file_cut_short(client, state, tmp_path, pack, keep):
    packed, path = pack(DATA), tmp_path / "cut"
    path.write_bytes(packed[:int(len(packed) * keep)])
    before = state.fingerprint()
    assert "Error: " in client("import", "-i", path, "-y", code=1).err
    assert state.fingerprint() == before


def test_a_decompression_bomb(client, state, tmp_path):
    """A gigabyte of blanks in one megabyte: read in passing, not in memory."""
    path = tmp_path / "bomb.json.gz"
    blanks = b" " * (1 << 20)
    # After a full flush the same bytes are compressed to the same bytes again.
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(1024):
        checksum = zlib.crc32(blanks, checksum)
    path.write_bytes(gzip.compress(b"")[:10] + packed * 1024 + packer.flush()
                     + struct.pack("<II", checksum, 1024 * len(blanks)))
    assert client("import", "-i", path, "-y", timeout=120).code == 1


def test_deep_nesting(client, state, tmp_path):
    path = tmp_path / "deep.json"
    path.write_bytes(b'{"snapshots":' + b"[" * 200_000)
    assert "Error: " in client("import", "-i", path, "-y", code=1).err


@pytest.mark.parametrize("where", ["snapshots", "environments"])
def test_one_large_record(databases, serve, tmp_path, where):
    """Longer than any message: split on the way, whole at both ends."""
    document = json.loads(DATA)
    if where == "snapshots":
        document["snapshots"][0]["node"]["description"] = "ä" * 3_000_000
    else:
        document["environments"]["dev_b"]["environment"]["start_at"] = "9" * 3_000_000
    (tmp_path / "large.json").write_text(json.dumps(document))
    database = databases.empty()
    client = serve(database)
    client.ok("migrate", "-y")
    client.import_(tmp_path / "large.json")
    again = client.export(tmp_path / "again.json")
    assert files.differences(files.content(again), files.content(document)) == []


def test_a_nul_character(client, state, tmp_path):
    """PostgreSQL's text holds none: said before a row is touched."""
    document = json.loads(DATA)
    document["snapshots"][0]["node"]["description"] = "a\0b"
    (tmp_path / "nul.json").write_text(json.dumps(document))
    before = state.fingerprint()
    result = client("import", "-i", tmp_path / "nul.json", "-y")
    if result.code == 0:
        # Inside stored JSON the escape is text like any other.
        out = client.export(tmp_path / "out.json")
        assert any(s["node"].get("description") == "a\0b" for s in out["snapshots"])
    else:
        assert state.fingerprint() == before


def test_lone_surrogates(client, state, tmp_path):
    document = json.dumps(json.loads(DATA)).replace('"dev_b"', '"dev_\\ud800"', 1)
    (tmp_path / "lone.json").write_text(document)
    before = state.fingerprint()
    result = client("import", "-i", tmp_path / "lone.json", "-y")
    assert result.code in (0, 1)
    if result.code == 1:
        assert state.fingerprint() == before
