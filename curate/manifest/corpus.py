r"""`corpus.yaml` beside a corpus: where it is, what it is, and how its records are read.

    schema: curate.corpus/1
    name: talks
    language: de
    licence: CC-BY-4.0
    inputs: [audio, more.csv]
    map: {text: sentence, speaker: 'regex:^(\w+)_'}
    measure_duration: true
    rules: talks.yaml
    text_rules: clean-english

Every command takes the file, or the folder that has it, as its input. Names are relative to the
file; without `inputs` it is about its own folder. What a command line says counts more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from curate.files.marked_yaml import Listing, Scalar, Table, Tree, read_tree
from curate.manifest.chunks import read_head
from curate.manifest.corrections import DEFAULTS
from curate.manifest.mapping import ReadOptions, as_pairs
from curate.manifest.origin import AUDIO_ROOT, Origin, is_archived
from curate.manifest.spool import is_local

SCHEMA = "curate.corpus/1"
NAME = "corpus.yaml"
"""The file that is read in place of the folder that has it."""
_LARGEST = 1 << 20
_TEXTS = ("schema", "name", "description", "source", "language", "licence", "format",
          "audio_root", "rules", "text_rules")  # fmt: skip
_SWITCHES = ("cast", "measure_duration", "lenient_json")
_TABLES = ("map", "path_map")
KEYS = (*_TEXTS, *_SWITCHES, *_TABLES, "inputs")
_ABOUT = ("name", "description", "source", "licence")
"""Keys that say what a corpus is: they stand in profile.json beside its inputs."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a corpus.yaml says; `inputs` and `rules` are paths as they read from here."""

    file: str
    inputs: Sequence[str]
    reading: ReadOptions
    language: str | None = None
    rules: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    def reading_with(self, given: ReadOptions) -> ReadOptions:
        """How it is read where a command line says `given`, which counts more."""
        own = self.reading
        return ReadOptions(
            given.format or own.format,
            {**own.fields, **given.fields},
            own.lenient or given.lenient,
            given.audio_root or own.audio_root,
            {**given.path_map, **own.path_map},
            own.cast or given.cast,
            own.measure_duration or given.measure_duration,
            given.text_rules or own.text_rules,
            given.restore_text,
        )

    def described(self, origin: Origin) -> Origin:
        """An origin of it with what the corpus is, and the language of records that have none."""
        about = {f"corpus_{key}": (value,) for key, value in self.about.items()}
        lang = {} if self.language is None else {"lang": self.language}
        defaults = {DEFAULTS: as_pairs(lang)} if lang else {}
        root = self.reading.audio_root
        rooted = {} if root is None or is_archived(origin) else {AUDIO_ROOT: (root,)}
        return replace(origin, beside={**origin.beside, **about, **defaults, **rooted})


def corpus_file(name: str) -> str | None:
    """The corpus.yaml that an input means: itself, or that of a folder; None of other inputs."""
    if not is_local(name):
        return None
    path = Path(name)
    inside = path / NAME
    if path.is_dir():
        return str(inside) if inside.is_file() else None
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return None
    return name if f"schema: {SCHEMA}".encode() in read_head(name) else None


def read_corpus(file: str) -> Corpus:
    """Read a corpus.yaml. ConfigError with every fault and its line."""
    text = read_head(file, _LARGEST).decode(errors="replace")
    tree = read_tree(text, file, error=ConfigError)
    if not isinstance(tree, Table):
        raise ConfigError.of(file, "is not a mapping", f"begin it with schema: {SCHEMA}")
    raise_all(ConfigError, list(_faults(file, tree)))
    values = tree.values()
    texts = {key: node.text for key, node in values.items() if isinstance(node, Scalar)}
    folder = Path(file).parent
    inputs = _listed(values["inputs"]) if "inputs" in values else ["."]
    root = texts.get("audio_root")
    reading = ReadOptions.parse(
        texts.get("format"),
        as_pairs(_mapping(values.get("map"))),
        _is_on(values, "lenient_json"),
        as_pairs(_mapping(values.get("path_map"))),
        _is_on(values, "cast"),
        _is_on(values, "measure_duration"),
        _rules(texts.get("text_rules"), folder),
    )
    return Corpus(
        file,
        [_near(name, folder) for name in inputs],
        reading if root is None else replace(reading, audio_root=_near(root, folder)),
        texts.get("language"),
        _rules(texts.get("rules"), folder),
        {key: texts[key] for key in _ABOUT if key in texts},
    )


def _faults(file: str, tree: Table) -> Iterator[Fault]:
    values = tree.values()
    for key, node in tree.entries:
        where = f"{file}:{key.line}"
        if key.text not in KEYS:
            yield Fault(where, f"unknown key {key.text!r}", suggest(key.text, KEYS))
            continue
        is_right, expected = _EXPECTED[_kind(key.text)]
        if not is_right(node):
            yield Fault(where, f"{key.text} is not {expected}", "")
    schema = values.get("schema")
    if not isinstance(schema, Scalar) or schema.text != SCHEMA:
        yield Fault(f"{file}:1", f"schema is not {SCHEMA}", f"write schema: {SCHEMA}")


def _kind(key: str) -> str:
    if key in _SWITCHES:
        return "switch"
    return "table" if key in _TABLES else "list" if key == "inputs" else "text"


def _is_text(node: Tree) -> bool:
    return isinstance(node, Scalar) and bool(node.text.strip()) and not node.is_null()


def _is_switch(node: Tree) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value(), bool)


def _is_table(node: Tree) -> bool:
    return isinstance(node, Table) and all(isinstance(each, Scalar) for _, each in node.entries)


def _is_list(node: Tree) -> bool:
    return _is_text(node) or (isinstance(node, Listing) and all(map(_is_text, node.items)))


_EXPECTED: Mapping[str, tuple[Callable[[Tree], bool], str]] = {
    "text": (_is_text, "a text"),
    "switch": (_is_switch, "true or false"),
    "table": (_is_table, "a mapping of names to texts"),
    "list": (_is_list, "a name or a list of names"),
}


def _listed(node: Tree) -> list[str]:
    nodes = node.items if isinstance(node, Listing) else (node,)
    return [each.text for each in nodes if isinstance(each, Scalar)]


def _mapping(node: Tree | None) -> Mapping[str, str]:
    values = node.values() if isinstance(node, Table) else {}
    return {key: each.text for key, each in values.items() if isinstance(each, Scalar)}


def _is_on(values: Mapping[str, Tree], key: str) -> bool:
    node = values.get(key)
    return isinstance(node, Scalar) and node.value() is True


def _near(name: str, folder: Path) -> str:
    """A name of the file as it reads from here; `.` is the folder of the file."""
    return str(folder / name) if is_local(name) else name


def _rules(name: str | None, folder: Path) -> str | None:
    """A rule file beside the corpus, else the name of a preset."""
    if name is None:
        return None
    return str(folder / name) if name.endswith((".yaml", ".yml")) else name


def rules_of_inputs(names: Sequence[str]) -> str | None:
    """The rules of the corpora among some inputs. ConfigError where they name several."""
    files = [file for name in names if (file := corpus_file(name)) is not None]
    rules = {file: read_corpus(file).rules for file in files}
    named = {file: each for file, each in rules.items() if each is not None}
    if len(set(named.values())) > 1:
        several = ", ".join(f"{each} of {file}" for file, each in named.items())
        raise ConfigError.of(next(iter(named)), f"several rules: {several}", "name --rules")
    return next(iter(named.values()), None)
