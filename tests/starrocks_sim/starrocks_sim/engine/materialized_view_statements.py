# SPDX-License-Identifier: Apache-2.0
"""CREATE, ALTER, REFRESH and DROP of asynchronous and synchronous materialized views."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import SimError, analyzing
from ..model.objects import Column, MaterializedView, Partition, Rollup
from ..model.types import SqlType
from ..printer import query as printer
from ..printer.ddl import create_materialized_view, quote
from ..rules import DOCUMENTED_3_3, MEASURED_4_0, MEASURED_4_0_2, rule
from . import materialized_views, properties, secondary_indexes
from .analyze import Analyzer
from .context import OK, Result
from .expression_tree import children
from .key_models import short_keys
from .view_dependencies import Dependencies

if TYPE_CHECKING:
    from ..model.objects import Table
    from ..parser.stream import Node
    from .context import Session
    from .scopes import Output


class MaterializedViewStatements(Dependencies):
    """Statements on materialized views."""

    @rule(DOCUMENTED_3_3, "a new materialized view has a name of its own")
    def create_mv(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        database = self.catalog.database(db)
        if node.refresh is None and node.distribution is None and node.partition is None and not node.properties:
            return self._create_sync(session, node, db, name)
        if name in database.objects:
            if node.if_not_exists:
                return OK
            raise SimError(f"Table '{name}' already exists", 1050)
        analyzer = Analyzer(self.catalog, session.database)
        outputs = analyzer.query(node.query)
        materialized_views.check_base(analyzer.reads)
        _check_deterministic(node)
        columns = self._mv_columns(node, outputs)
        materialized_views.check_keys(columns)
        view = MaterializedView(name, self.catalog.new_id(), "DUPLICATE", columns)
        view.listed = [(c.name, c.comment) for c in columns]
        view.indexes = [secondary_indexes.check_index(i, columns, "DUPLICATE", node.source) for i in node.indexes]
        view.text, view.comment, view.bases = node.text, node.comment, self._deep(analyzer.reads)
        view.distribution = self._mv_distribution(node, columns)
        view.sort_keys = self._mv_sort_keys(node, columns)
        view.refresh = refresh_dict(node.refresh)
        view.definition = printer.query(node.query)
        _check_interval(node.refresh)
        self._check_mv_properties(node.properties, view, db)
        if "partition_refresh_number" in node.properties and node.partition is None:
            raise analyzing("partition_refresh_number does not support non-partitioned materialized view", 6013)
        view.properties = properties.for_mv(node.properties, self._base_replication(analyzer.reads))
        view.base_index_id, view.task_id = self.catalog.new_id(), self.catalog.new_id()
        self._mv_partition(node, view, columns, outputs)
        view.partitions = [Partition(name, self.catalog.new_id(2))]
        database.objects[name] = view
        if not view.refresh["deferred"]:
            self._refresh(view, session)
        return OK

    def _check_mv_properties(self, given: dict[str, str], view: MaterializedView, db: str) -> None:
        """Properties of CREATE."""
        materialized_views.check_created_properties(given)
        materialized_views.check_refresh_properties(given, view.refresh["type"] == "MANUAL")
        materialized_views.check_resource_group(given, creating=True)
        materialized_views.check_created_constraints(given, db, view.name)

    def _base_replication(self, reads: dict[tuple[str, str], set[str]]) -> str:
        """The greatest replication number among the base tables."""
        found = [self.catalog.find(*key) for key in reads]
        numbers = [int(o.properties.get("replication_num", "3")) for o in found if o is not None and o.kind != "VIEW"]
        return str(max(numbers, default=3))

    @rule(DOCUMENTED_3_3, "a materialized view has as many names as columns, each once")
    def _mv_columns(self, node: Node, outputs: list[Output]) -> list[Column]:
        if node.columns is not None and len(node.columns) != len(outputs):
            raise analyzing("Column number of materialized view's schema doesn't match the query's")
        columns, seen = [], set()
        for index, out in enumerate(outputs):
            name, comment = node.columns[index] if node.columns else (out.name, "")
            if name.lower() in seen:
                raise analyzing(f"Duplicate column name '{name}'", 1060)
            seen.add(name.lower())
            kind = materialized_views.column_type(out.type)
            columns.append(Column(name, kind, nullable=out.nullable, comment=comment))
        for key in self._mv_keys(columns, node):
            next(c for c in columns if c.name == key).is_key = True
        return columns

    def _mv_keys(self, columns: list[Column], node: Node) -> list[str]:
        try:
            return short_keys(columns, None)
        except SimError:
            return []

    @rule(MEASURED_4_0, "distribution columns of a view exist")
    def _mv_distribution(self, node: Node, columns: list[Column]) -> tuple[str, list[str], int]:
        dist = node.distribution
        if dist is None or dist.type == "RANDOM":
            return ("RANDOM", [], dist.buckets if dist is not None else 0)
        names = []
        for name in dist.columns:
            column = next((c for c in columns if c.name.lower() == name.lower()), None)
            if column is None:
                raise analyzing(f"Distribution column({name}) doesn't exist.")
            names.append(column.name)
        return ("HASH", names, dist.buckets)

    @rule(DOCUMENTED_3_3, "sort columns of a view exist")
    def _mv_sort_keys(self, node: Node, columns: list[Column]) -> list[str] | None:
        if not node.order_by:
            return None
        for name in node.order_by:
            if not any(c.name.lower() == name.lower() for c in columns):
                raise analyzing(f"Sort key not exists: {name}")
        return list(node.order_by)

    @rule(DOCUMENTED_3_3, "partition columns of a view are columns of its query")
    def _mv_partition(self, node: Node, view: MaterializedView, columns: list[Column], outputs: list[Output]) -> None:
        if node.partition is None:
            return
        exprs = node.partition.exprs
        shown = []
        for expr in exprs:
            name = _first_column(expr)
            if not any(c.name.lower() == (name or "").lower() for c in columns):
                raise analyzing(f"Materialized view partition exp column:{name} is not found in query statement")
            self._check_partition_base(name, columns, outputs)
            shown.append(quote(expr.parts[-1]) if expr.kind == "col" else printer.expression(expr, "local"))
        view.partition_text = f"({', '.join(shown)})"
        view.partition_kind = "RANGE"

    @rule(MEASURED_4_0, "a partition column of a view partitions its table")
    def _check_partition_base(self, name: str | None, columns: list[Column], outputs: list[Output]) -> None:
        """A partition column that is a plain column of a table must partition that table."""
        out = next(o for c, o in zip(columns, outputs) if c.name.lower() == (name or "").lower())
        base = self.catalog.find(*out.base[:2]) if out.base else None
        if base is not None and out.base and base.kind == "TABLE" and base.engine == "OLAP" \
                and (base.scheme is None or out.base[2] not in base.scheme.columns):
            raise analyzing("Materialized view partition column in partition exp must be base table partition column")

    @rule(DOCUMENTED_3_3, "a synchronous view reads one table")
    def _create_sync(self, session: Session, node: Node, db: str, name: str) -> Result:
        """A synchronous MV: a rollup job on the one base table."""
        if node.query.kind != "select" or node.query.source is None or node.query.source.kind != "table":
            raise analyzing("The materialized view only support one table in from clause.")
        analyzer = Analyzer(self.catalog, session.database)
        outputs = analyzer.query(node.query)
        base_db, base_name = next(iter(analyzer.reads))
        table = self.catalog.find(base_db, base_name)
        if table.kind != "TABLE":
            raise analyzing(f"Do not support alter non-OLAP table[{base_name}]")
        _check_sync_model(table, node.query)
        for database, one in self.catalog.objects("TABLE"):
            if database.name == db and (any(r.name == name for r in one.rollups) or name in database.objects):
                if node.if_not_exists:
                    return OK
                raise SimError(f"Materialized view[{name}] already exists")
        self.engine.check_state(table)
        grouped = node.query.group is not None
        columns = []
        for item, out in zip(node.query.items, outputs):
            plain = item.expr.kind == "col"
            label = out.name if plain else f"mv_{out.name.replace('(', '_').rstrip(')')}"
            agg = None if plain else item.expr.name.upper() if item.expr.kind == "call" else None
            columns.append(Column(label, _sync_type(item.expr, out), is_key=plain and grouped, agg=agg,
                                  nullable=out.nullable,
                                  reads=[] if plain or table.keys == "AGGREGATE" else sorted(_columns_in(item.expr))))
        if not grouped:
            for key in short_keys(columns, None):
                next(c for c in columns if c.name == key).is_key = True
        rollup = Rollup(name, self.catalog.new_id(), columns, node.source.text, aggregating=grouped)
        self.engine.jobs.start("ROLLUP", base_db, table, ("rollup", {"rollup": rollup}),
                               rows=(table.name, name, rollup.id))
        return OK

    @rule(DOCUMENTED_3_3, "an altered materialized view exists")
    def _find_mv(self, session: Session, parts: list[str]) -> tuple[str, MaterializedView]:
        db, name = self.engine.split(session, parts)
        view = self.catalog.find(db, name)
        if view is None or view.kind != "MATERIALIZED VIEW":
            raise analyzing(f"Materialized view {db}.{name} is not found")
        return db, view

    def alter_mv(self, session: Session, node: Node) -> Result:
        if node.if_exists:
            db, name = self.engine.split(session, node.name)
            if self.catalog.find(db, name) is None:
                return OK
        db, view = self._find_mv(session, node.name)
        action, value = node.action
        getattr(self, "_mv_" + action)(session, db, view, value)
        return OK

    @rule(DOCUMENTED_3_3, "the new name of a materialized view is free")
    def _mv_rename(self, session: Session, db: str, view: MaterializedView, new: str) -> None:
        objects = self.catalog.databases[db].objects
        if new == view.name:
            raise analyzing(f"Same materialized view name {new}")
        if new in objects:
            raise analyzing(f"Materialized view [{new}] is already used")
        del objects[view.name]
        old, view.name = view.name, new
        objects[new] = view
        self.base_renamed(db, old, view)

    @rule(MEASURED_4_0_2, "ALTER .. REFRESH keeps whether it is deferred")
    def _mv_refresh(self, session: Session, db: str, view: MaterializedView, refresh: Node) -> None:
        fresh = refresh_dict(refresh)
        # Whether a refresh is deferred is decided at CREATE; a manual one shows it no more.
        view.refresh = {**fresh, "deferred": view.refresh["deferred"] and fresh["type"] != "MANUAL"}

    def _mv_set(self, session: Session, db: str, view: MaterializedView, values: dict[str, str]) -> None:
        materialized_views.check_set_properties(values)
        materialized_views.check_refresh_properties(values, view.refresh["type"] == "MANUAL")
        materialized_views.check_resource_group(values, creating=False)
        materialized_views.check_set_constraints(self.engine, values, db)
        properties.set_mv(view, values)

    def _mv_active(self, session: Session, db: str, view: MaterializedView, active: bool) -> None:
        if not active:
            view.active = False
            view.reason = view.reason or "user use alter materialized view set status to inactive"
            return
        self._activate(session, view)

    @rule(MEASURED_4_0_2, "ACTIVE analyses the query again")
    def _activate(self, session: Session, view: MaterializedView) -> None:
        from ..parser import parse_statement
        try:
            db = next((d.name for d, o in self.catalog.objects() if o is view), session.database)
            analyzer = Analyzer(self.catalog, session.database or db)
            materialized_views.check_compatible(view, analyzer.query(parse_statement(view.text).query))
        except SimError as error:
            defined = create_materialized_view(view, view.definition)
            raise analyzing(f"Can not active materialized view [{view.name}] because analyze materialized view define "
                            f"sql: \n\n{defined}\n\nCause an error: {error.message}", error.code) from None
        view.active, view.reason, view.bases = True, "", self._deep(analyzer.reads)

    @rule(MEASURED_4_0, "a materialized view swaps with another one")
    def _mv_swap(self, session: Session, db: str, view: MaterializedView, other_name: str) -> None:
        other = self.catalog.find(db, other_name)
        if other is None or other.kind == "VIEW":
            raise SimError(f"Table {other_name} does not exist or is not OLAP/LAKE table")
        if other.kind != "MATERIALIZED VIEW":
            raise SimError("Materialized view can only SWAP WITH materialized view")
        if other is view:
            raise SimError(f"New name conflicts with rollup index name: {view.name}")
        objects = self.catalog.databases[db].objects
        view.name, other.name = other.name, view.name
        objects[view.name], objects[other.name] = view, other

    @rule(MEASURED_4_0, "DROP MATERIALIZED VIEW drops materialized views")
    def drop_mv(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        if db not in self.catalog.databases:
            raise SimError(f"Unknown database '{db}'", 5501)
        view = self.catalog.find(db, name)
        if view is None:
            return self._drop_sync(db, name, node)
        if view.kind == "TABLE":
            raise SimError("Cannot drop base index by using DROP ROLLUP or DROP MATERIALIZED VIEW.")
        if view.kind != "MATERIALIZED VIEW":
            raise SimError(f"Materialized view {name} is not found")
        self.base_dropped(db, view)
        del self.catalog.databases[db].objects[name]
        return OK

    @rule(DOCUMENTED_3_3, "a dropped synchronous view exists")
    def _drop_sync(self, db: str, name: str, node: Node) -> Result:
        database = self.catalog.databases.get(db)
        for obj in list(database.objects.values()) if database else []:
            if obj.kind == "TABLE":
                found = next((r for r in obj.rollups if r.name == name), None)
                if found:
                    self.engine.check_state(obj)
                    obj.rollups.remove(found)
                    return OK
        if node.if_exists:
            return OK
        raise SimError(f"Materialized view {name} is not found")

    @rule(DOCUMENTED_3_3, "a refreshed materialized view exists and is active")
    def refresh_mv(self, session: Session, node: Node) -> Result:
        db, name = self.engine.split(session, node.name)
        if self.catalog.find(db, name) is None:
            raise analyzing(f"Can not find materialized view:{name}")
        _, view = self._find_mv(session, node.name)
        if not view.active:
            raise SimError(f"Refresh materialized view failed because {view.name} is not active, inactive reason: "
                           f"{view.reason}")
        self._refresh(view, session)
        return Result.of(["QUERY_ID"], [["00000000-0000-0000-0000-%012d" % self.catalog.new_id()]])

    def _refresh(self, view: MaterializedView, session: Session) -> None:
        from ..parser import parse_statement
        moment = datetime.now()
        view.last_refresh = (moment, moment, "SUCCESS")
        try:
            view.rows = self.engine.dml.mv_rows(session, view, parse_statement(view.text).query)
        except SimError:
            view.rows = []


def _first_column(expr: Node) -> str | None:
    if expr.kind == "col":
        return str(expr.parts[-1])
    for arg in getattr(expr, "args", []):
        name = _first_column(arg)
        if name:
            return name
    return None

def _sync_type(expr: Node, out: Output) -> SqlType:
    """A rollup adds decimals up in the type of the column itself."""
    argument = expr.args[0] if expr.kind == "call" and expr.name == "sum" else None
    if out.type.name == "DECIMAL" and argument is not None and argument.kind == "col":
        kind: SqlType = argument.type
        return kind
    return out.type

def _columns_in(expr: Node) -> set[str]:
    """Names of the columns an expression reads."""
    if expr.kind == "col":
        return {expr.resolved[-1]}
    return set().union(*(_columns_in(c) for c in children(expr)), set())

_NONDETERMINISTIC = ("rand", "random", "uuid", "sleep")

@rule(MEASURED_4_0, "the outputs of a materialized view do not change by themselves")
def _check_deterministic(node: Node) -> None:
    """The outputs of a materialized view may not change by themselves."""
    for item in getattr(node.query, "items", None) or ():
        pending = [item.expr]
        while pending:
            expr = pending.pop()
            if expr.kind == "call" and expr.name in _NONDETERMINISTIC:
                raise analyzing(f"Materialized view query statement select item {printer.expression(expr)} not "
                                "supported nondeterministic function", span=node.source.span(expr.start, expr.end))
            pending.extend(children(expr))

def refresh_dict(node: Node) -> dict[str, Any]:
    """The stored refresh scheme."""
    if node is None:
        return {"deferred": False, "type": "MANUAL", "start": None, "every": None}
    return {"deferred": node.deferred, "type": node.type, "start": node.start, "every": node.every}

_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}

def _check_interval(refresh: Node) -> None:
    """A schedule below a minute is refused."""
    if refresh is None or not refresh.every:
        return
    amount, unit = refresh.every
    materialized_views.check_interval(amount * _SECONDS.get(unit, 86400))

@rule(DOCUMENTED_3_3, "what synchronous views of tables with keys compute")
def _check_sync_model(table: Table, query: Node) -> None:
    """What synchronous materialized views on key models may compute."""
    if table.keys == "PRIMARY":
        raise SimError(f"Do not support create materialized view on primary key table[{table.name}]")
    if table.keys == "DUPLICATE":
        return
    if query.group is None:
        raise SimError("The materialized view of aggregation or unique table must has grouping columns")
    for item in query.items:
        for name in _columns_in(item.expr) if item.expr.kind == "call" else ():
            base = table.column(name)
            if base is not None and base.is_key:
                raise SimError(f"The column[mv_{item.expr.name.lower()}_{name}] must be the key of materialized view")
            if base is not None and (base.agg or "").upper() != item.expr.name.upper():
                raise SimError(f"The aggregation type of column[mv_{item.expr.name.lower()}_{name}] must be same as "
                               "the aggregate type of base column in aggregate table")
