# SPDX-License-Identifier: Apache-2.0
"""The Helm chart: rendered by Helm, validated for several Kubernetes versions, its configuration served by the real
server.

The suites in helm/stateserver/tests are helm-unittest's; scripts/test --all runs them, and kube-score.
"""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import kubernetes_validate
import pytest
import yaml

from harness import access, paths, prometheus
from harness.client import Client
from harness.haproxy import HAProxy
from harness.server import Server, gateway
from harness.tls import Authority

CHART = paths.ROOT / "helm" / "stateserver"
HELM = pathlib.Path(paths.PYTHON).parent / "helm"
KUBERNETES = ("1.25", "1.28", "1.31", "1.34", "1.37")
# Kinds of operators, of which Kubernetes has no schemas.
OPERATORS = {"ServiceMonitor", "PrometheusRule", "Certificate"}
DATABASE = {"type": "postgres", "host": "db", "port": 5432, "user": "sqlmesh", "password": "${PGPASSWORD}",
            "database": "state"}
MINIMAL = {"gateways": {"prod": {"state_connection": DATABASE}}, "tls": {"existingSecret": "server-tls"},
           "tokens": {"existingSecret": "server-tokens"}}
EVERYTHING = {
    **MINIMAL,
    "image": {"repository": "registry.example.com/stateserver", "digest": "sha256:" + "0" * 64,
              "pullSecrets": ["pull"]},
    "config": {"limits": {"lock_timeout": "20s"}, "log": {"level": "debug"}, "restore_points": {"keep": 5}},
    "env": [{"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
    "envFrom": [{"secretRef": {"name": "more"}}],
    "tls": {"clientCAKey": "ca.crt", "clientCRLKey": "crl.pem", "clientAuth": "optional",
            "certManager": {"enabled": True, "issuerRef": {"name": "ca", "kind": "ClusterIssuer"}}},
    "readiness": {"gateways": ["prod"]}, "autoscaling": {"enabled": True}, "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True}, "dashboard": {"enabled": True},
    "migrate": {"enabled": True, "gateways": ["prod"], "tokenSecret": "admin", "clientSecret": "admin-tls"},
    "networkPolicy": {"clients": [{"podSelector": {"matchLabels": {"app": "sqlmesh"}}}],
                      "scrapers": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}]},
    "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "x", "operator": "Exists"}], "podLabels": {"team": "data"},
    "podAnnotations": {"a": "b"}, "priorityClassName": "high", "service": {"annotations": {"a": "b"}},
    "extraVolumes": [{"name": "keys", "configMap": {"name": "jwks"}}],
    "extraVolumeMounts": [{"name": "keys", "mountPath": "/etc/stateserver/jwks"}],
}
PLAIN = {"gateways": MINIMAL["gateways"], "tls": {"enabled": False}, "insecure": True, "replicaCount": 1,
         "service": {"headless": False}, "networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False},
         "serviceAccount": {"create": False}}

PROXY = {**EVERYTHING, "proxy": {"enabled": True, "image": {"digest": "sha256:" + "1" * 64}}}


def helm(*arguments, values=None):
    return subprocess.run([HELM, *arguments, *(["-f", "-"] if values is not None else [])], capture_output=True,
                          text=True,
                          input=yaml.safe_dump(values) if values is not None else None)


def render(values):
    """kind/name -> manifest."""
    done = helm("template", "r", CHART, "--namespace", "data", values=values)
    assert done.returncode == 0, done.stderr
    manifests = [m for m in yaml.safe_load_all(done.stdout) if m]
    return {f"{m['kind']}/{m['metadata']['name']}": m for m in manifests}


def test_lint():
    done = helm("lint", CHART, "--strict", values=EVERYTHING)
    assert done.returncode == 0, done.stdout + done.stderr


def test_versions_are_those_of_the_server():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = re.search(r"project\(stateserver VERSION (\S+)", (paths.ROOT / "CMakeLists.txt").read_text())[1]
    assert chart["version"] == chart["appVersion"] == version


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", [MINIMAL, EVERYTHING, PLAIN, PROXY], ids=["minimal", "everything", "plain", "proxy"])
def test_manifests_are_valid(values, version):
    manifests = render(values)
    assert "Deployment/r-stateserver" in manifests
    for manifest in manifests.values():
        if manifest["kind"] not in OPERATORS:
            kubernetes_validate.validate(manifest, version, strict=True)
        assert manifest["metadata"]["namespace"] == "data"


