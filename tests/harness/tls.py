# SPDX-License-Identifier: Apache-2.0
"""Throw-away certificates, made with the openssl program."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathlib


def _run(*arguments: str, folder: pathlib.Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


class Authority:
    """A certificate authority in a folder; issue() makes NAME.crt and NAME.key."""

    def __init__(self, folder: pathlib.Path, name: str = "ca") -> None:
        self.folder, self.name = folder, name
        self.certificate = folder / f"{name}.crt"
        _run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2", "-subj", f"/CN={name}",
             folder=folder)

    def issue(self, name: str, common_name: str | None = None,
              names: str = "DNS:localhost,IP:127.0.0.1") -> tuple[pathlib.Path, pathlib.Path]:
        folder = self.folder
        (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n" if names else "")
        _run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={common_name or name}",
             folder=folder)
        _run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey",
             f"{self.name}.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.crt",
             "-extfile", f"{name}.ext", folder=folder)
        return folder / f"{name}.crt", folder / f"{name}.key"
