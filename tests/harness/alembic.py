# SPDX-License-Identifier: Apache-2.0
"""A project of the real Alembic."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathlib

    from harness.starrocks import Database

ENV = '''\
import sqlalchemy
from alembic import context
import starrocks.alembic  # noqa: F401

engine = sqlalchemy.create_engine({url!r})
with engine.connect() as connection:
    context.configure(connection=connection,
                      version_table_kwargs={{"starrocks_properties": {{"replication_num": "1"}}}})
    with context.begin_transaction():
        context.run_migrations()
'''


class Alembic:
    """`alembic/` and `alembic.ini` in `folder`, on a database of harness.starrocks."""

    def __init__(self, starrocks: Database, folder: pathlib.Path) -> None:
        self.folder = folder
        (folder / "alembic" / "versions").mkdir(parents=True)
        url = starrocks.url.replace(":@", "@")
        (folder / "alembic" / "env.py").write_text(ENV.format(url=url))
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = alembic\n")

    def __call__(self, *arguments: str) -> str:
        process = subprocess.run([sys.executable, "-m", "alembic", *arguments], cwd=self.folder, capture_output=True,
                                 text=True)
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    def write(self, name: str, text: str) -> None:
        (self.folder / "alembic" / "versions" / f"{name}.py").write_text(text)

    def by_hand(self, identifier: str, down: str | None, upgrade: str, downgrade: str) -> None:
        def body(statement: str) -> str:
            return f"op.execute({statement!r})"

        self.write(identifier, textwrap.dedent(f'''\
            from alembic import op
            revision = {identifier!r}
            down_revision = {down!r}
            def upgrade():
                {body(upgrade)}
            def downgrade():
                {body(downgrade)}
        '''))
