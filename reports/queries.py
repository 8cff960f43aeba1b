"""Queries that a page shows: conditions on a profile's records, and the command to type."""

from __future__ import annotations

import shlex

from reports.typed_folder import typed_folder


def profile_folder(command: str) -> str:
    """The profile's folder as the command that made it names it, else PROFILE."""
    return typed_folder(command, "PROFILE")


def query_command(sql: str, command: str) -> str:
    """`curate query` of the profile that a command made, quoted for a shell.

    >>> query_command("SELECT 1", "curate profile m.jsonl --out p")
    "curate query 'SELECT 1' p"
    """
    return f"curate query {shlex.quote(sql)} {profile_folder(command)}"


def equals(column: str, value: str) -> str:
    r"""The rows with a value of a column, as a condition in SQL.

    >>> equals("speaker", "o'neil"), equals("my field", "a")
    ("speaker = 'o''neil'", '"my field" = \'a\'')
    """
    name = column if column.isidentifier() else '"' + column.replace('"', '""') + '"'
    quoted = value.replace("'", "''")
    return f"{name} = '{quoted}'"
