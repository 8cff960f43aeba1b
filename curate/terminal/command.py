"""How a command ends: errors in plain words, exit codes that scripts can rely on.

Shared by both command lines; standard library only, so that `--help` stays quick.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Callable
from types import FrameType
from typing import Never

from curate.artifacts.written import words
from curate.errors import ConfigError, CurateError
from curate.terminal.alike_faults import alike_together
from curate.terminal.usage import usage_error

INTERRUPTED = 130
TERMINATED = 143


def printable(text: str) -> str:
    r"""Untrusted text for a terminal: control, format and bidi characters as <U+XXXX>.

    >>> printable("a\x1b[31mb")
    'a<U+001B>[31mb'
    """
    return "".join(
        f"<U+{ord(char):04X}>" if unicodedata.category(char) in _UNSAFE else char for char in text
    )


_OPTIONS = {
    "allowed": "--allow-root",
    "audio.rate": "--resample",
    "fields": "--map",
    "gates": "--fail-on",
    "lenient": "--lenient-json",
    "size": "--shard-size",
    "tokenizers": "--tokenizer",
}
"""Options that are not called as the field of the request that they set."""


def option_of(field: str) -> str:
    """The option that sets a field of a request.

    >>> option_of("audio_root"), option_of("audio.format"), option_of("fields")
    ('--audio-root', '--audio-format', '--map')
    """
    return _OPTIONS.get(field, f"--{re.sub('[._]', '-', field)}")


_UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


def run(command: Callable[[], object]) -> Never:
    """Run a command and exit: 0 done or the code that it returns, else the error's code, 130 and
    143 for signals. A fault of the command line as it was typed is one like any other.

    A broken pipe on standard output (`| head`) is no error.
    """
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else: ignored, by nohup
        signal.signal(signal.SIGINT, _stop)
    code: object = 0
    try:
        code = command()
        if sys.stdout:  # None where it is closed
            sys.stdout.flush()
    except BaseException as error:
        # An engine that a signal interrupts ends in an error of its own, or in a panic.
        _exit_if_stopped()
        _end(error)
    if code == INTERRUPTED:  # the parser's own word for it
        _exit_if_stopped()
    sys.exit(code if isinstance(code, int) else 0)


def _end(error: BaseException) -> None:
    """Say what is wrong and exit by it; an error that nobody foresaw goes on."""
    error = usage_error(error) or _system_error(error) or error
    if isinstance(error, CurateError):
        for text in alike_together(error.faults):
            print("\n".join(map(printable, text.split("\n"))), file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    if _is_broken_pipe(error):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered goes nowhere
        sys.exit(0)
    raise error


def _is_broken_pipe(error: BaseException | None) -> bool:
    """Whether nobody reads standard output any more; engines end in an exit of their own then."""
    while error is not None and not isinstance(error, BrokenPipeError):
        error = error.__context__ if isinstance(error, SystemExit) else None
    return error is not None


def _system_error(error: BaseException) -> CurateError | None:
    """The system's word that a named file cannot be read or written, or that a disk is full."""
    if not isinstance(error, OSError):
        return None
    if error.filename is None:
        if error.errno == errno.EFBIG:
            hint = "raise the limit of file sizes (ulimit -f)"
            return ConfigError.of("output", "file too large", hint)
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return ConfigError.of("output", "no space left on device", "make room") if full else None
    message = str(error.strerror or type(error).__name__)
    what = f"cannot be used: {message[:1].lower()}{message[1:]}"
    return ConfigError.of(error.filename, what, "check the name, and what you may read and write")


_stopped: list[int] = []
"""The signals that came, in order."""


def _stop(number: int, frame: FrameType | None) -> Never:
    """A signal unwinds like an error, so that scratch directories are cleared away."""
    _stopped.append(number)
    raise KeyboardInterrupt


def _exit_if_stopped() -> None:
    if _stopped:
        print(printable(words()), file=sys.stderr)  # noqa: T201
        sys.exit(TERMINATED if _stopped[0] == signal.SIGTERM else INTERRUPTED)
