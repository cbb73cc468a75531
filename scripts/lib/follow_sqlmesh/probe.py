# SPDX-License-Identifier: Apache-2.0
"""Asks an installed SQLMesh what the product depends on: probe.py RESULT <DOCUMENTS

Runs in the Python of one release, with nothing but that release and the standard library. DOCUMENTS is a JSON object of
stored snapshots by key. RESULT is the file that gets the answer, as JSON: what SQLMesh prints does not disturb it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import logging
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

# Columns outside the document, which SQLMesh adds before it parses; no fingerprint depends on them.
COLUMNS = {"updated_ts": 0, "unrestorable": False, "forward_only": False}
# What state tables and files contain, as (module, class).
RECORDS = [("sqlmesh.core.snapshot", "Snapshot"), ("sqlmesh.core.snapshot", "SnapshotTableInfo"),
           ("sqlmesh.core.snapshot", "SnapshotIntervals"), ("sqlmesh.core.environment", "Environment"),
           ("sqlmesh.core.environment", "EnvironmentStatements")]
INTERFACES = [("sqlmesh.core.state_sync", "StateReader"), ("sqlmesh.core.state_sync", "StateSync"),
              ("sqlmesh.core.state_sync", "EngineAdapterStateSync")]
# Types of connections whose keys the product reads.
CONNECTIONS = ("postgres", "gcp_postgres", "starrocks")
# Modules whose text the generated tables depend on, beside sqlglot.
SOURCES = {"expressions": ("sqlmesh.core.dialect", "sqlmesh.utils.pydantic"),
           "column_types": ("sqlmesh.core.dialect", "sqlmesh.utils.pydantic", "sqlmesh.core.model.common",
                            "sqlmesh.core.model.meta"),
           "environment_names": ("sqlmesh.core.environment",)}


def migrations() -> list[dict[str, str]]:
    package = importlib.import_module("sqlmesh.migrations")
    found = []
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        if re.fullmatch(r"v\d{4}_\w+", name):
            text = importlib.import_module(f"sqlmesh.migrations.{name}").__doc__ or ""
            found.append({"module": name, "summary": text.strip().split("\n\n")[0].replace("\n", " ").strip()})
    return found


def sqlglot_pin() -> str:
    for requirement in importlib.metadata.requires("sqlmesh") or []:
        match = re.match(r"sqlglot(?:\[[^]]*\])?\s*\(?([^;)]+)\)?(;.*)?$", requirement)
        if match and not (match[2] or "").count("extra"):
            return match[1].strip()
    return ""


def plain(text: object) -> str:
    """The text without what differs from run to run."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(text))


def without_prose(value: Any) -> Any:
    """A JSON schema without titles and descriptions."""
    if isinstance(value, dict):
        return {key: without_prose(each) for key, each in value.items()
                if not (key in ("title", "description") and isinstance(each, str))}
    return [without_prose(each) for each in value] if isinstance(value, list) else value


def annotation(value: Any) -> str:
    """The type as a text. Where sqlglot keeps its classes, and how it calls their base, changes without any effect."""
    text = plain(value if not isinstance(value, type) else value.__name__).replace("typing.", "")
    return re.sub(r"\bsqlglot\.(?:\w+\.)*(\w+)", lambda m: "Expression" if m[1] == "Expr" else m[1], text)


def fields(model: Any) -> dict[str, str]:
    """The stored fields of a pydantic model: stored name -> type, and default."""
    made = {}
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        default = "required" if field.is_required() else plain(repr(field.default_factory or field.default))
        made[field.alias or name] = f"{annotation(field.annotation)} = {default}"
    return dict(sorted(made.items()))


def subclasses(model: Any) -> Iterator[Any]:
    yield model
    for each in model.__subclasses__():
        yield from subclasses(each)


