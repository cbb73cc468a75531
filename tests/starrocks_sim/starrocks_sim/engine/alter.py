"""ALTER TABLE: which clauses go together, and the clauses that need no schema change."""

from ..errors import NotSimulated, SimError, analyzing
from ..parser.expressions import parse_expr
from ..parser.stream import Stream
from ..printer import query as printer
from . import create, partitions, properties, rollup_changes, schema_analysis, schema_change, struct_fields
from .expression_tree import children
from .context import OK

OPERATION = {
    "add_column": "SCHEMA_CHANGE", "drop_column": "SCHEMA_CHANGE", "modify_column": "SCHEMA_CHANGE",
    "column_comment": "SCHEMA_CHANGE", "add_field": "SCHEMA_CHANGE", "drop_field": "SCHEMA_CHANGE",
    "add_index": "SCHEMA_CHANGE", "drop_index": "SCHEMA_CHANGE", "order_by": "SCHEMA_CHANGE",
    "rename_column": "RENAME", "rename": "RENAME", "rename_partition": "RENAME", "rename_rollup": "RENAME",
    "swap": "SWAP", "comment": "ALTER_COMMENT", "set": "MODIFY_TABLE_PROPERTY", "optimize": "OPTIMIZE",
    "add_rollup": "ADD_ROLLUP", "drop_rollup": "DROP_ROLLUP", "add_partition": "ADD_PARTITION",
    "drop_partition": "DROP_PARTITION", "modify_partition": "MODIFY_PARTITION",
    "truncate_partition": "TRUNCATE_PARTITION",
}
COMBINABLE = ("SCHEMA_CHANGE", "ADD_ROLLUP", "DROP_ROLLUP")
BUSY = ("A schema change operation is in progress on the table {name}. Please wait until the current operation "
        "completes. To check the status of the operation, see https://docs.starrocks.io/docs/sql-reference/"
        "sql-statements/table_bucket_part_index/SHOW_ALTER")

BUILDING = ("A materialized view or rollup index is being created on the table {name}. Please wait until the current "
            "operation completes. To check the status of the operation, see https://docs.starrocks.io/docs/"
            "sql-reference/sql-statements/materialized_view/SHOW_ALTER_MATERIALIZED_VIEW or https://docs.starrocks.io/"
            "docs/sql-reference/sql-statements/table_bucket_part_index/SHOW_ALTER")


def busy_error(table):
    if table.state == "SCHEMA_CHANGE":
        return SimError(BUSY.format(name=table.name))
    if table.state == "ROLLUP":
        return SimError(BUILDING.format(name=table.name))
    return SimError(f"The table {table.name} is currently in state {table.state}")


def alter_table(engine, session, node):
    """The whole statement: analysis of every clause, then the state check, then execution."""
    db, name = engine.split(session, node.name)
    if db not in engine.catalog.databases:
        raise analyzing(f"Database default_catalog.{db} is not found")
    table = engine.catalog.find(db, name)
    if table is None:
        raise analyzing(f"Table {name} is not found")
    _check_kind(db, table, node)
    _check_classes(node.clauses)
    for clause in node.clauses:
        analyse = _ANALYSE.get(clause.kind)
        if analyse:
            analyse(engine, db, table, clause, node)
    engine.check_state(table)
    first = node.clauses[0]
    if OPERATION[first.kind] == "SCHEMA_CHANGE":
        schema_change.execute(engine, db, table, node)
    else:
        for clause in node.clauses:
            _EXECUTE[clause.kind](engine, db, table, clause, node)
    return OK


def _check_kind(db, table, node):
    if table.kind == "VIEW" or table.engine != "OLAP":
        raise analyzing(f"Do not support alter non-native table/materialized-view[{db}.{table.name}]")
    if table.kind == "MATERIALIZED VIEW":
        allowed = all(c.kind in ("add_index", "drop_index") or (c.kind == "set" and "bloom_filter_columns"
                      in c.properties) for c in node.clauses)
        if not allowed:
            start = 12
            raise analyzing(f"The '{table.name}' cannot be alter by 'ALTER TABLE', because it is a materialized view,"
                            "you can use 'ALTER MATERIALIZED VIEW' to alter it.",
                            span=node.source.span(start, start))


