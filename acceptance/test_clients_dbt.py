"""The dbt project of the examples, built from nothing and again."""

import json
import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest
from landbridge import ROOT, tool

PROJECT = ROOT / "examples" / "dbt-shop"
DBT = Path(sys.executable).parent / "dbt"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, so that what dbt writes stays out of the tree."""
    copy = tmp_path_factory.mktemp("dbt") / "shop"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
    return copy


def dbt(project, warehouse, *arguments):
    """Runs dbt; the results by node name."""
    environment = warehouse.environment() | {
        "SHOP_HOST": warehouse.host,
        "SHOP_PORT": str(warehouse.port),
        "SHOP_PASSWORD": warehouse.password,
        "SHOP_SSLMODE": "disable",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "HOME": str(project.parent),
        "PATH": os.environ["PATH"],
    }
    where = ["--project-dir", project, "--profiles-dir", project, "--log-path", project / "logs"]
    tool(DBT, *arguments, "--no-version-check", *where, environment=environment)
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[2]: result["status"] for result in results}


def rows(warehouse, sql):
    with psycopg2.connect(**warehouse.libpq()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def test_the_project_is_built_from_nothing_and_grows(project, warehouse):
    results = dbt(project, warehouse, "build")
    assert len(results) > 15 and set(results.values()) <= {"success", "pass"}
    total = "select count(*), sum(amount) from shop.fct_orders"
    assert rows(warehouse, total) == [(5, Decimal("194.65"))]
    seed = project / "seeds" / "raw_orders.csv"
    seed.write_text(seed.read_text() + "1006,4,2024-05-05 11:00:00,3.50,placed\n")
    names = project / "seeds" / "raw_customers.csv"
    names.write_text(names.read_text().replace("Carl", "Karl"))
    again = dbt(project, warehouse, "build")
    assert set(again.values()) <= {"success", "pass"}
    assert rows(warehouse, "select count(*) from shop.fct_orders") == [(6,)]
    history = "select count(*), count(dbt_valid_to) from shop_history.customers_over_time"
    assert rows(warehouse, history) == [(5, 1)]


def test_the_documentation_knows_the_columns(project, warehouse):
    dbt(project, warehouse, "docs", "generate")
    catalog = json.loads((project / "target" / "catalog.json").read_text())
    columns = catalog["nodes"]["model.shop.dim_customers"]["columns"]
    assert [name for name in columns] == [
        "customer_id",
        "customer_name",
        "joined_on",
        "orders",
        "spent",
        "statuses",
    ]
    assert columns["spent"]["type"].startswith("numeric")
