# SPDX-License-Identifier: Apache-2.0
"""SELECT, INSERT, UPDATE, DELETE on stored rows, and filters on SHOW output."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import NotSimulated, SimError, analyzing
from ..printer import query as printer
from . import evaluate, loads
from .analyze import Analyzer
from .context import Result
from .expression_tree import AGGREGATE_FUNCTIONS, children, is_aggregate

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.objects import Column, MaterializedView, Table
    from ..parser.stream import Node, Order
    from .context import Env, Row, Rows, Session
    from .server import Engine

_WIRE = {"TINYINT": "int", "SMALLINT": "int", "INT": "int", "BIGINT": "int", "BOOLEAN": "int", "DOUBLE": "double",
         "FLOAT": "double", "DATETIME": "datetime", "DATE": "date", "DECIMAL": "decimal"}
# What is selected: its label, and an expression or the name of a column.
Item = tuple[str, Any, Any]


class Dml:
    """Row-level statements."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # --- queries -------------------------------------------------------------------
    def run_query(self, session: Session, node: Node) -> Result:
        """A top-level SELECT."""
        query = node.query
        source = getattr(query, "source", None)
        if source is not None and source.kind == "table" and self._is_information_schema(session, source):
            return self._over_relation(session, query, self._information_schema(source, query.where))
        if source is None and query.kind == "select":
            return self._without_source(session, query)
        outputs = Analyzer(self.engine.catalog, session.database).query(query)
        rows = self._rows(session, query)
        columns = [(o.name, _WIRE.get(o.type.name, "str")) for o in outputs]
        return Result(columns, rows)

    def _is_information_schema(self, session: Session, source: Node) -> bool:
        db = source.parts[-2] if len(source.parts) > 1 else session.database
        return db.lower() == "information_schema"

    def _information_schema(self, source: Node, where: Node | None) -> Result:
        return self.engine.info.table(source.parts[-1].lower(), _asked_for(where))

    def environment(self, session: Session) -> Env:
        """Functions and variables that depend on the connection."""
        env: Env = {"database": session.database or None, "schema": session.database or None,
               "user": f"'{session.user}'@'%'",
               "current_user": f"'{session.user}'@'%'", "session_user": f"'{session.user}'@'%'",
               "connection_id": session.id, "version": "8.0.33",
               "current_version": f"{self.engine.version} simulated", "current_catalog": "default_catalog",
               "catalog": "default_catalog", "current_role": "root", "last_query_id": None}
        env["$rows"] = lambda query: self._subquery_rows(session, query)
        for name, value in self.engine.all_variables(session).items():
            env["@@" + name.lower()] = value
        for name, value in session.user_variables.items():
            env["@" + name.lower()] = value
        return env

    def _subquery_rows(self, session: Session, query: Node) -> Rows:
        Analyzer(self.engine.catalog, session.database).query(query)
        return self._rows(session, query)

    def _without_source(self, session: Session, query: Node) -> Result:
        env = self.environment(session)
        names, row, types = [], [], []
        for item in query.items:
            if item.expr.kind == "var" and item.expr.system and item.expr.text.lower() not in env \
                    and "@@" + item.expr.name.lower() not in env:
                raise analyzing(f"Unknown system variable '{item.expr.name}'", 1193)
            value = evaluate.value(item.expr, {}, env)
            label = item.alias or self._label(item.expr)
            names.append(label)
            row.append(int(value) if isinstance(value, bool) else value)
            types.append("int" if isinstance(value, int) else "double" if isinstance(value, float)
                         else "datetime" if isinstance(value, datetime) else "str")
        rows = [row]
        if query.where is not None and not evaluate.value(query.where, {}, env):
            rows = []
        return Result(list(zip(names, types)), rows)

    def _label(self, expr: Node) -> str:
        text = printer.expression(expr, "label")
        if expr.kind == "call" and expr.name in ("database", "schema", "user", "current_user", "connection_id"):
            return text.upper()
        return text.strip("'") if expr.kind == "lit" else text

    def _over_relation(self, session: Session, query: Node, result: Result) -> Result:
        """A SELECT over a ready result (information_schema)."""
        rows = [{k.lower(): v for k, v in r.items()} for r in result.dicts()]
        types = {n.lower(): t for n, t in result.columns or ()}
        spelled = {n.lower(): n for n, _ in result.columns or ()}
        return self._project(session, query, rows, [n for n, _ in result.columns or ()], types, spelled)

    def _project(self, session: Session, query: Node, rows: list[Row], names: list[str], types: dict[str, str],
                 spelled: dict[str, str]) -> Result:
        env = self.environment(session)
        if query.where is not None:
            rows = [r for r in rows if evaluate.value(query.where, r, env)]
        items: list[Item] = []
        for item in query.items:
            if item.expr.kind == "star":
                items += [(spelled[n.lower()], None, n.lower()) for n in names]
            elif item.expr.kind == "col":
                name = item.expr.parts[-1].lower()
                if name not in spelled:
                    raise analyzing(f"Column '{item.expr.parts[-1]}' cannot be resolved")
                items.append((item.alias or item.expr.parts[-1], None, name))
            else:
                items.append((item.alias or self._label(item.expr), item.expr, None))
        if query.group is not None or any(e is not None and _contains_aggregate(e) for _, e, _ in items):
            out = self._grouped(query, rows, items, env)
        else:
            rows = self._ordered(query.order, rows, items, env)
            out = [[r[n] if e is None else evaluate.value(e, r, env) for _, e, n in items] for r in rows]
        if query.distinct:
            out = list({tuple(r): r for r in out}.values())
        out = _limited(query, out, env)
        return Result([(label, types.get(n, "str") if e is None else _kind_of(out, i))
                       for i, (label, e, n) in enumerate(items)], out)

    def _grouped(self, query: Node, rows: list[Row], items: list[Item], env: Env) -> Rows:
        keys = query.group.exprs if query.group is not None else []
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(evaluate.value(k, row, env) for k in keys), []).append(row)
        if not keys and not groups:
            groups[()] = []
        out = []
        for members in groups.values():
            first = members[0] if members else {}
            out.append([(first.get(n) if e is None else _aggregate(e, members, env)) for _, e, n in items])
        return out

    def _ordered(self, order: list[Order], rows: list[Row], items: list[Item], env: Env) -> list[Row]:
        aliases = {label.lower(): (e, n) for label, e, n in items}

        def key_value(expr: Node, row: Row) -> Any:
            if expr.kind == "lit" and expr.type == "int":
                _, inner, name = items[expr.value - 1]
                return row[name] if inner is None else evaluate.value(inner, row, env)
            if expr.kind == "col" and expr.parts[-1].lower() not in row and expr.parts[-1].lower() in aliases:
                inner, name = aliases[expr.parts[-1].lower()]
                return row[name] if inner is None else evaluate.value(inner, row, env)
            return evaluate.value(expr, row, env)

        def compare(one: Row, two: Row) -> int:
            for expr, desc, _ in order:
                a, b = key_value(expr, one), key_value(expr, two)
                if a == b:
                    continue
                smaller = a is None or (b is not None and _less(a, b))
                return (1 if desc else -1) if smaller else (-1 if desc else 1)
            return 0
        return sorted(rows, key=functools.cmp_to_key(compare)) if order else rows

    def _rows(self, session: Session, query: Node) -> Rows:
        """The rows of an analysed query over one stored table; anything richer over no data is empty."""
        if query.kind == "select" and query.source is not None and query.source.kind == "table":
            obj = self.engine.catalog.find(*query.source.resolved)
            if obj is not None and obj.kind != "VIEW":
                names = [c.name for c in obj.columns]
                rows = [{k.lower(): v for k, v in r.items()} for r in obj.rows]
                spelled = {n.lower(): n for n in names}
                return self._project(session, query, rows, names, {}, spelled).rows
        if self._all_empty(query):
            if query.kind == "select" and query.group is None and any(is_aggregate(i.expr) for i in query.items):
                return [[0 if getattr(i.expr, "name", "") == "count" else None for i in query.items]]
            return []
        raise NotSimulated("SELECT over joins, views or subqueries with data")

    def _all_empty(self, node: Node) -> bool:
        from ..parser.stream import Node
        stack = [node]
        while stack:
            item = stack.pop()
            if item.kind == "table" and hasattr(item, "resolved"):
                obj = self.engine.catalog.find(*item.resolved) if len(item.resolved) == 2 else None
                if obj is not None and obj.kind != "VIEW" and obj.rows:
                    return False
                if obj is not None and obj.kind == "VIEW" and any(
                        getattr(self.engine.catalog.find(*b), "rows", None) for b in obj.bases):
                    return False
            if isinstance(item, Node):
                stack.extend(children(item))
        return True

    def mv_rows(self, session: Session, view: MaterializedView, query: Node) -> list[Row]:
        outputs = Analyzer(self.engine.catalog, session.database).query(query)
        names = [c.name for c in view.columns]
        return [dict(zip(names, r)) for r in self._rows(session, query)] if outputs else []

    # --- changes ---------------------------------------------------------------------
    def _target(self, session: Session, parts: list[str]) -> Table:
        db, name = self.engine.split(session, parts)
        table: Table | None = self.engine.catalog.find(db, name)
        if db not in self.engine.catalog.databases:
            raise analyzing(f"Unknown database '{db}'", 5501)
        if table is None:
            raise analyzing(f"Table {name} is not found")
        if table.kind != "TABLE":
            raise analyzing(f"The data of '{name}' cannot be inserted because '{name}' is a "
                            f"{table.kind.lower()}")
        return table

    def insert(self, session: Session, node: Node) -> Result:
        table = self._target(session, node.name)
        database = self.engine.split(session, node.name)[0]
        if node.label:
            loads.check_label(self.engine, database, node.label)
        writable = [c.name for c in table.columns if not c.generated]
        names = node.columns or writable
        for name in names:
            if table.column(name) is None:
                raise analyzing(f"Unknown column '{name}' in '{table.name}'")
        if node.rows is not None:
            env = self.environment(session)
            rows = [[_DEFAULT if v.kind == "default" else evaluate.value(v, {}, env) for v in row]
                    for row in node.rows]
        else:
            rows = self.run_query(session, node).rows
        for row in rows:
            if len(row) != len(names):
                raise analyzing(f"Inserted target column count: {len(names)} doesn't match select/value column count: "
                                f"{len(row)}", 5604)
        if node.overwrite:
            table.rows = []
        for row in rows:
            self._store(table, dict(zip([c.name for c in map(table.column, names) if c], row)))
        if node.label:
            loads.record(self.engine, database, node.label)
        return Result(affected=len(rows))

    def fill_from_query(self, session: Session, table: Table, query: Node) -> None:
        names = [c.name for c in table.columns]
        for row in self._rows(session, query):
            self._store(table, dict(zip(names, row)))

    def _store(self, table: Table, given: Row) -> None:
        row = {}
        for column in table.columns:
            item = given.get(column.name, _DEFAULT)
            row[column.name] = self._default(table, column) if item is _DEFAULT else _stored(column, item)
            if row[column.name] is None and not column.nullable and not column.generated:
                raise SimError(f"NULL value in non-nullable column '{column.name}'")
        if table.keys in ("PRIMARY", "UNIQUE", "AGGREGATE"):
            key = [row[c.name] for c in table.key_columns()]
            table.rows = [r for r in table.rows if [r.get(c.name) for c in table.key_columns()] != key]
        table.rows.append(row)

    def _default(self, table: Table, column: Column) -> Any:
        if column.auto:
            table.auto_value += 1
            return table.auto_value
        if column.default is None:
            return None
        kind, text = column.default
        if kind == "now":
            return datetime.now().strftime("%Y-%m-%d %H:%M:%S")
        return _stored(column, text) if kind == "value" else "00000000-0000-0000-0000-000000000000"

    def update(self, session: Session, node: Node) -> Result:
        table = self._target(session, node.name)
        if table.keys != "PRIMARY":
            raise SimError(f"table {table.name} does not support update")
        env, count = self.environment(session), 0
        for name, _ in node.assignments:
            column = table.column(name)
            if column is None:
                raise analyzing(f"table '{table.name}' do not existing column '{name}'")
            if column.is_key:
                raise analyzing(f"primary key column cannot be updated: {name}")
        for row in table.rows:
            folded = {k.lower(): v for k, v in row.items()}
            if node.where is None or evaluate.value(node.where, folded, env):
                for name, expr in node.assignments:
                    column = table.column(name)
                    assert column is not None
                    row[column.name] = _stored(column, evaluate.value(expr, folded, env))
                count += 1
        return Result(affected=count)

    def delete(self, session: Session, node: Node) -> Result:
        table = self._target(session, node.name)
        if node.where is None:
            raise analyzing("Delete must specify where clause to prevent full table delete")
        env = self.environment(session)
        kept = [r for r in table.rows
                if not evaluate.value(node.where, {k.lower(): v for k, v in r.items()}, env)]
        count = len(table.rows) - len(kept)
        table.rows = kept
        return Result(affected=count)

    # --- SHOW filters ---------------------------------------------------------------
    def filter_result(self, session: Session, result: Result, node: Node, like_column: int = 0) -> Result:
        """LIKE, WHERE, ORDER BY and LIMIT of a SHOW statement."""
        env = self.environment(session)
        rows = result.rows
        if getattr(node, "like", None) is not None:
            rows = [r for r in rows if evaluate.like(r[like_column], node.like)]
        names = [n.lower() for n, _ in result.columns or ()]
        if getattr(node, "where", None) is not None:
            rows = [r for r in rows if evaluate.value(node.where, dict(zip(names, r)), env)]
        if getattr(node, "order", None):
            dicts = [dict(zip(names, r), __row=r) for r in rows]
            items: list[Item] = [(n, None, n) for n in names]
            rows = [d["__row"] for d in self._ordered(node.order, dicts, items, env)]
        if getattr(node, "limit", None) is not None:
            rows = rows[node.offset:node.offset + node.limit]
        return Result(result.columns, rows)


