# SPDX-License-Identifier: Apache-2.0
"""A mistake in a model is reported with its table and column."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starrocks")

from stateserver_workers import models

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """from sqlalchemy import Column, MetaData, Table
from starrocks import ARRAY, BIGINT

metadata = MetaData()
"""


def failure(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, body: str) -> str:
    (folder / f"{name}.py").write_text(HEAD + body)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(models.Failed) as raised:
        models.statements(name)
    return str(raised.value)


def test_a_column_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "Table('orders', metadata, Column('id', BIGINT()), Column('tags', ARRAY(dict)))\n"
    text = failure(tmp_path, monkeypatch, "wrong_column", body)
    assert text.startswith("The dialect cannot compile column 'tags' of 'orders': AttributeError: "), text


def test_a_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "Table('orders', metadata, Column('id', BIGINT()), starrocks_primary_key='nope')\n"
    assert failure(tmp_path, monkeypatch, "wrong_key", body).startswith("The dialect cannot compile 'orders': ")


def test_an_unknown_kind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "Table('orders', metadata, Column('id', BIGINT()), info={'table_kind': 'STREAM'})\n"
    assert failure(tmp_path, monkeypatch, "wrong_kind", body) == "'orders' is of the unknown kind 'STREAM'"
