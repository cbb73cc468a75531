# SPDX-License-Identifier: Apache-2.0
"""Functions, operators, types and tables with PostgreSQL's names and ours, in a schema that another database user may
create in: what resolves a name there says so in PostgreSQL's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.cluster import Cluster
    from harness.database import Database

SPRUNG = "TRAP SPRUNG"

# Names of our own tables, and of the temporary ones.
OURS = ("operations", "audit", "meta", "restore_points", "restore_point_chunks", "revision_runs", "revision_entries",
        "revision_locks", "_snapshots", "_environments", "_intervals", "_versions", "_auto_restatements",
        "_environment_statements", "stage_snapshots", "stage_intervals", "stage_environments", "stage_items",
        "stage_known", "stage_dropped", "migrated_snapshots", "migrated_infos", "expired_environments",
        "expired_snapshots", "expired_tables", "compact_versions", "stateserver_ids")
TYPES = ("text", "uuid", "jsonb", "json", "int4", "int8", "bool", "bytea", "pg_lsn", "regclass", "oid", "name")

_BASE = f"""
CREATE SCHEMA evil;
CREATE FUNCTION evil.spring(what pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
BEGIN RAISE LOG '{SPRUNG}: %', what; RETURN true; END $$;
"""

# Every function of PostgreSQL that can be imitated: the same name and arguments, so that it is found first where the
# schema comes first. And overloads that fit better, for paths on which pg_catalog comes first.
_FUNCTIONS = """
DO $do$
DECLARE f record;
BEGIN
  FOR f IN SELECT DISTINCT ON (p.proname, p.proargtypes) p.proname, p.proretset,
      pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments,
      pg_catalog.format_type(p.prorettype, NULL) AS result
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_type r ON r.oid = p.prorettype
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0
      AND r.typtype = 'b' AND p.proallargtypes IS NULL AND NOT p.proretset
      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes) AS a(t) JOIN pg_catalog.pg_type t ON t.oid = a.t
                      WHERE t.typtype = 'p')
      AND p.proname !~ '(in|out|recv|send)$'
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS '
        '$x$ BEGIN PERFORM evil.spring(%L); RETURN NULL; END $x$', f.proname, f.arguments, f.result, f.proname);
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
END $do$;
CREATE FUNCTION evil.hashtextextended(pg_catalog.text, pg_catalog.int4) RETURNS pg_catalog.int8 LANGUAGE plpgsql AS
  $x$ BEGIN PERFORM evil.spring('hashtextextended'); RETURN 7; END $x$;
"""

_OPERATORS = """
DO $do$
DECLARE o record; n int := 0;
BEGIN
  FOR o IN SELECT oprname, pg_catalog.format_type(oprleft, NULL) AS l, pg_catalog.format_type(oprright, NULL) AS r,
      pg_catalog.format_type(oprresult, NULL) AS result
    FROM pg_catalog.pg_operator WHERE oprkind = 'b' AND oprnamespace = 'pg_catalog'::regnamespace
      AND oprleft = ANY ('{text,int4,int8,uuid,jsonb,json,bool,oid,name,timestamptz,numeric,pg_lsn,bytea}'::regtype[])
  LOOP
    n := n + 1;
    BEGIN
      EXECUTE pg_catalog.format('CREATE FUNCTION evil.trap_operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS '
        '$x$ BEGIN PERFORM evil.spring(%L); RETURN NULL; END $x$', n, o.l, o.r, o.result, 'operator ' || o.oprname);
      EXECUTE pg_catalog.format(
        'CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.trap_operator_%s)',
        o.oprname, o.l, o.r, n);
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
END $do$;
"""

_RELATIONS = """
DO $do$
DECLARE c record;
BEGIN
  FOR c IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
      AND relkind IN ('r', 'v')
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE VIEW evil.%I AS SELECT * FROM pg_catalog.%I WHERE evil.spring(%L)',
        c.relname, c.relname, 'table ' || c.relname);
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
END $do$;
"""


def set_up(database: Database, attacker: str, victim: str) -> None:
    """Roles `attacker`, who may create in this database, and `victim`, a superuser in whose search_path the attacker's
    schema comes before everything else."""
    database.execute(f"""
        CREATE ROLE {attacker} LOGIN PASSWORD '{attacker}';
        CREATE ROLE {victim} SUPERUSER LOGIN PASSWORD '{victim}';
        GRANT CREATE ON SCHEMA public TO {attacker};
        GRANT CREATE ON DATABASE "{database.name}" TO {attacker}""")
    statements = [_BASE, _FUNCTIONS, _OPERATORS, _RELATIONS]
    statements += [f"CREATE VIEW evil.{name} AS SELECT 1 AS version WHERE evil.spring('table {name}')" for name in OURS]
    statements += [f"CREATE DOMAIN evil.{name} AS pg_catalog.{name} CHECK (evil.spring('type {name}'))"
                   for name in TYPES]
    statements += ["GRANT USAGE ON SCHEMA evil TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA evil TO PUBLIC"]
    # Also where everybody looks.
    statements += ["CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS "
                   "$x$ BEGIN PERFORM evil.spring('public.hashtextextended'); RETURN 7; END $x$"]
    run_as(database, attacker, *statements)
    database.execute(f"ALTER ROLE {victim} SET search_path = evil, public, pg_catalog")


def run_as(database: Database, role: str, *statements: str) -> None:
    import psycopg2
    cluster = database.cluster
    connection = psycopg2.connect(host=cluster.host, port=cluster.port, user=role, password=role, dbname=database.name)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def sprung(cluster: Cluster) -> list[str]:
    """What went into a trap since the cluster was made."""
    log = (cluster.folder / "server.log").read_text(errors="replace")
    return sorted({line.split(SPRUNG + ": ", 1)[1] for line in log.splitlines() if SPRUNG + ": " in line})