_DEFAULT = object()


def _asked_for(where: Node | None) -> dict[str, str]:
    """TABLE_SCHEMA and TABLE_NAME that a condition demands, so that not every table has to be described."""
    if where is None or where.kind != "bin":
        return {}
    if where.op == "AND":
        return {**_asked_for(where.left), **_asked_for(where.right)}
    named = where.op == "=" and where.left.kind == "col" and where.right.kind == "lit"
    name = where.left.parts[-1].upper() if named else ""
    return {name: where.right.value} if name in ("TABLE_SCHEMA", "TABLE_NAME") else {}


def _less(a: Any, b: Any) -> bool:
    try:
        return bool(a < b)
    except TypeError:
        return str(a) < str(b)


def _stored(column: Column, item: Any) -> Any:
    """A value in the column's type."""
    if item is None:
        return None
    try:
        if column.type.is_integer:
            return int(item)
        if column.type.name in ("FLOAT", "DOUBLE"):
            return float(item)
    except (TypeError, ValueError):
        raise SimError(f"Invalid value '{item}' for column '{column.name}'") from None
    return str(item) if not isinstance(item, (int, float)) or column.type.is_string else item


def _contains_aggregate(node: Node) -> bool:
    return is_aggregate(node) or any(_contains_aggregate(c) for c in children(node))


