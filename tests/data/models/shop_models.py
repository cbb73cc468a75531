"""Models as a team may have them: ORM and Core mixed on one metadata."""

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.orm import DeclarativeBase
from starrocks import INTEGER, STRING, VARCHAR
from starrocks.sql.schema import MaterializedView, View

metadata = MetaData()


class Base(DeclarativeBase):
    metadata = metadata


class MyOrmTable(Base):
    __tablename__ = "my_orm_table"
    __table_args__ = {
        "comment": "A table of the ORM",
        "starrocks_primary_key": "id",
        "starrocks_distributed_by": "HASH(id) BUCKETS 10",
        "starrocks_properties": {"replication_num": "1"},
    }

    id = Column(INTEGER, primary_key=True)
    name = Column(STRING)


my_core_table = Table(
    "my_core_table",
    metadata,
    Column("id", INTEGER, primary_key=True),
    Column("name", VARCHAR(50)),
    comment="A table of the Core",
    starrocks_primary_key="id",
    starrocks_distributed_by="HASH(id) BUCKETS 10",
    starrocks_properties={"replication_num": "1"},
)

user_view = View(
    "user_view",
    metadata,
    definition="SELECT id, name FROM my_core_table WHERE name IS NOT NULL",
    columns=[{"name": "id", "comment": "number of the user"}, {"name": "name", "comment": "the user's name, 100% real"}],
    comment="Users that have a name; it's a view",
)

user_stats_mv = MaterializedView(
    "user_stats_mv",
    metadata,
    definition="SELECT id, COUNT(*) AS cnt FROM my_core_table GROUP BY id",
    starrocks_refresh="ASYNC",
    starrocks_properties={"replication_num": "1"},
)
