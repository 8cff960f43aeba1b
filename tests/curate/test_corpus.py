"""corpus.yaml: one file says how a corpus is read, to every command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import ConfigError
from curate.manifest.corpus import KEYS, read_corpus
from curate.manifest.mapping import ReadOptions
from curate.manifest.read import find_sources
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import CLIPS, sound, text_beside
from tests.lines import lines_of

SCHEMA = "schema: curate.corpus/1\n"
TALKS = f"""{SCHEMA}name: talks
licence: CC-BY-4.0
language: no
map: {{speaker: 'regex:^(\\d+)-'}}
rules: mine.yaml
"""
MINE = """schema: curate.rules/1
name: mine
extends: default
rules:
  - {id: quite_fast, metric: char_rate, eval: "> 20", why: our speakers read slowly}
"""


def corpus(folder: Path, content: str) -> Path:
    """A folder with a text beside each audio file, and its corpus.yaml."""
    text_beside(folder)
    (folder / "mine.yaml").write_text(MINE)
    (folder / "corpus.yaml").write_text(content)
    return folder


def records(folder: Path, *inputs: Path, **options: Any) -> list[dict[str, Any]]:
    out = folder / "out.jsonl"
    write_manifest(ManifestRequest([str(each) for each in inputs], out, ReadOptions(**options)))
    return [json.loads(line) for line in lines_of(out.read_text(encoding="utf-8"))]


def test_the_file_and_its_folder_are_one_input(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "talks", TALKS)
    rows = records(tmp_path, folder / "corpus.yaml")
    assert rows == records(tmp_path, folder)
    assert len(rows) == len(CLIPS)
    assert {row["lang"] for row in rows} == {"no"}  # a language, in YAML too
    assert {row["speaker"] for row in rows} == {clip.speaker for clip in CLIPS}


def test_a_profile_takes_its_rules_and_says_what_it_is(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "talks", TALKS)
    profile = curate.profile(folder, out=tmp_path / "p")
    assert profile.json["rules"]["name"] == "mine"
    beside = profile.json["inputs"][0]["beside"]
    assert beside["corpus_name"] == ["talks"]
    assert beside["corpus_licence"] == ["CC-BY-4.0"]
    other = curate.profile(folder, out=tmp_path / "p2", rules="default")
    assert other.json["rules"]["name"] == "default"
    split = curate.split(tmp_path / "p", out=tmp_path / "s", sizes={})
    assert sum(each.rows for each in split.outputs) == len(CLIPS)
    lines = lines_of((tmp_path / "s/train.jsonl").read_text(encoding="utf-8"))
    assert {json.loads(line)["lang"] for line in lines} == {"no"}


def test_several_inputs_and_what_a_command_line_says(tmp_path: Path) -> None:
    sound(tmp_path / "audio/a_1.wav", 24_000)
    line = '{"audio_filepath": "C:/x/a_1.wav", "sentence": "one", "lang": "sv"%s}\n'
    (tmp_path / "m.jsonl").write_text(line % "" + line % ', "speaker": "x"')
    (tmp_path / "t.csv").write_text("path;sentence;satz\nC:/x/a_1.wav;two;drei\n")
    content = (
        f"{SCHEMA}language: de\ninputs: [m.jsonl, t.csv]\nmap: {{text: sentence}}\n"
        "path_map: {C:/x: audio}\nmeasure_duration: true\n"
    )
    (tmp_path / "corpus.yaml").write_text(content)
    rows = records(tmp_path, tmp_path / "corpus.yaml")
    assert [(row["text"], row["lang"], row["duration"]) for row in rows] == [
        ("one", "sv", 1.5), ("one", "sv", 1.5), ("two", "de", 1.5),
    ]  # fmt: skip
    assert {row["audio_filepath"] for row in rows} == {"audio/a_1.wav"}
    (tmp_path / "corpus.yaml").write_text(content.replace("m.jsonl, ", ""))
    (row,) = records(tmp_path, tmp_path / "corpus.yaml", fields={"text": "satz"})
    assert row["text"] == "drei"


# (content, the faults: line and what)
WRONG = [
    ("languge: de\n", [(1, "unknown key 'languge'"), (1, "schema is not curate.corpus/1")]),
    (f"{SCHEMA}cast: maybe\nmap: [a]\ninputs: {{a: b}}\nname:\n",
     [(2, "cast is not true or false"), (3, "map is not a mapping"),
      (4, "inputs is not a name or a list"), (5, "name is not a text")]),
    (f"{SCHEMA}name: a\nname: b\n", [(3, "")]),
    (f"{SCHEMA}map: {{text: {{a: b}}}}\n", [(2, "map is not a mapping")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "faults"), WRONG)
def test_every_fault_has_its_line(
    tmp_path: Path, content: str, faults: list[tuple[int, str]]
) -> None:
    path = tmp_path / "corpus.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as raised:
        read_corpus(str(path))
    assert len(raised.value.faults) == len(faults)
    for fault, (line, what) in zip(raised.value.faults, faults, strict=True):
        assert fault.where == f"{path}:{line}"
        assert what in fault.what


def test_rules_of_several_corpora_must_agree(tmp_path: Path) -> None:
    one = corpus(tmp_path / "one", TALKS)
    two = corpus(tmp_path / "two", f"{SCHEMA}rules: audio\n")
    with pytest.raises(ConfigError, match="several rules"):
        curate.profile([one, two], out=tmp_path / "p")
    assert len(find_sources([str(one), str(two)])) == 2


def test_an_input_cfg_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"audio_filepath": "a", "duration": 1, "text": "a"}\n')
    (tmp_path / "cfg.yaml").write_text("- {type: nemo, manifest_filepath: m.jsonl}\n")
    (origin,) = find_sources([str(tmp_path / "cfg.yaml")])
    assert origin.format == "nemo"
    assert len(KEYS) == len(set(KEYS))


@pytest.mark.parametrize("content", ["inputs: [t.csv]\n", "inputs: [texts]\n", "inputs: [a.srt]\n"])
def test_the_audio_root_reaches_all_that_opens_audio(content: str, tmp_path: Path) -> None:
    """A profile analyses what is there, a manifest names it, and shards hold it."""
    folder = tmp_path / "talks"
    for name in ("a", "b"):
        sound(tmp_path / f"elsewhere/{name}.wav", 24_000)
        (folder / "texts").mkdir(parents=True, exist_ok=True)
        (folder / f"texts/{name}.txt").write_text("one two")
    (folder / "t.csv").write_text("path,text,duration\na.wav,one two,1.5\nb.wav,one two,1.5\n")
    (folder / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,500\nOne two.\n\n")
    (folder / "corpus.yaml").write_text(f"{SCHEMA}audio_root: ../elsewhere\n{content}")
    rows = 1 if "srt" in content else 2
    profile = curate.profile(folder, out=tmp_path / "p", rules="audio_header")
    audio = profile.json["audio"]
    assert (audio["analysed"], audio["faults"]) == (rows, [])
    for row in records(tmp_path / "talks", folder):
        assert Path(row["audio_filepath"]).name in {"a.wav", "b.wav"}
        assert (tmp_path / "talks" / row["audio_filepath"]).is_file()
    split = curate.split(folder, out=tmp_path / "s", sizes={})
    assert not [each for each in split.warnings if "exist" in each]
    assert curate.shard(tmp_path / "s", tmp_path / "sh").cuts == rows
