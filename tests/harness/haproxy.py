# SPDX-License-Identifier: Apache-2.0
"""Debian's HAProxy with the project's configuration, in front of a server."""

import os
import pathlib
import shutil
import subprocess
import time

from harness import http2, paths
from harness.cluster import free_port
from harness.tls import Authority

CONFIGURATION = paths.ROOT / "deploy" / "haproxy" / "haproxy.cfg"
PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
START_SECONDS = 20


class HAProxy:
    """Ends TLS with a certificate of `authority`; `clients` is "optional" or "required" where clients have some."""

    def __init__(self, folder: pathlib.Path, authority: Authority, socket: pathlib.Path, clients: str = "",
                 configuration: pathlib.Path = CONFIGURATION) -> None:
        certificate, key = authority.issue("proxy")
        shutil.copy(certificate, folder / "tls.crt")
        shutil.copy(key, folder / "tls.key")
        self.authority = authority
        self.port = free_port()
        self.environment = {
            **os.environ, "STATESERVER_PROXY_BIND": f"127.0.0.1:{self.port}", "STATESERVER_PROXY_SOCKET": str(socket),
            "STATESERVER_PROXY_CERT": str(folder / "tls.crt"),
            "STATESERVER_PROXY_CLIENTS": f"ca-file {authority.certificate} verify {clients}" if clients else ""}
        self.log = open(folder / "haproxy.log", "wb")  # noqa: SIM115  open while the process is
        assert PROGRAM, "haproxy is not installed"
        self.process = subprocess.Popen([PROGRAM, "-db", "-f", str(configuration)], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self._wait()

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, pathlib.Path(self.log.name).read_text()
            try:
                http2.connect(f"127.0.0.1:{self.port}", timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("HAProxy does not listen")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()
