# SPDX-License-Identifier: Apache-2.0
"""The rules and the dashboard, by themselves and with a real Prometheus over real servers."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from typing import Any

import pytest
import yaml

from deploy.scenario import WINDOW, Scenario
from harness import paths, prometheus

FOLDER = paths.ROOT / "deploy"
DASHBOARD = FOLDER / "grafana" / "stateserver.json"
ALERTS = prometheus.alerts(yaml.safe_load(prometheus.RULES.read_text()))


def test_rules_and_configuration_are_valid():
    for check in (("config", "prometheus.yml"), ("rules", "rules.yaml")):
        done = prometheus.promtool("check", *check, cwd=FOLDER / "prometheus")
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_on_its_series_and_not_before():
    done = prometheus.promtool("test", "rules", "rules_test.yaml", cwd=FOLDER / "prometheus")
    assert done.returncode == 0, done.stdout + done.stderr
    tested = yaml.safe_load((FOLDER / "prometheus" / "rules_test.yaml").read_text())["tests"]
    fired = {case["alertname"] for test in tested for case in test["alert_rule_test"] if case["exp_alerts"]}
    kept = {case["alertname"] for test in tested for case in test["alert_rule_test"] if not case["exp_alerts"]}
    assert fired == set(ALERTS)
    # These two have no condition of time or size that could just not be met.
    assert set(ALERTS) - kept == {"StateserverAuthenticationFailures"} - kept


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_has_its_section(name):
    """What it means, how urgent it is: as the rule says."""
    text = (paths.ROOT / "docs" / "alerts.md").read_text()
    section = re.search(rf"^## {name}\n\n\*(\w+)\.\*", text, re.M)
    assert section, name
    assert section[1] == ALERTS[name]["labels"]["severity"]
    assert set(ALERTS[name]["annotations"]) == {"summary", "description"}


def test_the_sections_are_of_alerts():
    text = (paths.ROOT / "docs" / "alerts.md").read_text()
    assert set(re.findall(r"^## (\w+)$", text, re.M)) == set(ALERTS)


def test_the_dashboard_is_as_its_script_writes_it():
    written = subprocess.run([sys.executable, FOLDER / "grafana" / "dashboard.py", "--print"], capture_output=True,
                             text=True, check=True).stdout
    assert DASHBOARD.read_text() == written, "run deploy/grafana/dashboard.py"


def panel_queries():
    """(panel, legend, query) of the dashboard, its variables set to everything."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            query = re.sub(r'"\$(job|instance|gateway)"', '".*"', target["expr"])
            query = query.replace("$__rate_interval", f"{WINDOW}s")
            assert "$" not in query, query
            yield panel["title"], target["legendFormat"], query


def draw(prometheus_server):
    done = subprocess.run([sys.executable, FOLDER / "grafana" / "draw.py", f"http://{prometheus_server.address}",
                           "--minutes", "2"], capture_output=True, text=True, encoding="utf8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_panels_do_not_overlap():
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


def test_panels_have_data_and_alerts_fire(databases, starrocks, tmp_path):
    """Everything in one go: it takes a minute until Prometheus has seen it all."""
    empty: dict[tuple[str, str], Any] = {}
    labels: dict[tuple[str, str], Any] = {}

    def look_at_panels():
        for title, legend, query in panel_queries():
            samples = prometheus_server.query(query)
            if samples:
                labels[title, legend] = samples[0][0]
                empty.pop((title, legend), None)
            elif (title, legend) not in labels:
                empty[title, legend] = query

    with Scenario(databases, starrocks, tmp_path) as scenario:
        prometheus_server = scenario.prometheus
        scenario.wait_for_alert("StateserverGatewayDown")
        scenario.use_the_state()
        scenario.change_the_schema()
        look_at_panels()
        scenario.damage()
        scenario.wait_for_alert("StateserverFailing")
        scenario.block(WINDOW + 5)
        scenario.wait_for_alert("StateserverLockWaits")
        look_at_panels()
        scenario.guess()
        scenario.wait_for_alert("StateserverAuthenticationFailures")
        scenario.wait_for_alert("StateserverRefusing")
        scenario.abuse()
        scenario.wait_for_alert("StateserverRefusalsNotRecorded")
        scenario.wait_for_alert("StateserverRequestsOverLimits")
        scenario.crowd()
        scenario.change_files()
        scenario.fail_a_statement()
        scenario.wait_for_alert("StateserverSchemaStatementFailed")
        scenario.grow()
        look_at_panels()
        scenario.stop_half_way()
        scenario.restart_the_spare()
        look_at_panels()
        for name in ALERTS:
            scenario.wait_for_alert(name)
        picture = draw(prometheus_server)
        (tmp_path / "dashboard.svg").write_text(picture)
    assert not empty
    drawing = xml.etree.ElementTree.fromstring(picture)
    assert len(drawing.findall(".//{*}polyline")) > 60 and "nothing yet" not in picture
    # A legend whose label the query does not give would read as an empty name.
    for (title, legend), given in labels.items():
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= set(given), (title, legend, given)