def models() -> dict[str, dict[str, str]]:
    """The fields of everything that is stored as JSON within snapshots and environments."""
    for module in ("sqlmesh.core.model", "sqlmesh.core.model.kind", "sqlmesh.core.audit", "sqlmesh.core.metric",
                   "sqlmesh.core.snapshot.definition", "sqlmesh.core.environment", "sqlmesh.utils.jinja",
                   "sqlmesh.utils.metaprogramming", "sqlmesh.core.node"):
        importlib.import_module(module)
    base = importlib.import_module("sqlmesh.utils.pydantic").PydanticModel
    stored = re.compile(r"sqlmesh\.core\.(model\.(definition|kind|meta|seed|common)|audit\.definition|node|environment|"
                        r"snapshot\.definition)$|sqlmesh\.utils\.(jinja|metaprogramming)$")
    found = {each for each in subclasses(base) if stored.match(each.__module__)}
    return {model.__name__: fields(model) for model in sorted(found, key=lambda each: each.__name__)}


def enumerations() -> dict[str, list[str]]:
    enum = importlib.import_module("enum")
    found = {}
    for name in ("sqlmesh.core.model.kind", "sqlmesh.core.snapshot.definition", "sqlmesh.core.node",
                 "sqlmesh.utils.metaprogramming", "sqlmesh.core.config.common"):
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, type) and issubclass(value, enum.Enum) and value.__module__ == name:
                members: Any = value
                found[key] = [f"{each.name} = {each.value}" for each in members]
    return dict(sorted(found.items()))


def json_schemas() -> dict[str, Any]:
    return {name: without_prose(getattr(importlib.import_module(module), name).model_json_schema())
            for module, name in RECORDS if hasattr(importlib.import_module(module), name)}


def interface(kind: type) -> dict[str, str]:
    abstract: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
    return {name: ("abstract " if name in abstract else "") + plain(inspect.signature(value))
            for name, value in sorted(inspect.getmembers(kind, inspect.isfunction)) if not name.startswith("_")}


def gateway_keys() -> dict[str, list[str]]:
    config = importlib.import_module("sqlmesh.core.config")
    connection = importlib.import_module("sqlmesh.core.config.connection")
    keys = {
        "gateway": list(config.GatewayConfig.model_fields),
        "every connection": list(connection.ConnectionConfig.model_fields),
        "top level": list(config.Config.model_fields),
    }
    types = []
    for kind in sorted(set(subclasses(connection.ConnectionConfig)), key=lambda each: each.__name__):
        name = kind.model_fields["type_"].default if "type_" in kind.model_fields else None
        if isinstance(name, str) and not inspect.isabstract(kind):
            types.append(name)
            if name in CONNECTIONS:
                keys[f"connection of type {name}"] = [field.alias or key for key, field in kind.model_fields.items()]
    return {key: sorted(each) for key, each in {**keys, "types of connections": types}.items()}


def sources() -> dict[str, str]:
    made = {}
    for table, modules in SOURCES.items():
        text = "".join(inspect.getsource(importlib.import_module(module)) for module in modules)
        made[table] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return made


def fingerprint(text: str) -> str:
    definitions = importlib.import_module("sqlmesh.core.snapshot")
    try:
        snapshot = definitions.Snapshot.parse_obj({**COLUMNS, **json.loads(text)})
        made = definitions.fingerprint_from_node(snapshot.node, nodes={})
    except Exception as error:
        return f"{type(error).__name__}"
    return f"{made.data_hash} {made.metadata_hash}"


def schema_version() -> int:
    base = importlib.import_module("sqlmesh.core.state_sync.base")
    return int(base.SCHEMA_VERSION)


def probe(documents: dict[str, str]) -> dict[str, Any]:
    state_sync: dict[str, dict[str, str]] = {}
    for module, name in INTERFACES:
        state_sync[name] = interface(getattr(importlib.import_module(module), name))
    return {
        "release": importlib.metadata.version("sqlmesh"),
        "schema_version": schema_version(),
        "sqlglot_pin": sqlglot_pin(),
        "sqlglot": importlib.metadata.version("sqlglot"),
        "migrations": migrations(),
        "json_schemas": json_schemas(),
        "models": models(),
        "enumerations": enumerations(),
        "state_sync": state_sync,
        "gateway_keys": gateway_keys(),
        "sources": sources(),
        "fingerprints": {key: fingerprint(text) for key, text in documents.items()},
    }


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    made = probe(json.load(sys.stdin))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(made, file)


if __name__ == "__main__":
    main()
