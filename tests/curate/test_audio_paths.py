"""Paths in manifests are data: nothing runs, nothing hangs, what is refused says why."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from curate.audio import paths
from curate.audio.faults import Unusable
from curate.audio.paths import allowed_roots, find_audio, open_audio
from curate.errors import ConfigError
from curate.manifest.headers import measured
from tests.curate.folder_writers import sound

Form = Literal["NFC", "NFD"]

# name as a manifest has it, the kind of fault
REFUSED = [
    ("touch marker |", "command"),
    ("| touch marker", "command"),
    ("pipe:touch marker", "command"),
    ("http://127.0.0.1/a.wav", "url"),
    ("S3://bucket/a.wav", "url"),
    ("file:///etc/hostname", "url"),
    ("data:audio/wav;base64,AAAA", "url"),
    ("x;touch marker;.sph", "unsafe_name"),
    ("a b.SPH", "unsafe_name"),
    ("a$(touch marker).sph", "unsafe_name"),
    ("a.SPH", "missing"),
    ("a\x00b.wav", "unsafe_name"),
    ("", "unsafe_name"),
    ("/dev/zero", "special_file"),
    ("/dev/stdin", "special_file"),
    ("/proc/self/environ", "special_file"),
    ("link_to_proc.wav", "special_file"),
    (".", "special_file"),
    ("pipe.wav", "special_file"),
    ("socket.wav", "special_file"),
    ("missing.wav", "missing"),
    ("plain.wav/deeper.wav", "missing"),
    ("loop.wav", "unreadable"),
    ("x" * 300 + ".wav", "unreadable"),
    ("$(touch marker).wav", "missing"),  # a strange name and no more: it is not run
    ("`touch marker`.wav", "missing"),
    ("; touch marker #.wav", "missing"),
]


@pytest.fixture(params=["kernel", "realpath"])
def corpus(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of every kind; symlinks are resolved by the kernel, and as where it cannot."""
    if request.param == "realpath":
        monkeypatch.setattr(paths, "_ENTRY_ONLY", None)
    (tmp_path / "plain.wav").write_bytes(b"x")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "link_to_proc.wav").symlink_to("/proc/self/environ")
    os.mkfifo(tmp_path / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        bound.bind("socket.wav")
        os.chdir(here)
    return tmp_path


@pytest.mark.parametrize(("name", "fault"), REFUSED)
def test_what_is_no_plain_file_is_refused_by_name(corpus: Path, name: str, fault: str) -> None:
    with pytest.raises(Unusable) as raised:
        find_audio(name, corpus)
    assert raised.value.fault == fault
    assert not (corpus / "marker").exists(), "nothing ran"


def test_plain_files_are_found(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_audio("plain.wav", corpus) == corpus / "plain.wav"
    assert find_audio(str(corpus / "plain.wav"), Path("/")) == corpus / "plain.wav"
    monkeypatch.chdir(corpus)
    assert find_audio("plain.wav", Path()) == corpus / "plain.wav"


# name, whether it lies within corpus/inside once links and dots are resolved
PLACES = [
    ("inside/a.wav", True),
    ("inside/../inside/a.wav", True),
    ("link_in.wav", True),  # a link from elsewhere into the root
    ("inside/link_within.wav", True),
    ("inside/../outside.wav", False),
    ("inside/link_out.wav", False),
    ("inside/folder_out/outside.wav", False),
    ("inside_too/a.wav", False),  # begins with the root's name, and is another folder
    ("outside.wav", False),
]


@pytest.mark.parametrize(("name", "within"), PLACES)
def test_allowed_roots_hold_through_links_and_dots(tmp_path: Path, name: str, within: bool) -> None:
    for folder in ("inside", "inside_too"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.wav").write_bytes(b"x")
    (tmp_path / "outside.wav").write_bytes(b"x")
    (tmp_path / "link_in.wav").symlink_to("inside/a.wav")
    (tmp_path / "inside" / "link_within.wav").symlink_to("a.wav")
    (tmp_path / "inside" / "link_out.wav").symlink_to("../outside.wav")
    (tmp_path / "inside" / "folder_out").symlink_to(tmp_path)
    (tmp_path / "by_link").symlink_to("inside")
    for root in (tmp_path / "inside", tmp_path / "by_link"):
        roots = allowed_roots([root])
        if within:
            assert find_audio(name, tmp_path, roots).is_file()
        else:
            with pytest.raises(Unusable, match="out of the allowed roots") as raised:
                find_audio(name, tmp_path, roots)
            assert raised.value.fault == "outside"


def test_roots_that_do_not_exist_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        allowed_roots([tmp_path / "a", tmp_path, tmp_path / "b"])
    assert len(raised.value.faults) == 2


SWAPS: list[Callable[[Path], object]] = [os.mkfifo, Path.mkdir]


@pytest.mark.parametrize("swap", SWAPS)
def test_a_file_swapped_since_it_was_found_does_not_hang(
    corpus: Path, swap: Callable[[Path], object]
) -> None:
    path = find_audio("plain.wav", corpus)
    path.unlink()
    swap(path)
    with pytest.raises(Unusable, match="not a regular file"), open_audio(path):
        pytest.fail("must not open")


@pytest.mark.parametrize(("written", "named"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_in_the_other_unicode_form_is_the_same_file(
    written: Form, named: Form, tmp_path: Path
) -> None:
    """Folders above too; where the disk has both forms, each path leads to its own file."""
    name = normalize(written, "voix/été/caf\u00e9.wav")
    there = normalize(named, "voix/été/caf\u00e9.wav")
    sound(tmp_path / there, 8000)
    resolved = find_audio(name, tmp_path)
    assert resolved.samefile(tmp_path / there)
    assert measured(str(tmp_path / name)) == measured(str(tmp_path / there))
    if not (tmp_path / name).exists():  # a disk that does not take both forms for one
        assert resolved == tmp_path / there
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
        assert find_audio(name, tmp_path) == tmp_path / name
    with pytest.raises(Unusable, match=r"No such file or directory$"):
        find_audio("caf\u00e8.wav", tmp_path)
