#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes stateserver.json, the Grafana dashboard, from the list of panels below.

    python3 deploy/grafana/dashboard.py          # writes the file beside this one
    python3 deploy/grafana/dashboard.py --print  # to stdout

Each row of the list is a panel: title, unit, queries with their legends. The layout is
computed from it. Tests run every query against a Prometheus that scrapes a real server.
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

WIDTH, HEIGHT = 24, 8
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
# What the variables at the top of the dashboard select.
SERVER = 'job=~"$job", instance=~"$instance"'
GATEWAY = SERVER + ', gateway=~"$gateway"'
WINDOW = "$__rate_interval"


def per_second(metric: str, by: str, labels: str = SERVER) -> str:
    return f"sum by ({by}) (rate({metric}{{{labels}}}[{WINDOW}]))"


def quantile(q: float, histogram: str, by: str, labels: str = SERVER) -> str:
    return f"histogram_quantile({q}, {per_second(histogram + '_bucket', by + ', le', labels)})"


def latest(metric: str, by: str = "gateway", labels: str = GATEWAY) -> str:
    """One value for several servers that use the same database."""
    return f"max by ({by}) ({metric}{{{labels}}})"


# (row, [(kind, title, unit, {legend: query}, description)])
ROWS: list[tuple[str, list[tuple[str, str, str, dict[str, str], str]]]] = [
    ("Overview", [
        ("stat", "Servers up", "none", {"": f'sum(up{{{SERVER}}})'}, "Servers that Prometheus can reach."),
        ("stat", "Gateways down", "none",
         {"": f"count(stateserver_gateway_up{{{GATEWAY}}} == 0) or vector(0)"},
         "Databases that do not answer, counted once for each server."),
        ("stat", "Calls", "reqps", {"": f"sum(rate(stateserver_rpc_handled_total{{{SERVER}}}[{WINDOW}]))"},
         "Finished calls of all methods."),
        ("stat", "Failing", "percentunit",
         {"": f'(sum(rate(stateserver_rpc_handled_total{{{SERVER}, code=~"INTERNAL|UNKNOWN|DATA_LOSS"}}[{WINDOW}]))'
              f" or vector(0)) / sum(rate(stateserver_rpc_handled_total{{{SERVER}}}[{WINDOW}]))"},
         "Calls that failed because of the service, not the caller."),
        ("stat", "Incomplete schema runs", "none",
         {"": f"sum(stateserver_schema_open_statements{{{GATEWAY}}}) or vector(0)"},
         "Statements of StarRocks revisions without an outcome."),
        ("stat", "Certificate expires in", "s",
         {"": f"min(stateserver_tls_certificate_expiry_timestamp_seconds{{{SERVER}}}) - time()"},
         "The earliest expiry of all servers. Empty without TLS."),
        ("graph", "Gateways", "none",
         {"{{gateway}} at {{instance}}": f"stateserver_gateway_up{{{GATEWAY}}}"},
         "1 while the database answers."),
        ("graph", "Version", "none",
         {"{{version}} ({{commit}})": f"count by (version, commit) (stateserver_build_info{{{SERVER}}})"},
         "Servers of each version: two lines during a rolling upgrade."),
    ]),
    ("Calls", [
        ("graph", "Calls by method", "reqps",
         {"{{method}}": per_second("stateserver_rpc_handled_total", "method")}, ""),
        ("graph", "Calls by outcome", "reqps",
         {"{{code}}": per_second("stateserver_rpc_handled_total", "code")}, ""),
        ("graph", "Duration, 99th percentile", "s",
         {"{{method}}": quantile(0.99, "stateserver_rpc_duration_seconds", "method")}, ""),
        ("graph", "Duration, median", "s",
         {"{{method}}": quantile(0.5, "stateserver_rpc_duration_seconds", "method")}, ""),
        ("graph", "Running calls", "none",
         {"{{method}}": f"sum by (method) (stateserver_rpc_in_flight_calls{{{SERVER}}})"}, ""),
        ("graph", "Callers", "reqps",
         {"{{method}} {{outcome}}": per_second("stateserver_authentications_total", "method, outcome"),
          "no role for {{method}}": per_second("stateserver_authorizations_refused_total", "method")},
         "How callers authenticate, and how many calls are rejected."),
    ]),
    ("Connections", [
        ("graph", "Connections", "none",
         {"{{instance}}": f"stateserver_connections_open{{{SERVER}}}",
          "limit of {{instance}}": f"stateserver_connections_max{{{SERVER}}}"},
         "Open connections to the gRPC listeners."),
        ("graph", "Closed by the server", "ops",
         {"{{reason}}": per_second("stateserver_connections_closed_total", "reason")},
         "Connections that the server closed or refused. A value above 0 for a long time means a defective client or "
         "an attack."),
    ]),
    ("Export, import, migration", [
        ("graph", "Rows moved", "rowsps",
         {"{{operation}} {{phase}}":
          per_second("stateserver_transfer_rows_total", "operation, phase", GATEWAY)}, ""),
        ("graph", "Bytes moved", "Bps",
         {"{{operation}} {{phase}}":
          per_second("stateserver_transfer_bytes_total", "operation, phase", GATEWAY)}, ""),
        ("graph", "Time in each phase, mean", "s",
         {"{{operation}} {{phase}}":
          per_second("stateserver_operation_phase_duration_seconds_sum", "operation, phase", GATEWAY) + " / " +
          per_second("stateserver_operation_phase_duration_seconds_count", "operation, phase", GATEWAY)}, ""),
        ("graph", "Wait for a gateway's lock, 99th percentile", "s",
         {"{{gateway}}": quantile(0.99, "stateserver_lock_wait_seconds", "gateway", GATEWAY)}, ""),
        ("graph", "Time since the last success", "s",
         {"{{gateway}} {{operation}}":
          "time() - " + latest("stateserver_operation_last_success_timestamp_seconds", "gateway, operation")}, ""),
        ("graph", "Exports from replicas", "ops",
         {"{{gateway}} {{outcome}}":
          per_second("stateserver_replica_reads_total", "gateway, outcome", GATEWAY)},
         "Exports with `stale` and `unreachable` were read from the primary. Empty without read_replica."),
    ]),
    ("State", [
        ("graph", "Snapshots", "none", {"{{gateway}}": latest("stateserver_state_snapshots")}, ""),
        ("graph", "Environments", "none",
         {"{{gateway}}": latest("stateserver_state_environments"),
          "{{gateway}} expired": latest("stateserver_state_expired_environments")},
         "Expired environments remain until SQLMesh's janitor runs."),
        ("graph", "Interval rows", "none", {"{{gateway}}": latest("stateserver_state_interval_rows")},
         "`stateclient compact` merges them."),
        ("graph", "Schema version", "none", {"{{gateway}}": latest("stateserver_state_schema_version")}, ""),
        ("graph", "Restore points", "none", {"{{gateway}}": latest("stateserver_restore_points")}, ""),
        ("graph", "Size of the restore points", "bytes",
         {"{{gateway}}": latest("stateserver_restore_points_bytes")}, ""),
    ]),
    ("StarRocks schemas", [
        ("graph", "Statements of revisions", "ops",
         {"{{gateway}} {{class}} {{outcome}}":
          per_second("stateserver_schema_statements_total", "gateway, class, outcome", GATEWAY)}, ""),
        ("graph", "Jobs", "ops",
         {"{{gateway}} {{kind}} {{state}}":
          per_second("stateserver_schema_jobs_total", "gateway, kind, state", GATEWAY)}, ""),
        ("graph", "Wait for jobs, 90th percentile", "s",
         {"{{gateway}} {{kind}}": quantile(0.9, "stateserver_schema_job_wait_seconds", "gateway, kind", GATEWAY)}, ""),
        ("graph", "Statements without an outcome", "none",
         {"{{gateway}}": latest("stateserver_schema_open_statements")},
         "A value above 0 for a long time means an interrupted run."),
        ("graph", "Drift", "none", {"{{gateway}}": latest("stateserver_schema_drifted_objects")},
         "Objects that were changed outside the revisions, according to the last check."),
    ]),
    ("PostgreSQL pool and process", [
        ("graph", "Connections in use", "none",
         {"{{gateway}} at {{instance}}": f"stateserver_pool_connections_in_use{{{GATEWAY}}}",
          "limit of {{gateway}}": latest("stateserver_pool_max_connections")}, ""),
        ("graph", "Calls that wait for a connection", "none",
         {"{{gateway}} at {{instance}}": f"stateserver_pool_waiting_calls{{{GATEWAY}}}"}, ""),
        ("graph", "Connections opened", "ops",
         {"{{gateway}}": per_second("stateserver_pool_connections_opened_total", "gateway", GATEWAY)}, ""),
        ("graph", "Mean wait for a connection", "s",
         {"{{gateway}}":
          per_second("stateserver_pool_wait_seconds_total", "gateway", GATEWAY) + " / (" +
          per_second("stateserver_pool_waits_total", "gateway", GATEWAY) + " > 0)"},
         "The mean of the calls that waited. Empty while none waits."),
        ("graph", "Memory", "bytes", {"{{instance}}": f"process_resident_memory_bytes{{{SERVER}}}"}, ""),
        ("graph", "CPU", "none", {"{{instance}}": f"rate(process_cpu_seconds_total{{{SERVER}}}[{WINDOW}])"},
         "Cores in use."),
        ("graph", "Open files", "none",
         {"{{instance}}": f"process_open_fds{{{SERVER}}}", "limit of {{instance}}": f"process_max_fds{{{SERVER}}}"},
         ""),
        ("graph", "Files reloaded", "ops",
         {"certificate {{result}}": per_second("stateserver_tls_certificate_reloads_total", "result"),
          "{{source}} {{result}}": per_second("stateserver_auth_reloads_total", "source, result")},
         "Reloads of changed certificates, tokens and key sets."),
    ]),
]


