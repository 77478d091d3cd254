"""SQLAlchemy with sqlalchemy-redshift: tables made from models come back by reflection."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, declarative_base

DRIVERS = {"psycopg2": {"sslmode": "disable"}, "redshift_connector": {"ssl": False}}


@pytest.fixture(scope="module", params=DRIVERS)
def engine(request, warehouse):
    """An engine over each driver."""
    url = sa.URL.create(
        f"redshift+{request.param}",
        username=warehouse.user,
        password=warehouse.password,
        host=warehouse.host,
        port=warehouse.port,
        database=warehouse.database,
    )
    made = sa.create_engine(url, connect_args=DRIVERS[request.param])
    yield made
    made.dispose()


def test_a_model_comes_back_by_reflection(engine):
    schema = f"orm_{engine.dialect.driver}"
    metadata = sa.MetaData(schema=schema)
    buyer = sa.Table(
        "buyer",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(40), nullable=False),
        redshift_diststyle="KEY",
        redshift_distkey="id",
        redshift_sortkey=["id", "name"],
        comment="who buys",
    )
    sa.Table(
        "sale",
        metadata,
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("buyer_id", sa.Integer, sa.ForeignKey(buyer.c.id)),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.UniqueConstraint("buyer_id", "price"),
    )
    with engine.begin() as connection:
        connection.execute(sa.text(f"create schema {schema}"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text(f"create view {schema}.names as select name from {schema}.buyer"))
    found = sa.inspect(engine)
    assert sorted(found.get_table_names(schema)) == ["buyer", "sale"]
    assert found.get_view_names(schema) == ["names"]
    assert found.get_pk_constraint("sale", schema)["constrained_columns"] == ["id"]
    (key,) = found.get_foreign_keys("sale", schema)
    assert key["referred_table"] == "buyer" and key["referred_columns"] == ["id"]
    (unique,) = found.get_unique_constraints("sale", schema)
    assert unique["column_names"] == ["buyer_id", "price"]
    assert found.get_table_comment("buyer", schema) == {"text": "who buys"}
    options = found.get_table_options("buyer", schema)
    assert options["redshift_distkey"] == "id" and options["redshift_sortkey"] == ("id", "name")
    types = {column["name"]: str(column["type"]) for column in found.get_columns("sale", schema)}
    assert types == {"id": "BIGINT", "buyer_id": "INTEGER", "price": "NUMERIC(10, 2)"}
    assert found.get_view_definition("names", schema).startswith("select name")
    everything = sa.MetaData()
    everything.reflect(engine, schema=schema, views=True)
    assert set(everything.tables) == {f"{schema}.{name}" for name in ("buyer", "sale", "names")}


def test_objects_go_to_the_table_and_back(engine):
    schema = f"objects_{engine.dialect.driver}"
    with engine.begin() as connection:
        connection.execute(sa.text(f"create schema {schema}"))
    base = declarative_base(metadata=sa.MetaData(schema=schema))

    class Buyer(base):
        __tablename__ = "buyer"
        id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
        name = sa.Column(sa.String(20))

    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Buyer(id=1, name="Ada"), Buyer(id=2, name="Bob")])
        session.commit()
        session.get(Buyer, 2).name = "Rob"
        session.commit()
        session.delete(session.get(Buyer, 1))
        session.rollback()
        names = session.scalars(sa.select(Buyer.name).order_by(Buyer.id)).all()
    assert names == ["Ada", "Rob"]
    base.metadata.drop_all(engine)
    assert sa.inspect(engine).get_table_names(schema) == []