def test_names_are_unique_and_selectors_find_the_pods():
    done = helm("template", "r", CHART, values=EVERYTHING)
    listed = [f"{m['kind']}/{m['metadata']['name']}" for m in yaml.safe_load_all(done.stdout) if m]
    assert len(listed) == len(set(listed))
    manifests = render(EVERYTHING)
    labels = manifests["Deployment/r-stateserver"]["spec"]["template"]["metadata"]["labels"].items()
    for name, path in (("Deployment/r-stateserver", ("selector", "matchLabels")),
                       ("Service/r-stateserver", ("selector",)), ("Service/r-stateserver-headless", ("selector",)),
                       ("PodDisruptionBudget/r-stateserver", ("selector", "matchLabels")),
                       ("NetworkPolicy/r-stateserver", ("podSelector", "matchLabels"))):
        selector = manifests[name]["spec"]
        for key in path:
            selector = selector[key]
        assert selector.items() <= labels, name
        job = manifests["Job/r-stateserver-migrate"]["spec"]["template"]["metadata"]["labels"]
        assert not selector.items() <= job.items(), "the migration's pod takes no calls"
    monitor = manifests["ServiceMonitor/r-stateserver"]["spec"]["selector"]["matchLabels"]
    assert monitor.items() <= manifests["Service/r-stateserver"]["metadata"]["labels"].items()


def test_every_pod_is_restricted():
    """As the Kubernetes pod security standard "restricted" asks, and a bit more."""
    for manifest in [*render(EVERYTHING).values(), *render(PROXY).values()]:
        if manifest["kind"] not in ("Deployment", "Job"):
            continue
        pod = manifest["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] > 10000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert all("hostPath" not in volume for volume in pod["volumes"])
        for container in pod["containers"]:
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}
            assert set(container["resources"]) == {"requests", "limits"}


def test_the_rules_and_the_dashboard_are_those_of_deploy():
    manifests = render(EVERYTHING)
    assert manifests["PrometheusRule/r-stateserver"]["spec"] == yaml.safe_load(prometheus.RULES.read_text())
    kept = json.loads(manifests["ConfigMap/r-stateserver-dashboard"]["data"]["stateserver.json"])
    assert kept == json.loads((paths.ROOT / "deploy" / "grafana" / "stateserver.json").read_text())


@pytest.mark.parametrize("values, word", [
    ({"replicas": 3}, "replicas"), ({"drain": {"graceSeconds": "30s"}}, "graceSeconds"),
    ({"image": {"digest": "latest"}}, "digest"), ({"service": {"port": 0}}, "port"),
    ({"tls": {"clientAuth": "maybe"}}, "clientAuth")])
def test_the_schema_names_what_is_wrong(values, word):
    done = helm("template", "r", CHART, values={**MINIMAL, **values})
    assert done.returncode != 0 and word in done.stderr, done


def refused(values):
    """The error of a chart that must not render."""
    done = helm("template", "r", CHART, values=values)
    assert done.returncode != 0, done.stdout
    return done.stderr


def with_gateway(state, **more):
    return {**MINIMAL, "gateways": {"dev": {"state_connection": DATABASE},
                                    "prod": {"state_connection": {**DATABASE, **state}, **more}}}


@pytest.mark.parametrize("values, path", [
    (with_gateway({"password": "hunter2"}), "gateways.prod.state_connection.password"),
    (with_gateway({"password": 424242}), "gateways.prod.state_connection.password"),
    (with_gateway({"password": "hunter2${PGPASSWORD}"}), "gateways.prod.state_connection.password"),
    (with_gateway({"password": "$${hunter2}"}), "gateways.prod.state_connection.password"),
    (with_gateway({"password": "{{ env_var('P', 'hunter2') }}"}), "gateways.prod.state_connection.password"),
    (with_gateway({"Password": "hunter2"}), "gateways.prod.state_connection.Password"),
    (with_gateway({}, connection={"type": "starrocks", "host": "fe", "user": "root", "password": "hunter2"}),
     "gateways.prod.connection.password"),
    (with_gateway({}, connection="starrocks://root:hunter2@fe:9030/analytics"), "gateways.prod.connection"),
    (with_gateway({}, read_replica={"host": "standby", "password": "hunter2"}), "gateways.prod.read_replica.password"),
    (with_gateway({"host": "host=db password=hunter2"}), "gateways.prod.state_connection.host"),
    (with_gateway({"host": "host=db password = 'hunter2'"}), "gateways.prod.state_connection.host"),
    (with_gateway({}, connection={"type": "snowflake", "private_key_passphrase": "hunter2"}),
     "gateways.prod.connection.private_key_passphrase"),
    (with_gateway({}, connection={"type": "duckdb", "secrets": [{"secret": "hunter2"}]}),
     "gateways.prod.connection.secrets[0].secret"),
    ({**MINIMAL, "config": {"metrics_auth": {"user": "p", "password": "hunter2"}}}, "config.metrics_auth.password"),
    ({**MINIMAL, "config": {"auth": {"jwt": {"jwks_url": "https://u:hunter2@login.example.com/keys"}}}},
     "config.auth.jwt.jwks_url"),
    ({**MINIMAL, "env": [{"name": "PGPASSWORD", "value": "hunter2"}]}, "env[0] (PGPASSWORD)"),
])
def test_a_literal_password_is_refused(values, path):
    error = refused(values)
    assert f"{path}: contains a literal password or key" in error, error
    assert "${VARIABLE}" in error and "from a Secret, with env or envFrom" in error
    assert "hunter2" not in error and "424242" not in error


