"""A small table with the values that break careless exports."""

import datetime
import decimal

TABLE = "public.tickets"

DDL = f"""
create table {TABLE} (
    id        bigint not null,
    event     varchar(200),
    note      varchar(400),
    seats     smallint,
    sold      integer,
    price     decimal(10,2),
    rating    double precision,
    refunded  boolean,
    sold_on   date,
    sold_at   timestamp
)
"""

# What a careless export confuses: NULL and nothing, delimiters, quotes, line ends, escapes, scripts.
NOTES = [
    None,
    "",
    "a|b,c\tpipes and commas",
    'she said "row 3"',
    "it's | 'quoted'",
    "two\nlines",
    "dos\r\nlines",
    "back\\slash \\n not a line",
    "Zürich – São Paulo – 東京 🎟",
    " blanks around ",
    "NULL",
    "\\N",
]

EVENTS = ["Macbeth", "La Bohème", 'The "Scottish" Play', "Cats, again", None, "O'Neill | Iceman"]


def rows(count=1000):
    """The rows, always the same."""
    start = datetime.datetime(2026, 2, 27, 19, 30, 0, 123456)
    for i in range(count):
        sold_at = None if i % 31 == 7 else start + datetime.timedelta(hours=7 * i, microseconds=i)
        yield (
            i + 1,
            EVENTS[i % len(EVENTS)],
            NOTES[i % len(NOTES)],
            None if i % 13 == 5 else i % 7 - 3,
            i * 1009,
            None if i % 17 == 3 else decimal.Decimal(i * 1237 - 5000).scaleb(-2),
            None if i % 19 == 2 else i / 8 - 4,
            None if i % 11 == 6 else i % 2 == 0,
            None if sold_at is None else sold_at.date(),
            sold_at,
        )
