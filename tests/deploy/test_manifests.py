# SPDX-License-Identifier: Apache-2.0
"""Dockerfile, Compose project, systemd unit and example configurations."""

import re
import shutil
import subprocess
import sysconfig

import pytest
import yaml

from harness import paths, prometheus

DEPLOY = paths.ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
MULTIARCH = sysconfig.get_config_var("MULTIARCH")
UNIT = DEPLOY / "systemd" / "stateserver.service"


def linked_packages():
    """The Debian packages of the libraries that the programs name themselves."""
    packages = set()
    for program in (paths.SERVER, paths.CLIENT):
        needed = re.findall(r"NEEDED\s+(\S+)",
                            subprocess.run(["objdump", "-p", program], capture_output=True, text=True,
                                                            check=True).stdout)
        for library in needed:
            owner = subprocess.run(["dpkg-query", "-S", f"*/{MULTIARCH}/{library}"], capture_output=True, text=True,
                                   check=True).stdout
            packages.add(owner.split(":")[0])
    return packages


def test_the_image_has_every_library_and_no_other():
    """What the programs link to, or what comes with that; python3 is for the workers."""
    text = (paths.ROOT / "Dockerfile").read_text()
    runtime = text[text.index(" AS runtime"):text.index(" AS embedded")]
    listed = set(re.search(r"--no-install-recommends \\\n(.*?)\\\n    && rm", runtime, re.S)[1].split()) - {"\\"}
    linked = linked_packages()
    assert listed - linked == {"ca-certificates", "python3"}, listed - linked
    depends = subprocess.run(["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts",
                              "--no-breaks", "--no-replaces", "--no-enhances", *listed], capture_output=True, text=True,
                             check=True).stdout
    assert linked - listed <= set(re.findall(r"Depends: (\S+)", depends)), "in no package of the image"


def test_compose():
    """Every file it mounts is there; the server and Prometheus take their configurations."""
    project = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    named = set(project["volumes"])
    for name, service in project["services"].items():
        assert "image" in service, name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in named or (COMPOSE / source).is_file(), volume
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name}: nobody else is to reach it"
        assert set(service.get("depends_on", ())) <= set(project["services"])
    server = project["services"]["stateserver"]
    assert server["read_only"] is True and server["cap_drop"] == ["ALL"]
    done = subprocess.run([paths.SERVER, "--config", COMPOSE / "stateserver.yaml", "--check-config"],
                          capture_output=True,
                          text=True, env={"PGPASSWORD": "p", "STARROCKS_PASSWORD": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    config = yaml.safe_load((COMPOSE / "stateserver.yaml").read_text())
    assert config["gateways"]["local"]["state_connection"]["host"] in project["services"]
    assert server["environment"]["STATESERVER_SERVER"] == config["local_listen"]


def test_compose_provisions_the_dashboard(tmp_path):
    grafana = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    provider = yaml.safe_load((COMPOSE / "grafana" / "dashboards.yaml").read_text())["providers"][0]
    assert mounts["../grafana/stateserver.json"].startswith(provider["options"]["path"])
    scraper = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
    scraper["rule_files"] = [str(prometheus.RULES)]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(scraper))
    done = prometheus.promtool("check", "config", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["stateserver.example.yaml", "embedded.yaml"])
def test_configurations_are_taken(name):
    done = subprocess.run([paths.SERVER, "--config", DEPLOY / name, "--check-config"], capture_output=True, text=True,
                          env={"PGPASSWORD": "p"})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_is_sandboxed(tmp_path):
    """As systemd itself judges it, where it is at hand."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / UNIT.name
    text = UNIT.read_text().replace("/usr/bin/stateserver", str(paths.SERVER))
    unit.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    judged = subprocess.run([analyze, "security", "--offline=true", "--threshold=20", unit], capture_output=True,
                            text=True)
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_unit_keeps_what_the_server_needs():
    """Limits of workers are set with setrlimit, and /proc/stat tells when the process started."""
    text = UNIT.read_text()
    assert "~@resources" not in text and "@resources" not in re.search(r"SystemCallFilter=~(.*)", text)[1]
    assert "ProcSubset=pid" not in text
    # Namespaces are refused, so that workers are confined by Landlock.
    assert "RestrictNamespaces=yes" in text
    for call in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
        assert re.search(rf"^SystemCallFilter=[a-z_ ]*\b{call}\b", text, re.M), call
    assert "TimeoutStopSec=45" in text, "longer than limits.shutdown_grace"
