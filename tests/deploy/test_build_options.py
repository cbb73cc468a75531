# SPDX-License-Identifier: Apache-2.0
"""What the build can be told."""

import re
import subprocess

from harness import paths


def configured(folder, *options):
    """The cache of a configured build."""
    done = subprocess.run(["cmake", "-S", paths.ROOT, "-B", folder, "-G", "Ninja", "-DSTATESERVER_TESTS=OFF", *options],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return dict(re.findall(r"^(\w+):\w+=(.*)$", (folder / "CMakeCache.txt").read_text(), re.MULTILINE))


def test_another_grpc_is_taken_where_one_is_named(tmp_path):
    """The system's, under another name: what matters is where it is looked for."""
    prefix = tmp_path / "grpc"
    prefix.mkdir()
    for name in ("bin", "include", "lib"):
        (prefix / name).symlink_to(f"/usr/{name}")
    assert configured(tmp_path / "other", f"-DSTATESERVER_GRPC_PREFIX={prefix}")["gRPC_DIR"].startswith(str(prefix))
    assert configured(tmp_path / "system")["gRPC_DIR"].startswith("/usr/")
