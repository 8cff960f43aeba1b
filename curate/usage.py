"""What is wrong with a command line as it was typed, as one fault like every other of ours.

The parser's errors are known by what they carry, so that nothing of Typer is imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from curate.errors import ConfigError, Fault
from curate.nearest import nearest, suggest


def usage_error(error: BaseException) -> ConfigError | None:
    """The parser's error in our words; None for an error that is not the parser's."""
    if not hasattr(error, "format_message") or not hasattr(error, "ctx"):
        return None
    context: Any = error.ctx
    command = context.command_path if context else "the command"
    return ConfigError(_fault(error, context, command))


def _fault(error: Any, context: Any, command: str) -> Fault:
    if hasattr(error, "possibilities"):
        close = nearest(error.option_name, _options(context))
        hint = f"did you mean '{close}'?" if close else f"{command} --help lists the options"
        return Fault(error.option_name, f"is no option of `{command}`", hint)
    if hasattr(error, "option_name"):
        takes_none = "does not take" in error.message
        hint = f"write {error.option_name} alone" if takes_none else f"{command} --help"
        return Fault(error.option_name, "takes no value" if takes_none else "needs a value", hint)
    if getattr(error, "param", None) is not None:
        return _parameter_fault(error)
    if unknown := _unknown_command(error, context):
        known = tuple(context.command.commands)
        return Fault(unknown, f"is no command of `{command}`", suggest(unknown, known))
    return Fault(command, _lower(error.message), f"{command} --help")


def _parameter_fault(error: Any) -> Fault:
    parameter = error.param
    is_option = parameter.param_type_name == "option"
    named = max(parameter.opts, key=len) if is_option else str(parameter.name).upper()
    about = " ".join((parameter.help or "").split())
    if type(error).__name__ == "MissingParameter":
        return Fault(named, "is missing", about)
    value = _value(error)
    choices = get_args(parameter.type_descriptor.annotation)
    if choices and all(isinstance(each, str) for each in choices):
        return Fault(named, f"cannot be {value!r}", suggest(value, choices))
    limits = [each for each in (parameter.min, parameter.max) if each is not None]
    bounds = f" ({' to '.join(f'{each:g}' for each in limits)})" if len(limits) > 1 else ""
    what = error.message.removeprefix("Input ").partition(", ")[0]
    return Fault(named, f"{value!r} {what}" if value else _lower(what), f"{about}{bounds}")


def _value(error: Any) -> str:
    """What was given, as the parser's cause has it."""
    cause: Any = error.__cause__ or error.__context__
    try:
        return str(cause.errors()[0]["input"])
    except (AttributeError, LookupError, TypeError):
        return ""


def _options(context: Any) -> Iterator[str]:
    for parameter in context.command.params if context else ():
        if parameter.param_type_name == "option":
            yield from (*parameter.opts, *parameter.secondary_opts)
    yield "--help"


def _unknown_command(error: Any, context: Any) -> str:
    """The command that there is not, if that is what the error is about."""
    if not hasattr(getattr(context, "command", None), "commands"):
        return ""
    before, quote, after = error.message.partition("'")
    return after.partition("'")[0] if quote and before.startswith("No such command") else ""


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
