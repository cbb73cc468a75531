# SPDX-License-Identifier: Apache-2.0
"""Compiles SQLAlchemy models to DDL with the `starrocks` dialect.

Sends one line: {"statements": [{"object": ..., "kind": "table"|"view"|"mv", "sql": ...}]}. Tables come
first; views and materialized views follow the objects that they read. No database is used.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING

from stateserver_workers import protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from sqlalchemy import MetaData, Table
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.ddl import ExecutableDDLElement

INSTALL = "Install it for this Python: pip install starrocks"
KINDS = {"TABLE": "table", "VIEW": "view", "MATERIALIZED_VIEW": "mv"}


class Failed(protocol.Fatal):
    """A Fatal with a hint."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def load(name: str) -> MetaData:
    """Returns the MetaData that MODULE or MODULE:ATTRIBUTE names."""
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.split(".")[0] == error.name.split(".")[0]:
            raise Failed(f"No module named '{module_name}' here or on PYTHONPATH",
                         "Run the command in the folder that contains it.") from error
        raise Failed(f"'{module_name}' cannot be imported: {protocol.sentence(error)} ({place(error)})") from error
    except Exception as error:
        raise Failed(f"'{module_name}' cannot be imported: {protocol.sentence(error)} ({place(error)})") from error
    return metadata_of(module, attribute) if attribute else only_metadata(module)


def place(error: BaseException) -> str:
    """Returns the FILE:LINE of the user's code that raised the error."""
    frames = [f for f in traceback.extract_tb(error.__traceback__)
              if "importlib" not in f.filename and __file__ != f.filename]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "its import"


def metadata_of(module: ModuleType, attribute: str) -> MetaData:
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise Failed(f"The module '{module.__name__}' has no '{attribute}'")
        found = getattr(found, part)
    metadata = as_metadata(found)
    if metadata is None:
        raise Failed(f"'{module.__name__}:{attribute}' is not a MetaData, registry or declarative base")
    return metadata


def as_metadata(value: object) -> MetaData | None:
    from sqlalchemy import MetaData

    if isinstance(value, MetaData):
        return value
    inner = getattr(value, "metadata", None)
    return inner if isinstance(inner, MetaData) else None


def only_metadata(module: ModuleType) -> MetaData:
    """Returns the MetaData of `metadata` or `Base`, or else the only one of the module."""
    from sqlalchemy import MetaData
    from sqlalchemy.orm import registry

    for name in ("metadata", "Base"):
        found = as_metadata(getattr(module, name, None))
        if found is not None:
            return found
    named: dict[int, tuple[str, MetaData]] = {}
    for name, value in vars(module).items():
        is_base = isinstance(value, type) and value.__module__ == module.__name__
        if isinstance(value, (MetaData, registry)) or is_base:
            found = as_metadata(value)
            if found is not None:
                named.setdefault(id(found), (name, found))
    if len(named) == 1:
        return next(iter(named.values()))[1]
    if not named:
        raise Failed(f"The module '{module.__name__}' has no MetaData", "Name it: models:MODULE:ATTRIBUTE.")
    names = ", ".join(sorted(name for name, _ in named.values()))
    raise Failed(f"The module '{module.__name__}' has several MetaData: {names}",
                 "Name one of them: models:MODULE:ATTRIBUTE.")


def kind_of(table: Table) -> str:
    kind = str(table.info.get("table_kind", "TABLE")).upper()
    if kind not in KINDS:
        raise Failed(f"'{table.name}' is of the unknown kind '{kind}'", f"Known are {', '.join(KINDS)}.")
    return KINDS[kind]


def reads(table: Table, name: str) -> bool:
    definition = str(table.info.get("definition") or table.info.get("DEFINITION") or "")
    return re.search(rf"(?<![\w`]){re.escape(name)}(?![\w`])|`{re.escape(name)}`", definition) is not None


def in_order(metadata: MetaData) -> list[Table]:
    """Returns the tables, then each view after the views that its definition names."""
    tables = [t for t in metadata.sorted_tables if kind_of(t) == "table"]
    left = sorted((t for t in metadata.tables.values() if kind_of(t) != "table"), key=lambda t: t.name)
    while left:
        free = [v for v in left if not any(other is not v and reads(v, other.name) for other in left)]
        taken = free or left[:1]  # the server reports a cycle
        tables += taken
        left = [v for v in left if v not in taken]
    return tables


def dialect() -> Dialect:
    try:
        from starrocks.dialect import StarRocksDialect
    except ImportError as error:
        raise Failed(f"The package 'starrocks' is not installed for {sys.executable}: {protocol.sentence(error)}",
                     INSTALL) from error
    # The dialect's own paramstyle doubles every % in texts.
    made: Dialect = StarRocksDialect(paramstyle="named")
    return made


def creation(table: Table) -> ExecutableDDLElement:
    from sqlalchemy.schema import CreateTable
    from starrocks.sql.ddl import CreateMaterializedView, CreateView

    makers: dict[str, Callable[[Table], ExecutableDDLElement]] = {
        "table": CreateTable, "view": CreateView, "mv": CreateMaterializedView}
    return makers[kind_of(table)](table)


def compiled(table: Table, engine: Dialect) -> str:
    comment = table.comment
    if kind_of(table) == "view" and comment:
        # The dialect quotes a view's comment without escaping it.
        table.comment = comment.replace("\\", "\\\\").replace("'", "\\'")
    try:
        return str(creation(table).compile(dialect=engine)).strip()
    except Exception as error:
        raise Failed(f"The dialect cannot compile {culprit(table, engine)}: {protocol.sentence(error)}") from error
    finally:
        table.comment = comment


def culprit(table: Table, engine: Dialect) -> str:
    """Returns the table and, if one of its columns alone fails, that column."""
    from sqlalchemy.schema import CreateColumn

    for column in table.columns if kind_of(table) == "table" else ():
        try:
            CreateColumn(column).compile(dialect=engine)
        except Exception:
            return f"column '{column.name}' of '{table.name}'"
    return f"'{table.name}'"


def statements(name: str) -> list[dict[str, str]]:
    engine = dialect()
    return [{"object": table.name, "kind": kind_of(table), "sql": compiled(table, engine)}
            for table in in_order(load(name))]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="stateserver_workers models")
    parser.add_argument("name", metavar="MODULE[:ATTRIBUTE]")
    options = parser.parse_args(arguments)
    channel = protocol.Channel()
    try:
        channel.send({"statements": statements(options.name)})
        return 0
    except protocol.Fatal as error:
        hint = getattr(error, "hint", "")
        channel.send({"fatal": str(error), "hint": hint} if hint else {"fatal": str(error)})
        return 1