def _check_classes(clauses):
    previous = None
    for clause in clauses:
        operation = OPERATION[clause.kind]
        if previous is not None and (operation != previous or operation not in COMBINABLE):
            raise analyzing(f"Alter operation {operation} conflicts with operation {previous}")
        previous = operation


# --- analysis ---------------------------------------------------------------------------

def _analyse_rename(engine, db, table, clause, node):
    if clause.new == table.name:
        raise analyzing(f"Same table name {clause.new}", span=node.source.span(clause.start, clause.end))


def _analyse_set(engine, db, table, clause, node):
    properties.check_set(clause.properties)
    create.bloom_rate(clause.properties)


def _analyse_optimize(engine, db, table, clause, node):
    if clause.keys is not None:
        raise analyzing("not support change keys type when optimize table")
    if clause.partition is not None:
        if clause.partition.type != "EXPR":
            raise analyzing("Unsupported partition type for merge partitions", 5064)
        raise NotSimulated("ALTER TABLE .. PARTITION BY (merge partitions)")
    dist = clause.distribution
    if dist is None:
        raise NotSimulated("ALTER TABLE .. PARTITIONS without DISTRIBUTED BY")
    if clause.partitions:
        raise NotSimulated("ALTER TABLE .. PARTITIONS (..) DISTRIBUTED BY")
    if "colocate_with" in table.properties:
        raise analyzing("Optimize table in colocate group is not supported", 5064)
    if dist.default and table.distribution[0] == "RANDOM":
        raise analyzing("Only support hash distribution tables")
    if dist.type == "RANDOM" and table.keys != "DUPLICATE":
        raise analyzing(f"{table.keys} KEY must use hash distribution" if table.keys != "AGGREGATE" else
                        "AGG_KEYS must use hash distribution", span=node.source.span(dist.start, dist.end))
    if table.distribution[0] == "RANDOM" and "bucket_size" in table.properties:
        raise analyzing("Random distribution table already supports automatic scaling and does not require "
                        "optimization", 5064)
    if dist.type == "HASH":
        create.check_hash_columns(dist, table.columns, table.keys, strict=False)
    if dist.default and [c.lower() for c in dist.columns] != [c.lower() for c in table.distribution[1]]:
        raise analyzing(f"Distribution columns mismatch: [{', '.join(dist.columns)}] vs "
                        f"[{', '.join(table.distribution[1])}]")


def _analyse_partition(engine, db, table, clause, node):
    if table.scheme is None:
        raise analyzing("Only support adding partition to range/list partitioned table")
    if table.scheme.automatic and table.scheme.type == "RANGE" and clause.item.kind == "part":
        raise analyzing("Currently, you cannot manually add a single range partition to a table that is automatically "
                        "partition")
    copy = table.clone_definition(table.name, table.id)
    try:
        partitions.add_items(engine, copy, [clause.item])
    except partitions.Overlap as error:
        raise analyzing(error.on_add) from None


_ANALYSE = {
    "rename": _analyse_rename, "set": _analyse_set, "optimize": _analyse_optimize, "add_partition": _analyse_partition,
    "add_column": schema_analysis.analyse_add, "modify_column": schema_analysis.analyse_modify,
    "drop_column": schema_analysis.analyse_drop, "add_field": struct_fields.analyse_field,
    "drop_field": struct_fields.analyse_field, "add_index": schema_analysis.analyse_index,
}


# --- execution ----------------------------------------------------------------------------

def _rename(engine, db, table, clause, node):
    objects = engine.catalog.databases[db].objects
    if clause.new in objects:
        raise SimError(f"Table name[{clause.new}] is already used")
    if any(r.name == clause.new for r in table.rollups):
        raise SimError(f"New name conflicts with rollup index name: {clause.new}")
    old = table.name
    del objects[old]
    table.name = clause.new
    objects[clause.new] = table
    if table.scheme is None:
        for part in table.partitions:
            part.name = clause.new
    engine.views.base_renamed(db, old, table)


