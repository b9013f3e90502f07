"""Reads an export three times over, with DuckDB, Polars and pyarrow, and prints what each of them found as JSON.

Usage: read_tables.py FOLDER. None of our code is used: the files are read as anybody would read them.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import duckdb
import polars
import pyarrow.compute as pc
import pyarrow.dataset as ds

DAY_SUMS = ["capacity", "free", "held", "resting", "reserved", "booked", "bookings_made"]


def text(value):
    return "" if value is None else str(value)


def days(rows):
    """Rows of the days, by centre, day, dose and vaccine, with nothing for what the dose does not have."""
    return sorted([text(row[0]), text(row[1]), *row[2:]] for row in rows)


def counted(pairs):
    return sorted([*map(text, key), count] for key, count in Counter(pairs).items())


def instant(value):
    """UTC with milliseconds: the type must say so, or this fails."""
    assert value.utcoffset().total_seconds() == 0, value
    return value.isoformat(timespec="milliseconds")


def with_duckdb(folder):
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")

    def ask(table, sql):
        if not any(folder.glob(f"table={table}/*/*/*")):
            return []
        source = f"read_parquet('{folder}/table={table}/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
        return con.execute(sql.format(source)).fetchall()

    return {
        "rows": {table: (ask(table, "SELECT count(*) FROM {}") or [(0,)])[0][0] for table in TABLES},
        "events": sorted(map(list, ask("events", "SELECT type, count(*) FROM {} GROUP BY ALL"))),
        "days": days(ask("days", f"SELECT centre, day, dose, vaccine_cvx, {', '.join(DAY_SUMS)} FROM {{}}")),
        "first_doses": counted(ask("bookings", "SELECT centre, booked_on FROM {}")),
        "states": counted(ask("bookings", "SELECT state, second_state FROM {}")),
        "slots": [list(map(int, row)) for row in ask("slots", "SELECT sum(capacity), sum(free), sum(held), sum(booked) FROM {}")],
        "last": [instant(row[0]) for row in ask("events", "SELECT max(recorded_at) FROM {}")],
    }


def with_polars(folder):
    def frame(table):
        if not any(folder.glob(f"table={table}/*/*/*")):
            return None
        return polars.scan_parquet(f"{folder}/table={table}/*/*/*.parquet", hive_partitioning=True, try_parse_hive_dates=False)

    def rows(table, *columns):
        scanned = frame(table)
        return [] if scanned is None else scanned.select(columns).collect().rows()

    slots = rows("slots", "capacity", "free", "held", "booked")
    return {
        "rows": {table: 0 if frame(table) is None else frame(table).select(polars.len()).collect().item() for table in TABLES},
        "events": counted(rows("events", "type")),
        "days": days(rows("days", "centre", "day", "dose", "vaccine_cvx", *DAY_SUMS)),
        "first_doses": counted(rows("bookings", "centre", "booked_on")),
        "states": counted(rows("bookings", "state", "second_state")),
        "slots": [[sum(column) for column in zip(*slots)]] if slots else [],
        "last": [instant(max(row[0] for row in rows("events", "recorded_at")))],
    }


def with_pyarrow(folder):
    def table(name, *columns):
        if not any(folder.glob(f"table={name}/*/*/*")):
            return []
        scanned = ds.dataset(folder / f"table={name}", format="parquet", partitioning="hive")
        read = scanned.to_table(columns=list(columns))
        return list(zip(*(column.to_pylist() for column in read.columns)))

    def count(name):
        if not any(folder.glob(f"table={name}/*/*/*")):
            return 0
        return ds.dataset(folder / f"table={name}", format="parquet", partitioning="hive").count_rows()

    events = ds.dataset(folder / "table=events", format="parquet", partitioning="hive").to_table(columns=["recorded_at", "type"])
    assert str(events.schema.field("recorded_at").type) == "timestamp[ms, tz=UTC]", events.schema
    assert str(events.schema.field("type").type).startswith("dictionary<values=string"), events.schema
    slots = table("slots", "capacity", "free", "held", "booked")
    return {
        "rows": {name: count(name) for name in TABLES},
        "events": counted((kind,) for kind in events.column("type").to_pylist()),
        "days": days(table("days", "centre", "day", "dose", "vaccine_cvx", *DAY_SUMS)),
        "first_doses": counted(table("bookings", "centre", "booked_on")),
        "states": counted(table("bookings", "state", "second_state")),
        "slots": [[sum(column) for column in zip(*slots)]] if slots else [],
        "last": [instant(pc.max(events.column("recorded_at")).as_py())],
    }


def text_formats(folder):
    """The rows of an export in CSV or NDJSON, as DuckDB reads them."""
    con = duckdb.connect()
    found = {}
    for table in TABLES:
        files = list(folder.glob(f"table={table}/*/*/*"))
        suffix = files[0].suffix if files else ""
        places = f"'{folder}/table={table}/*/*/*{suffix}', union_by_name = true"
        if suffix == ".csv":
            sql = f"SELECT count(*) FROM read_csv({places}, header = true, all_varchar = true)"
        else:
            sql = f"SELECT count(*) FROM read_json({places}, format = 'newline_delimited', maximum_depth = 1)"
        found[table] = con.execute(sql).fetchone()[0] if files else 0
    return {"rows": found}


TABLES = ["events", "registrations", "bookings", "slots", "days"]

if __name__ == "__main__":
    where = Path(sys.argv[1])
    kind = json.loads((where / "manifest.json").read_text())["format"]
    if kind == "parquet":
        answer = {"duckdb": with_duckdb(where), "polars": with_polars(where), "pyarrow": with_pyarrow(where)}
    else:
        answer = {"duckdb": text_formats(where)}
    print(json.dumps(answer))
