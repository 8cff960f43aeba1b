"""SQL over the records of profiles, and over the fields of their manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import ConfigError, InputError, raise_all
from curate.errors.nearest import lacking
from curate.profiles.opened import MAKE, RECORDS
from curate.profiles.own_fields import ALWAYS, RECORD, OwnFields
from curate.profiles.own_query import Answer, Field, run_query

if TYPE_CHECKING:
    from curate.rules.expression.declare import Kind

_SQL_TYPES = {"text": "VARCHAR", "number": "DOUBLE", "truth": "BOOLEAN"}


@contextmanager
def open_query(sql: str, profiles: Sequence[Path]) -> Iterator[Answer]:
    """The answer to one SELECT over the records of the profiles, a row at a time.

    InputError with every profile that has no records, and where a manifest has changed since;
    ConfigError for what is no such query.
    """
    missing = (each for each in profiles if not (each / RECORDS).is_file())
    raise_all(InputError, [lacking(profile, RECORDS, MAKE) for profile in missing])
    tables = [profile / RECORDS for profile in profiles]
    own: dict[Path, OwnFields] = {}

    def fields_of(table: Path, names: Sequence[str]) -> list[Field]:
        own_fields = own.setdefault(table, OwnFields(table.parent))
        kinds = own_fields.kinds(names)
        return [
            Field(name, _sql_type(name, kind), _reader(own_fields, name, kind))
            for name, kind in kinds.items()
            if name in ALWAYS or name in names
        ]

    try:
        with run_query(tables, sql, fields_of) as answer:
            yield answer
    except ConfigError as error:
        failures = [each.failure for each in own.values() if each.failure]
        raise (failures[0] if failures else error) from None


def _sql_type(name: str, kind: Kind) -> str:
    return "JSON" if name == RECORD else _SQL_TYPES[kind]


def _reader(own: OwnFields, name: str, kind: Kind) -> Callable[[str, int, int], object]:
    return lambda source, offset, length: own.value(name, kind, (source, offset, length))
