# SPDX-License-Identifier: Apache-2.0
"""One stateserver process under test."""

from __future__ import annotations

import os
import pathlib
import pwd
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import grpc
import yaml

from harness import paths

if TYPE_CHECKING:
    from harness.database import Database

LISTENING = re.compile(r"listening on ([\w.:\[\]-]+:\d+)")
METRICS = re.compile(r"metrics on ([\w.:\[\]-]+:\d+)")
SANITIZER = re.compile(r"(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:)")
START_SECONDS = 60


def gateway(database: Database, **extra: Any) -> dict[str, Any]:
    """The configuration of a gateway on a database of the test cluster."""
    cluster = database.cluster
    return {"state_connection": {
        "type": "postgres", "host": cluster.host, "port": cluster.port, "user": cluster.USER,
        "password": cluster.password, "database": database.name}, **extra}


class Server:
    """Starts on construction. `gateways` maps names to gateway(...) blocks; `prefix` is a command that runs others;
    `account` is the user that runs it, which only root can choose."""

    def __init__(self, gateways: dict[str, Any] | None = None, *, embedded: pathlib.Path | None = None,
                 failpoints: str = "", environment: dict[str, str] | None = None, prefix: Iterable[str] = (),
                 account: str | None = None, **config: Any) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-server-", dir="/tmp"))
        self.config_file = self.folder / "stateserver.yaml"
        self.embedded = embedded
        self.prefix = list(prefix)
        self.environment = {**os.environ, **(environment or {})}
        if failpoints:
            self.environment["STATESERVER_FAILPOINTS"] = failpoints
        self.account = pwd.getpwnam(account) if account else None
        if gateways is not None:
            self.write_config(gateways, **config)
        self.process: subprocess.Popen[str]
        self.log: list[str] = []
        self.address: str
        self.metrics_address: str | None = None
        self.start()

    def write_config(self, gateways: dict[str, Any], **config: Any) -> None:
        self.gateways = gateways
        settings = {"default_gateway": next(iter(gateways)), "gateways": gateways, **config}
        self.config_file.write_text(yaml.safe_dump(settings, sort_keys=False))
        self.config_file.chmod(0o600)
        if self.account:
            for path in (self.folder, self.config_file):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def start(self, listen: str = "127.0.0.1:0", metrics: str = "127.0.0.1:0") -> None:
        self._spawn(listen, metrics)
        self._wait_for_address()

    def _spawn(self, listen: str, metrics: str = "127.0.0.1:0") -> None:
        command = [*self.prefix, str(paths.SERVER), "--listen", listen, "--metrics-listen", metrics]
        command += (["--embedded", str(self.embedded)] if self.embedded
                    else ["--config", str(self.config_file)])
        account: dict[str, Any] = {}
        if self.account:
            account = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            command, cwd="/", env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **account)
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def start_anywhere(self, listen: str) -> None:
        """As start, without waiting for an address of HOST:PORT."""
        self.log.clear()
        self._spawn(listen)
        self.wait_for_log("listening on")

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            self.log.append(line.rstrip("\n"))

    def _wait_for_address(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in list(self.log):
                match = LISTENING.search(line)
                if match:
                    self.address = match[1]
                    metrics = METRICS.search(line)
                    self.metrics_address = metrics and metrics[1]
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        self._reader.join(2)
        raise RuntimeError("stateserver did not start:\n" + self.text())

    def text(self) -> str:
        return "\n".join(self.log)

    def wait_for_log(self, pattern: str, seconds: float = 30, start: int = 0) -> str:
        """The first log line that matches."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.log[start:]:
                if re.search(pattern, line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no log line matches {pattern!r}:\n{self.text()}")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        """Its exit code; fails when a sanitizer reported something."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        reports = [line for line in self.log if SANITIZER.search(line)]
        assert not reports, self.text()
        return code

    def stop(self, seconds: float = 60) -> int:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(5)

    def restart(self, failpoints: str | None = None) -> None:
        """Starts again on the same configuration, at the same addresses."""
        if self.process.poll() is None:
            self.stop()
        self.environment.pop("STATESERVER_FAILPOINTS", None)
        if failpoints:
            self.environment["STATESERVER_FAILPOINTS"] = failpoints
        self.log.clear()
        self.start(self.address, self.metrics_address or "127.0.0.1:0")

    def metrics(self) -> str:
        """The text of /metrics."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address)

    def peak_memory(self) -> int:
        """VmHWM in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        assert found, status
        return int(found[1])