def _rename_column(engine, db, table, clause, node):
    column = table.column(clause.old)
    if column is None:
        raise SimError(f"Unknown column '{clause.old}' in '{table.name}'", 5509)
    if clause.new.lower() == column.name.lower() or table.column(clause.new):
        raise SimError(f"Duplicate column name '{clause.new}'", 1060)
    old = column.name
    for rollup in table.rollups:
        if rollup.aggregating:
            rollup_changes.check_rollup_use(db, table, rollup, old)
    for other in table.columns:
        if other.generated and old in other.reads:
            other.generated = renamed_expression(other.generated, old, clause.new)
            other.reads = [clause.new if n == old else n for n in other.reads]
    column.name = clause.new
    rename = lambda names: [clause.new if n == old else n for n in names]
    kind, names, buckets = table.distribution
    table.distribution = (kind, rename(names), buckets)
    if table.sort_keys:
        table.sort_keys = rename(table.sort_keys)
    if table.scheme and old in table.scheme.columns:
        table.scheme.columns = rename(table.scheme.columns)
        table.scheme.text = _renamed_scheme(table.scheme, old, clause.new)
    if old in table.properties.get("bloom_filter_columns", "").split(", "):
        table.properties = create.without_bloom(table.properties, {old}, clause.new)
    for index in table.indexes:
        index.columns = rename(index.columns)
    for row in table.rows:
        row[clause.new] = row.pop(old, None)
    engine.views.columns_changed(db, table, {old}, renamed=True)


def _renamed_scheme(scheme, old, new):
    if scheme.automatic and scheme.type == "RANGE":
        head = "PARTITION BY "
        return head + renamed_expression(scheme.text[len(head):], old, new)
    return scheme.text.replace(f"`{old}`", f"`{new}`")


def renamed_expression(text, old, new):
    """A printed expression with one column under another name."""
    expr = parse_expr(Stream(text))
    pending = [expr]
    while pending:
        node = pending.pop()
        if node.kind == "col" and node.parts[-1].lower() == old.lower():
            node.parts = node.parts[:-1] + [new]
        pending.extend(children(node))
    return printer.expression(expr, "local")


def _rename_partition(engine, db, table, clause, node):
    part = next((p for p in table.partitions if p.name == clause.old), None)
    if table.scheme is None:
        raise SimError(f"Table[{table.name}] is single partitioned. no need to rename partition name.")
    if table.scheme.automatic:
        raise SimError(f"Table[{table.name}] is automatic partitioned. not support to rename partition name.")
    if part is None:
        raise SimError(f"Partition[{clause.old}] does not exists")
    if any(p.name == clause.new for p in table.partitions):
        raise SimError(f"Partition name[{clause.new}] is already used")
    part.name = clause.new


def _rename_rollup(engine, db, table, clause, node):
    rollup = next((r for r in table.rollups if r.name == clause.old), None)
    if rollup is None:
        raise SimError(f"Rollup index[{clause.old}] does not exists")
    rollup.name = clause.new


def _swap(engine, db, table, clause, node):
    objects = engine.catalog.databases[db].objects
    other = objects.get(clause.other)
    if other is table:
        raise SimError(f"New name conflicts with rollup index name: {table.name}")
    if other is None or other.kind != "TABLE" or other.engine != "OLAP":
        raise SimError(f"Table {clause.other} does not exist or is not OLAP/LAKE table")
    engine.check_state(other)
    for one, name in ((table, other.name), (other, table.name)):
        if one.scheme is None:
            one.partitions[0].name = name
        objects[name] = one
    table.name, other.name = other.name, table.name
    engine.views.tables_swapped(db, table, other)


def _comment(engine, db, table, clause, node):
    table.comment = clause.text


def _set(engine, db, table, clause, node):
    if clause.properties.keys() & {"bloom_filter_columns", "bloom_filter_fpp"}:
        schema_change.bloom_filter(engine, db, table, clause.properties)
        return
    create.qualify_constraints(engine, clause.properties, db, table.name)
    properties.apply_set(table, clause.properties, db)


