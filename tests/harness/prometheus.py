# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus on the loopback, and promtool. scripts/lib/tools.sh unpacks them."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from harness import paths
from harness.cluster import free_port

TOOLS = paths.ROOT / "build" / "tools" / "prometheus" / "usr" / "bin"
RULES = paths.ROOT / "deploy" / "prometheus" / "rules.yaml"
# Scrapes and evaluations per second are ten times those of the example.
INTERVAL = "1s"
START_SECONDS = 60


def promtool(*arguments: object, cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess[str]:
    """The finished process, its output as text."""
    return subprocess.run([TOOLS / "promtool", *map(str, arguments)], cwd=cwd, capture_output=True, text=True)


def alerts(rules: dict[str, Any]) -> dict[str, Any]:
    """Every alert rule by its name."""
    return {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule}


def hurried(rules: dict[str, Any]) -> Any:
    """The same rules for a test's patience: what must last does so for a moment, windows are seconds."""
    text = yaml.safe_dump(rules, width=10000)
    text = re.sub(r"\[\d+[mhd]\]", "[20s]", text)
    text = re.sub(r"offset \d+m", "offset 20s", text)
    text = re.sub(r"for: \S+", "for: 0s", text)
    return yaml.safe_load(text)


class Prometheus:
    """Scrapes `targets` (job -> addresses) every second and evaluates `rules`, if any."""

    def __init__(self, targets: Mapping[str, Iterable[str | None]], rules: dict[str, Any] | None = None) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-prom-", dir="/tmp"))
        self.address = f"127.0.0.1:{free_port()}"
        configuration: dict[str, Any] = {"global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
                         "scrape_configs": [{"job_name": job, "static_configs": [{"targets": list(addresses)}]}
                                            for job, addresses in targets.items()]}
        if rules:
            (self.folder / "rules.yaml").write_text(yaml.safe_dump(rules))
            configuration["rule_files"] = [str(self.folder / "rules.yaml")]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        self._log = open(self.folder / "log", "w", encoding="utf-8")  # noqa: SIM115  open while the process is
        self.process = subprocess.Popen(
            [TOOLS / "prometheus", f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address={self.address}"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, cwd="/")
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError("Prometheus did not start:\n" + (self.folder / "log").read_text())

    def _get(self, path: str, **parameters: object) -> Any:
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The samples of an instant query: [(labels, value)]."""
        return [(sample["metric"], float(sample["value"][1]))
                for sample in self._get("query", query=expression)["result"]]

    def range(self, expression: str, seconds: float,
              step: float = 1) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """[(labels, [(time, value)])] over the last seconds."""
        end = time.time()
        found = self._get("query_range", query=expression, start=end - seconds, end=end, step=step)["result"]
        return [(series["metric"], [(float(at), float(value)) for at, value in series["values"]]) for series in found]

    def firing(self) -> list[dict[str, str]]:
        """The labels of every alert that fires now."""
        return [alert["labels"] for alert in self._get("alerts")["alerts"] if alert["state"] == "firing"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