@pytest.mark.parametrize("values", [
    with_gateway({"password": "${PGPASSWORD}"}), with_gateway({"password": ""}), with_gateway({"password": None}),
    with_gateway({"password": "{{ env_var('PGPASSWORD') }}"}), with_gateway({"password": "${A}${B}"}),
    with_gateway({}, connection="starrocks://root:${SR}@fe:9030/analytics"),
    with_gateway({}, connection="starrocks://root@fe:9030/analytics"),
    with_gateway({}, connection={"type": "snowflake", "private_key_path": "/key.p8", "token_uri": "https://x:1/"}),
    with_gateway({"host": "host=db password=${P} port=5432"}),
    {**MINIMAL, "config": {"metrics_auth": {"user": "p", "password": "${M}"}, "auth": {"tokens_file": "/t"}}},
    {**MINIMAL, "env": [{"name": "TZ", "value": "UTC"}]},
])
def test_a_reference_to_a_password_is_accepted(values):
    assert "ConfigMap/r-stateserver" in render(values)


def policy(config=None, **network):
    values = {**MINIMAL, "networkPolicy": network, **({"config": config} if config else {})}
    return render(values)["NetworkPolicy/r-stateserver"]["spec"]


def test_one_namespace_may_scrape():
    def scrapers(**network):
        rules = [rule for rule in policy(**network)["ingress"] if rule["ports"][0]["port"] == "metrics"]
        assert len(rules) == 1
        return rules[0]["from"]

    def namespace(name):
        return [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]

    assert scrapers() == namespace("monitoring")
    assert scrapers(metricsNamespace="observability") == namespace("observability")
    pods = [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]
    assert scrapers(scrapers=pods) == pods
    assert "metricsNamespace" in refused({**MINIMAL, "networkPolicy": {"metricsNamespace": ""}})


