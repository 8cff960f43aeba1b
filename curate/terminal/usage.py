"""All that is wrong with a command line as it was typed, as faults like all others.

The parser stops at its first error: what is left without the words at fault is parsed again, until
nothing is wrong. Errors are known by what they carry, so that nothing of Typer is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from curate.errors import ConfigError, Fault
from curate.errors.nearest import nearest, suggest

_MOST = 20


def usage_error(error: BaseException) -> ConfigError | None:
    """The parser's error, and those behind it, in our words; None where it is not the parser's."""
    if not _is_usage(error):
        return None
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context else "the command"
    faults = [_fault(error, context, command)]
    words = _words(context)
    current: Any = error
    while len(faults) < _MOST and (left := _without(words, current)) is not None:
        words = left
        if (current := _parsed(context, words)) is None:
            break
        fault = _fault(current, context, command)
        if fault.where not in {each.where for each in faults} and not _is_surplus(current):
            faults.append(fault)
    return ConfigError(*faults)


def _is_usage(error: BaseException) -> bool:
    return hasattr(error, "format_message") and hasattr(error, "ctx")


def _words(context: Any) -> list[str]:
    """What was typed behind the command's own name."""
    words, at = sys.argv[1:], 0
    for name in context.command_path.split()[1:] if context else ():
        at = words.index(name, at) + 1 if name in words[at:] else len(words)
    return words[at:]


def _parsed(context: Any, words: Sequence[str]) -> BaseException | None:
    """The parser's error over these words, if there is one."""
    try:
        context.command.make_context(context.info_name, list(words), parent=context.parent)
    except Exception as error:
        return error if _is_usage(error) else None
    return None


def _is_surplus(error: Any) -> bool:
    """A word too many: the value, likely, of an option that there is not."""
    return "extra argument" in error.message


def _without(words: Sequence[str], error: Any) -> list[str] | None:
    """The words without those at fault, or with what was meant, and with something for what is
    missing; None where that is unknown.
    """
    if type(error).__name__ == "MissingParameter":
        is_option = error.param.param_type_name == "option"
        return [*words, *([max(error.param.opts, key=len)] if is_option else []), "1"]
    if (parameter := getattr(error, "param", None)) is not None:
        if parameter.param_type_name != "option":
            return None
        return _dropped(words, parameter.opts, takes_value=True)
    if (option := getattr(error, "option_name", None)) is None:
        return None
    close = nearest(option, _options(error.ctx)) if hasattr(error, "possibilities") else None
    if close is None:
        return _dropped(words, [option], takes_value=False)
    return [close + word.removeprefix(option) if _is(word, [option]) else word for word in words]


def _is(word: str, names: Sequence[str]) -> bool:
    """Whether this word is an option of these names, with its value or without."""
    return word.partition("=")[0] in names


def _dropped(words: Sequence[str], names: Sequence[str], takes_value: bool) -> list[str] | None:
    """The words without this option wherever it is; None where it is not among them."""
    left, is_value, is_named = [], False, False
    for word in words:
        if not is_value and _is(word, names):
            is_named, is_value = True, takes_value and "=" not in word
        elif is_value and not word.startswith("--"):
            is_value = False
        else:
            left.append(word)
            is_value = False
    return left if is_named else None


def _fault(error: Any, context: Any, command: str) -> Fault:
    if hasattr(error, "possibilities"):
        close = nearest(error.option_name, _options(context))
        hint = f"did you mean '{close}'?" if close else f"{command} --help lists the options"
        return Fault(error.option_name, f"is not an option of `{command}`", hint)
    if hasattr(error, "option_name"):
        takes_none = "does not take" in error.message
        hint = f"write {error.option_name} without a value" if takes_none else f"{command} --help"
        return Fault(error.option_name, "takes no value" if takes_none else "needs a value", hint)
    if getattr(error, "param", None) is not None:
        return _parameter_fault(error)
    if unknown := _unknown_command(error, context):
        known = tuple(context.command.commands)
        return Fault(unknown, f"is not a command of `{command}`", suggest(unknown, known))
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