def _aggregate(expr: Node, rows: list[Row], env: Env) -> Any:
    if expr.kind == "call" and expr.name in AGGREGATE_FUNCTIONS:
        if expr.args and expr.args[0].kind == "star":
            return len(rows)
        values = [evaluate.value(expr.args[0], r, env) for r in rows]
        values = [v for v in values if v is not None]
        if expr.distinct:
            values = list(dict.fromkeys(values))
        table: dict[str, Callable[[list[Any]], Any]] = {
            "count": len, "sum": lambda v: sum(v) if v else None, "min": lambda v: min(v, default=None),
            "max": lambda v: max(v, default=None), "avg": lambda v: sum(v) / len(v) if v else None,
            "any_value": lambda v: v[0] if v else None}
        if expr.name not in table:
            raise NotSimulated(f"aggregate {expr.name} over rows")
        return table[expr.name](values)
    return evaluate.value(expr, rows[0] if rows else {}, env)


def _limited(query: Node, rows: Rows, env: Env) -> Rows:
    if query.limit is None:
        return rows
    start = evaluate.value(query.offset, {}, env) if query.offset is not None else 0
    return rows[start:start + evaluate.value(query.limit, {}, env)]


def _kind_of(rows: Rows, index: int) -> str:
    sample = next((r[index] for r in rows if r[index] is not None), None)
    return "int" if isinstance(sample, int) else "double" if isinstance(sample, float) else "str"

