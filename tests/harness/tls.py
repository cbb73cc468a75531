# SPDX-License-Identifier: Apache-2.0
"""Throw-away certificates, made with the openssl program."""

from __future__ import annotations

import datetime
import subprocess
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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
        subject = (common_name or name).replace("/", "\\/")
        _run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={subject}",
             folder=folder)
        _run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey",
             f"{self.name}.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.crt",
             "-extfile", f"{name}.ext", folder=folder)
        return folder / f"{name}.crt", folder / f"{name}.key"

    def revocation_list(self, name: str, *revoked: pathlib.Path, days: float = 30) -> pathlib.Path:
        """Makes the list NAME with the given certificates. With negative `days`, it has expired."""
        key = serialization.load_pem_private_key((self.folder / f"{self.name}.key").read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes()).subject
        now = datetime.datetime.now(datetime.UTC)
        builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer)
                   .last_update(now - datetime.timedelta(days=60)).next_update(now + datetime.timedelta(days=days)))
        for certificate in revoked:
            serial = x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build())
        made = self.folder / name
        made.with_suffix(".tmp").write_bytes(
            builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        made.with_suffix(".tmp").replace(made)
        return made