@pytest.mark.parametrize("url, port", [
    ("https://login.example.com/keys", 443), ("https://login.example.com:8443/keys", 8443),
    ("https://login.example.com:8443", 8443), ("http://localhost:80/keys", 80), ("http://localhost/keys", 80),
    ("https://user:${P}@login.example.com/a:1?b=:2", 443), ("https://[2001:db8::1]:444/keys", 444),
    ("${JWKS_URL}", 443),
])
def test_the_server_may_read_the_keys_of_the_identity_provider(url, port):
    jwt = {"issuer": "i", "audience": "a", "jwks_url": url}
    plain = policy()["egress"]
    allowed = policy({"auth": {"jwt": jwt}})["egress"]
    assert [rule for rule in allowed if rule not in plain] == [{"ports": [{"port": port, "protocol": "TCP"}]}]
    to = [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    allowed = policy({"auth": {"jwt": jwt}}, identityProvider=to)["egress"]
    assert {"ports": [{"port": port, "protocol": "TCP"}], "to": to} in allowed


def test_no_egress_is_opened_for_keys_in_a_file():
    jwt = {"issuer": "i", "audience": "a", "jwks_file": "/etc/stateserver/jwks/keys.json"}
    assert policy({"auth": {"jwt": jwt}})["egress"] == policy()["egress"]


def test_notes_name_the_next_command(tmp_path):
    """Helm prints notes of an installation alone, which needs a cluster: here they are the text of a ConfigMap."""
    chart = shutil.copytree(CHART, tmp_path / "chart")
    notes = chart / "templates" / "NOTES.txt"
    (chart / "templates" / "notes.yaml").write_text(
        '{{- define "notes" }}' + notes.read_text() + "{{ end }}\napiVersion: v1\nkind: ConfigMap\n"
        'metadata: {name: notes}\ndata: {notes: {{ include "notes" . | toJson }}}\n')
    done = helm("template", "r", chart, "--namespace", "data", "--show-only", "templates/notes.yaml", values=MINIMAL)
    assert done.returncode == 0, done.stderr
    text = yaml.safe_load(done.stdout)["data"]["notes"]
    assert "kubectl -n data rollout status deployment/r-stateserver" in text
    assert "health gateway/prod" in text and "--tls-ca" in text and "It is not monitored" in text


def test_the_server_and_the_probes_work_as_rendered(state, tmp_path):
    """The rendered configuration with this machine's paths and ports, in a real server; the probes' own commands."""
    manifests = render({**MINIMAL, "readiness": {"gateways": ["prod"]},
                        "migrate": {"enabled": True, "tokenSecret": "t"},
                        "config": {"restore_points": {"keep": 5}}})
    text = manifests["ConfigMap/r-stateserver"]["data"]["stateserver.yaml"]
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    tokens = access.Tokens(tmp_path)
    token = tokens.create("admin", every="admin")
    socket = f"unix:{tmp_path}/local.sock"
    for there, here in (("/etc/stateserver/tls/tls.crt", certificate), ("/etc/stateserver/tls/tls.key", key),
                        ("/etc/stateserver/tokens/tokens.yaml", tokens.file),
                        ("unix:/run/stateserver/local.sock", socket)):
        assert there in text
        text = text.replace(there, str(here))
    config = yaml.safe_load(text)
    config["gateways"]["prod"] = gateway(state)
    gateways = config.pop("gateways")
    server = Server(gateways, **config)
    try:
        client = Client(server)
        container = manifests["Deployment/r-stateserver"]["spec"]["template"]["spec"]["containers"][0]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            command = container[probe]["exec"]["command"]
            assert command[0] == "stateclient"
            client.ok(*[word.replace("unix:/run/stateserver/local.sock", socket) for word in command[1:]])
        job = manifests["Job/r-stateserver-migrate"]["spec"]["template"]["spec"]["containers"][0]
        script = job["command"][2].replace("stateclient", str(paths.CLIENT))
        done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, env={
            **client.variables(), "STATESERVER_SERVER": server.address,
            "STATESERVER_TLS_CA": str(authority.certificate),
            "STATESERVER_TOKEN": token})
        assert done.returncode == 0, done.stderr
        assert "shutdown_grace: 30s" in text
    finally:
        server.stop()


def test_the_proxy_works_as_rendered(state, start_server, tmp_path):
    """Both containers' configurations, in the real server and the real HAProxy; the service finds the proxy's port."""
    manifests = render({**MINIMAL, "tls": {"existingSecret": "server-tls", "clientCAKey": "ca.crt"},
                        "proxy": {"enabled": True}})
    data = manifests["ConfigMap/r-stateserver"]["data"]
    pod = manifests["Deployment/r-stateserver"]["spec"]["template"]["spec"]
    server_container, proxy_container = pod["containers"]
    assert "grpc" not in {port["name"] for port in server_container["ports"]}
    assert {"name": "grpc", "containerPort": 7433, "protocol": "TCP"} in proxy_container["ports"]
    assert manifests["Service/r-stateserver"]["spec"]["ports"][0]["targetPort"] == "grpc"
    config = yaml.safe_load(data["stateserver.yaml"])
    assert "tls" not in config
    with tempfile.TemporaryDirectory(prefix="ss-proxy-", dir="/tmp") as short:
        folder = pathlib.Path(short)
        socket = config["proxy_listen"].replace("unix:/run/stateserver", short)
        assert proxy_container["env"] == [{"name": "STATESERVER_PROXY_CLIENTS",
                                           "value": "ca-file /etc/haproxy/tls/ca.crt verify required"}]
        tokens = access.Tokens(tmp_path)
        token = tokens.create("admin", every="admin")
        server = start_server(state, proxy_listen=f"unix:{socket}", auth={"tokens_file": str(tokens.file)})
        configuration = folder / "haproxy.cfg"
        configuration.write_text(data["haproxy.cfg"])
        authority = Authority(folder)
        proxy = HAProxy(folder, authority, pathlib.Path(socket), "required", configuration)
        try:
            certificate, key = authority.issue("caller")
            client = Client(server, STATESERVER_SERVER=proxy.address, STATESERVER_TLS_CA=str(authority.certificate),
                            STATESERVER_TOKEN=token)
            client("versions", code=3)
            client.ok("--tls-cert", certificate, "--tls-key", key, "versions")
        finally:
            proxy.stop()