def _optimize(engine, db, table, clause, node):
    dist = clause.distribution
    names = create.check_hash_columns(dist, table.columns, table.keys, strict=False) if dist.type == "HASH" else []
    if dist.default:
        table.distribution = (dist.type, names, dist.buckets)
        return
    bad = next((n for n in names if table.keys != "DUPLICATE" and not table.column(n).is_key), None)
    shown = f"HASH({', '.join(names)})" if names else "RANDOM"
    operation = f"ALTER DISTRIBUTED BY {shown}" + (f" BUCKETS {dist.buckets}" if dist.buckets else "")
    effect = ("optimize", {"distribution": (dist.type, names, dist.buckets), "operation": operation})
    if bad:
        effect = ("fail", {"reason": "create temp partitions failed java.lang.RuntimeException: create partitions "
                                     f"failed: Distribution column[{bad}] is not key column"})
    engine.jobs.start("OPTIMIZE", db, table, effect, rows=[])
    engine.views.inactivate(db, table.name, f"base-table optimized:{table.name}")


def _add_rollup(engine, db, table, clause, node):
    built = []
    for item in clause.rollups:
        if item.name in [r.name for r in table.rollups] or item.name == table.name:
            raise SimError(f"Rollup index[{item.name}] already exists")
        _check_rollup(table, item)
        built.append(create.build_rollup(engine, table, item))
    for rollup in built:
        engine.jobs.start("ROLLUP", db, table, ("rollup", {"rollup": rollup}),
                          rows=(table.name, rollup.name, rollup.id))


def _check_rollup(table, item):
    if table.keys == "PRIMARY":
        raise SimError(f"Do not support add rollup on primary key table[{table.name}]")
    seen_value, has_key = False, False
    for name in item.columns:
        column = table.column(name)
        if column is None:
            raise SimError(f"Column[{name}] does not exist in base index")
        if column.is_key and seen_value and table.keys != "DUPLICATE":
            raise SimError("Invalid column order. value should be after key")
        seen_value = seen_value or not column.is_key
        has_key = has_key or column.is_key
    first = table.column(item.columns[0]).type
    if table.keys == "DUPLICATE" and not first.can_be_key:
        raise SimError(f"Data type of first column cannot be {first.upper()}")
    if table.keys in ("AGGREGATE", "UNIQUE") and not has_key:
        raise SimError("No key column is found")
    if table.keys == "UNIQUE" and not {c.name for c in table.key_columns()} <= {table.column(n).name
                                                                              for n in item.columns}:
        raise SimError("Rollup should contains all unique keys in basetable")


def _drop_rollup(engine, db, table, clause, node):
    for name in clause.names:
        rollup = next((r for r in table.rollups if r.name == name), None)
        if rollup is None:
            raise SimError(f"Materialized view [{name}] does not exist in table [{table.name}]")
        table.rollups.remove(rollup)


def _add_partition(engine, db, table, clause, node):
    buckets = clause.distribution.buckets if clause.distribution else table.distribution[2]
    partitions.add_items(engine, table, [clause.item], buckets)


def _drop_partition(engine, db, table, clause, node):
    if table.scheme is None:
        raise SimError(f"Alter table [{table.name}] failed. Not a partitioned table")
    for name in clause.names:
        part = next((p for p in table.partitions if p.name == name), None)
        if part is None:
            if clause.if_exists:
                continue
            raise SimError(f"Error in list of partitions to [{name}]", 1507)
        table.partitions.remove(part)


def _modify_partition(engine, db, table, clause, node):
    for name in clause.names:
        if name != "*" and not any(p.name == name for p in table.partitions):
            raise SimError(f"Partition[{name}] does not exist in table[{table.name}]")
    for key, value in clause.properties.items():
        if key == "replication_num":
            properties.check_replication(value)
            for part in table.partitions:
                if name == "*" or part.name in clause.names:
                    part.replication_num = value


def _truncate_partition(engine, db, table, clause, node):
    for name in clause.names:
        if not any(p.name == name for p in table.partitions):
            raise SimError(f"Partition {name} does not exist")


_EXECUTE = {
    "rename": _rename, "rename_column": _rename_column, "rename_partition": _rename_partition,
    "rename_rollup": _rename_rollup, "swap": _swap, "comment": _comment, "set": _set, "optimize": _optimize,
    "add_rollup": _add_rollup, "drop_rollup": _drop_rollup, "add_partition": _add_partition,
    "drop_partition": _drop_partition, "modify_partition": _modify_partition, "truncate_partition": _truncate_partition,
}
