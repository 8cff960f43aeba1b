"""A command line whose commands are modules, each imported and its options read when it is named.

`--help` of a program needs the first sentences of its commands, and none of their options; a
command needs the options of no other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from curate.errors.typed import OptionWords, TypedCommand, typed_as

_HEADING = re.compile(r"^\S[^\n]*:$", re.MULTILINE)


class Program(typer.Typer):
    """An application with a module of `package` for each of `commands`, shown in this order.

    The module of `what-if` is `what_if`; `modules` names those that are called otherwise.
    """

    def __init__(
        self,
        package: str,
        commands: Sequence[str],
        modules: Mapping[str, str] = {},
        **settings: Any,
    ) -> None:
        group = type("Group", (_Group,), {"program": self})
        super().__init__(
            cls=group, pretty_exceptions_enable=False, rich_markup_mode=None, **settings
        )
        self.modules = {
            name: f"{package}.{modules.get(name, name.replace('-', '_'))}" for name in commands
        }
        self._declared: dict[str | None, Any] = {}
        self._built: dict[str, Any] = {}

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Declare a command. Typer would build each that it knows of whenever the program runs."""
        register = super().command(name, **settings)

        def declare(function: Any) -> Any:
            register(function)
            info = self.registered_commands.pop()
            self._declared[info.name] = info
            return function

        return declare

    def registered(self, name: str) -> Any:
        """The command of this name as its module declares it."""
        import_module(self.modules[name])
        return self._declared[name]

    def build(self, name: str) -> Any:
        """The command with its options; the same one each time."""
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def _build(self, name: str) -> Any:
        single = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
        )
        single.registered_commands = [self.registered(name)]
        single.registered_commands[0].cls = _Command
        return get_command(single)


def _with_bold_headings(text: str) -> str:
    """Headings stand out on a terminal; elsewhere the parser takes the codes out."""
    return text if os.environ.get("NO_COLOR") else _HEADING.sub("\x1b[1m\\g<0>\x1b[0m", text)


class _Command(TyperCommand):
    def invoke(self, ctx: Any) -> Any:
        """Run the command; hints name it as it was typed."""
        with typed_as(lambda: _as_typed(ctx)):
            return super().invoke(ctx)

    def get_help(self, ctx: Any) -> str:
        return _with_bold_headings(super().get_help(ctx))


def _as_typed(ctx: Any) -> TypedCommand | None:
    """What was typed behind the name of a command; None where it reads no inputs."""
    inputs = [each for each in ctx.command.params if each.param_type_name == "argument"]
    if [each.nargs for each in inputs] != [-1]:
        return None
    options = [each for each in ctx.command.params if each.param_type_name == "option"]
    typed = [
        words
        for each in options
        if ctx.get_parameter_source(each.name).name == "COMMANDLINE"
        for words in _words(each, ctx.params.get(each.name))
    ]
    return TypedCommand(
        ctx.command_path,
        [str(each) for each in ctx.params[inputs[0].name]],
        typed,
        frozenset(name for each in options for name in each.opts),
        frozenset(max(each.opts, key=len) for each in options if each.multiple),
    )


def _words(option: Any, value: Any) -> list[OptionWords]:
    """An option with its value, or with each of several."""
    name = max(option.opts, key=len)
    if option.is_flag:
        return [(name if value else max(option.secondary_opts or [name], key=len),)]
    return [(name, str(each)) for each in (value if option.multiple else [value])]


class _Group(TyperGroup):
    """The commands of a program in its own order, listed by panel."""

    program: Program

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = cast("MutableMapping[str, Any]", _Commands(self.program, self.commands))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Where no command is named, show them."""
        if not args and not ctx.resilient_parsing:
            typer.echo(self.get_help(ctx))
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return _with_bold_headings(super().get_help(ctx))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        groups = {each.name: each for each in self.program.registered_groups}
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.commands:
            if name in groups:
                panel, text = groups[name].rich_help_panel, self.commands[name].help
            else:
                command = self.program.registered(name)
                panel, text = command.rich_help_panel, command.callback.__doc__
            panels.setdefault(panel or "Commands", []).append((name, _first_sentences(text)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


def _first_sentences(text: str | None) -> str:
    """The first paragraph of a help text, on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())


class _Commands(Mapping[str, Any]):
    """The commands by name, made when they are looked up; `built` are there already."""

    def __init__(self, program: Program, built: Mapping[str, Any]) -> None:
        self._program, self._built = program, dict(built)

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            if name not in self._program.modules:
                raise KeyError(name)
            self._built[name] = self._program.build(name)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self._program.modules, *self._built])

    def __len__(self) -> int:
        return len(list(iter(self)))
