"""Text rules by the name of a preset, or of a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

from curate.errors import ConfigError, parameter
from curate.errors.nearest import suggest, unreadable
from curate.files.presets import TEXT_PRESETS, presets_folder
from curate.text_rules.model import TextRules
from curate.text_rules.read import read_text_rules

_SUFFIXES = (".yaml", ".yml")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class NamedTextRules:
    """A file of text rules: how it is named to people, and what it holds."""

    name: str
    content: str

    @property
    def sha256(self) -> str:
        """The hash of its content."""
        return sha256(self.content.encode()).hexdigest()

    def rules(self) -> TextRules:
        """The rules, read once a process."""
        return _read(self.content, self.name)


@cache
def known_text_presets() -> tuple[str, ...]:
    """The names of the presets that come with this package."""
    return tuple(sorted(path.stem for path in (presets_folder() / TEXT_PRESETS).glob("*.yaml")))


def load_text_rules(name: str) -> NamedTextRules:
    """The rules of a preset, or of a file (it ends in .yaml). ConfigError with every fault."""
    if name.endswith(_SUFFIXES):
        loaded = NamedTextRules(name, _content(Path(name), name))
    else:
        if name not in known_text_presets():
            hint = f"{suggest(name, known_text_presets())}; a file's name ends in .yaml"
            raise ConfigError.of(parameter("text_rules"), f"unknown text rules '{name}'", hint)
        path = presets_folder() / TEXT_PRESETS / f"{name}.yaml"
        shown = f"rules/{TEXT_PRESETS}/{path.name}"
        loaded = NamedTextRules(shown, _content(path, shown))
    loaded.rules()
    return loaded


def _content(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigError(
            unreadable(path, error, "name a preset, or a file of text rules")
        ) from None
    if len(data) > _LARGEST:
        raise ConfigError.of(shown, f"is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError.of(shown, "is not UTF-8", "save it as UTF-8") from None


@lru_cache(maxsize=64)
def _read(content: str, name: str) -> TextRules:
    return read_text_rules(content, name)