def panel(number: int, kind: str, title: str, unit: str, queries: dict[str, str], description: str,
          place: dict[str, int]) -> dict[str, Any]:
    targets = [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expr, "legendFormat": legend or "__auto",
                **({"instant": True} if kind == "stat" else {})}
               for i, (legend, expr) in enumerate(queries.items())]
    made: dict[str, Any] = {"id": number, "type": "timeseries" if kind == "graph" else kind, "title": title,
            "description": description, "datasource": SOURCE, "gridPos": place, "targets": targets,
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []}, "options": {}}
    if kind == "graph":
        made["options"] = {"legend": {"displayMode": "list", "placement": "bottom"},
                           "tooltip": {"mode": "multi", "sort": "desc"}}
        made["fieldConfig"]["defaults"]["custom"] = {"fillOpacity": 10, "showPoints": "never"}
    if kind == "stat":
        made["options"] = {"colorMode": "value", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}}
    return made


def panels() -> Iterator[dict[str, Any]]:
    number, y = 1, 0
    for title, contents in ROWS:
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}}
        number, y = number + 1, y + 1
        x = row_height = 0
        for kind, heading, unit, queries, meaning in contents:
            width, height = (4, 4) if kind == "stat" else (12, HEIGHT)
            if x + width > WIDTH:
                x, y = 0, y + row_height
            row_height = height
            yield panel(number, kind, heading, unit, queries, meaning, {"x": x, "y": y, "w": width, "h": height})
            number, x = number + 1, x + width
        y += row_height


def variable(name: str, label: str, query: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "query": query,
            "definition": query, "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": "All", "value": "$__all"}, "sort": 1}


def dashboard() -> dict[str, Any]:
    return {
        "title": "stateserver", "uid": "stateserver", "tags": ["stateserver", "sqlmesh", "starrocks"],
        "schemaVersion": 38, "version": 1, "editable": True, "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"}, "refresh": "30s", "timezone": "",
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
            variable("job", "Job", "label_values(stateserver_build_info, job)"),
            variable("instance", "Server", 'label_values(stateserver_build_info{job=~"$job"}, instance)'),
            variable("gateway", "Gateway", 'label_values(stateserver_gateway_up{job=~"$job"}, gateway)'),
        ]},
        "annotations": {"list": []},
        "links": [],
        "panels": list(panels()),
    }


if __name__ == "__main__":
    text = json.dumps(dashboard(), indent=1) + "\n"
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(text)
    else:
        pathlib.Path(__file__).with_name("stateserver.json").write_text(text)
