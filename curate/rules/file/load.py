"""Find a rule file by name or path, read it and what it extends, and merge the two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.errors.nearest import suggest, unreadable
from curate.files.entries import FaultCollector
from curate.files.presets import TEXT_PRESETS, presets_folder
from curate.rules.file.groups import GroupRule
from curate.rules.file.languages import compose
from curate.rules.file.merge import merge, read_preset, refuse_shared, refuse_unfit
from curate.rules.file.model import MAX_BORDERLINE, MAX_REJECTED, Rule, RuleSet
from curate.rules.file.read import RuleFile, read_rule_file
from curate.rules.file.stored import is_stored

DEFAULT = "default"
SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 1 << 20


class _Place(NamedTuple):
    """A rule file: where it lies, and how it is named to people (never a machine's own path)."""

    path: Path
    shown: str


def load_rules(name_or_path: str | Path | None = None) -> RuleSet:
    """The rules of a preset (`default`, `lang/de`) or of a file (a Path, or it ends in .yaml).

    None is the default preset. ConfigError with every fault of the file and of those it extends.
    """
    name = DEFAULT if name_or_path is None else name_or_path
    place = _find(name, Path(), parameter("rules"))
    return _rules_of_preset(place) if name in known_presets() else _rules_at(place)


@cache
def _rules_of_preset(place: _Place) -> RuleSet:
    """The rules of a file that comes with this package, and changes as little as its code."""
    return _rules_at(place)


def _rules_at(place: _Place) -> RuleSet:
    faults: list[Fault] = []
    loaded = _load(place, (), faults)
    raise_all(ConfigError, faults)
    assert loaded is not None, "what could not be loaded left a fault"
    if not loaded.is_preset:  # tests hold that presets have none
        from curate.rules.file.conflicts import conflicts

        raise_all(ConfigError, list(conflicts(loaded.rules)))
    return RuleSet(
        name=loaded.name,
        path=place.shown,
        sha256=hashlib.sha256(loaded.content).hexdigest(),
        rules=loaded.rules,
        groups=loaded.groups,
        max_rejected=MAX_REJECTED if loaded.max_rejected is None else loaded.max_rejected,
        max_borderline=MAX_BORDERLINE if loaded.max_borderline is None else loaded.max_borderline,
    )


@cache
def known_presets() -> tuple[str, ...]:
    """The names of the presets that come with this package; those of text rules are others."""
    folder = presets_folder()
    stems = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.yaml"))
    return tuple(sorted(path.as_posix() for path in stems if path.parts[0] != TEXT_PRESETS))


def schema_path() -> Path:
    """Where the JSON Schema of rule files lies, for editors."""
    return presets_folder() / "schema.json"


def _find(name_or_path: str | Path, folder: Path, where: str) -> _Place:
    if isinstance(name_or_path, Path) or name_or_path.endswith(SUFFIXES):
        path = folder / name_or_path
        return _Place(path, str(path))
    if name_or_path not in known_presets():
        hint = f"{suggest(name_or_path, known_presets())}; a file's name ends in .yaml"
        raise ConfigError.of(where, f"unknown rules '{name_or_path}'", hint)
    relative = f"{name_or_path}.yaml"
    return _Place(presets_folder() / relative, f"rules/{relative}")


class _Loaded(NamedTuple):
    """A file with what it extends; `content` is the bytes of both, `is_preset` whether all of them
    are those of presets as they were stored.
    """

    name: str = ""
    content: bytes = b""
    rules: tuple[Rule, ...] = ()
    groups: tuple[GroupRule, ...] = ()
    max_rejected: float | None = None
    max_borderline: float | None = None
    is_preset: bool = True


def _load(place: _Place, seen: tuple[Path, ...], faults: list[Fault]) -> _Loaded | None:
    """The file with what it extends; None once there is a fault."""
    notes = FaultCollector(place.shown)
    content = _read_bytes(place, faults)
    if content is None:
        return None
    file = _read(_decode(content, notes), notes)
    base = _load_base(file, place, (*seen, place.path.resolve()), notes)
    if base is not None:
        rules = merge(base.rules, file.drafts, notes)
        presets = [each for each in _by_language(file, place, seen, notes) if each]
        rules = compose(rules, [read_preset(each, rules, notes) for each, _ in presets])
        groups = merge(base.groups, file.groups, notes)
        refuse_shared(rules, groups, notes)
        shares = (
            base.max_rejected if file.max_rejected is None else file.max_rejected,
            base.max_borderline if file.max_borderline is None else file.max_borderline,
        )
        if not notes.faults:
            contents = [content, *(each for _, each in presets)]
            is_preset = base.is_preset and all(map(is_stored, contents))
            content = b"".join(contents) + base.content
            return _Loaded(file.name, content, rules, groups, *shares, is_preset)
    faults.extend(notes.faults)
    return None


def _load_base(
    file: RuleFile, place: _Place, seen: tuple[Path, ...], notes: FaultCollector
) -> _Loaded | None:
    """The file that it extends, empty where there is none; None where that one has faults."""
    if not file.extends:
        return _Loaded()
    where = notes.at(file.extends_line)
    try:
        base = _find(file.extends, place.path.parent, where)
    except ConfigError as error:
        notes.take(error)
        return None
    if base.path.resolve() in seen:
        notes.add(file.extends_line, f"'{file.extends}' extends this file in turn: a circle")
        return None
    return _load(base, seen, notes.faults)


def _by_language(
    file: RuleFile, place: _Place, seen: tuple[Path, ...], notes: FaultCollector
) -> Iterator[tuple[RuleFile, bytes] | None]:
    """The presets of languages that a file names, with their bytes; not those that extend it and
    are being read just now, whose rules come anyway. None for one with faults.
    """
    for name, line in file.by_language:
        try:
            preset = _find(name, place.path.parent, notes.at(line))
        except ConfigError as error:
            notes.take(error)
            continue
        if preset.path.resolve() not in seen:
            yield _preset(preset, place, notes)


def _preset(preset: _Place, place: _Place, notes: FaultCollector) -> tuple[RuleFile, bytes] | None:
    own = FaultCollector(preset.shown)
    content = _read_bytes(preset, own.faults)
    if content is None:
        notes.faults.extend(own.faults)
        return None
    file = _read(_decode(content, own), own)
    if not own.faults:
        refuse_unfit(file, _extended(file, preset) == place.path.resolve(), place.shown, own)
    notes.faults.extend(own.faults)
    return None if own.faults else (file, content)


def _extended(file: RuleFile, place: _Place) -> Path | None:
    """The file that it extends, if there is such a one."""
    try:
        return _find(file.extends, place.path.parent, place.shown).path.resolve()
    except ConfigError:
        return None


PRESETS = "name a file that ends in .yaml, or a preset"


def _read_bytes(place: _Place, faults: list[Fault]) -> bytes | None:
    try:
        # Not a pipe, which would wait for ever, nor a device, which would never end.
        if not place.path.is_file():
            raise FileNotFoundError(2, "no such file")
        if place.path.stat().st_size > MAX_BYTES:
            raise OSError(27, f"larger than {MAX_BYTES:,} bytes")
        return place.path.read_bytes()
    except OSError as error:
        faults.append(unreadable(place.path, error, PRESETS)._replace(where=place.shown))
        return None


def _read(text: str, notes: FaultCollector) -> RuleFile:
    file, faults = _read_text(text, notes.file)
    notes.faults.extend(faults)
    return file


@lru_cache(maxsize=32)
def _read_text(text: str, shown: str) -> tuple[RuleFile, tuple[Fault, ...]]:
    """The content of a file of this text, and its faults: one load may meet a preset twice."""
    notes = FaultCollector(shown)
    return read_rule_file(text, notes), tuple(notes.faults)


def _decode(content: bytes, notes: FaultCollector) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        notes.add(line, f"not UTF-8: byte {content[error.start]:#04x}")
        return ""
