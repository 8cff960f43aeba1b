"""The page about the commands, from the options as Typer declares them."""

from __future__ import annotations

import inspect

import typer
from markdown_parts import NOTE, cell, table
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Command = TyperCommand | TyperGroup
WIDE = 200  # columns of a usage line, whatever the terminal


def known(command: object) -> Command:
    """The command as one of the two kinds that Typer makes."""
    assert isinstance(command, TyperCommand | TyperGroup), command
    return command


def parameters(command: Command, context: typer.Context) -> list[list[str]]:
    """The rows of a command's table: flags with their type, and what they mean."""
    records = [
        parameter.get_help_record(context)
        for parameter in command.params
        if parameter.name not in {"install_completion", "show_completion"}
    ]
    return [[f"`{cell(record[0])}`", cell(record[1])] for record in records if record]


def command_lines(name: str, command: Command, level: int) -> list[str]:
    """One command as Markdown: usage, what it does, its parameters; then those below it."""
    context = typer.Context(command, info_name=name, terminal_width=WIDE, max_content_width=WIDE)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    lines = [f"{'#' * level} {name}", "", "```", usage, "```", ""]
    if command.help:
        lines += [inspect.cleandoc(command.help).split("\f")[0].rstrip(), ""]
    lines += table(("parameter", "meaning"), parameters(command, context))
    if isinstance(command, TyperGroup):
        for child_name, child in command.commands.items():
            if not child.hidden:
                lines += command_lines(f"{name} {child_name}", known(child), level + 1)
    return lines


def cli_page() -> str:
    """Every command of `curate` and `train`."""
    from curate.cli.app import app as curate_app
    from train.cli import app as train_app

    lines = ["# Commands", "", NOTE, ""]
    for name, app in (("curate", curate_app), ("train", train_app)):
        lines += command_lines(name, known(get_command(app)), 2)
    return "\n".join(lines).rstrip() + "\n"
