"""Time-coded transcripts: every segment is a record or a malformed row, and every line counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.artifacts.frames import Clips
from curate.errors import InputError
from curate.manifest.captions import CAPTIONS
from curate.manifest.formats import BY_NAME
from curate.manifest.mapping import ReadOptions
from curate.manifest.read import find_sources, read_manifest, read_manifests
from tests.curate.caption_rows import Row, cue, read, rows_of

SRT = "00:00:01,000 --> 00:00:02,500"
VTT = "00:01.000 --> 00:02.500"

# name, content, format, (line, row)...
CASES: list[tuple[str, str | bytes, str, Sequence[tuple[int, Row]]]] = [
    ("talk.srt", f"1\n{SRT}\nHello.\n\n2\n00:00:03,000 --> 00:00:04,000\nYou.\n", "srt",
     [(1, cue(1.0, 1.5, "Hello.")), (5, cue(3.0, 1.0, "You."))]),
    ("talk.srt", f"1\r\n{SRT} X1:40 Y1:2\r\n<i>Hello</i>\r\n there \r\n\r\n", "srt",
     [(1, cue(1.0, 1.5, "<i>Hello</i> there"))]),  # styling stays, the place on the screen does not
    ("talk.srt", f"\ufeff1\n{SRT}\nHello.", "srt", [(1, cue(1.0, 1.5, "Hello."))]),
    ("talk.srt", f"1\r{SRT}\rHello.\r\r".encode(), "srt", [(1, cue(1.0, 1.5, "Hello."))]),
    ("talk.txt", f"1\n{SRT}\nHello.\n", "srt", [(1, cue(1.0, 1.5, "Hello."))]),
    ("talk.srt", f"{SRT}\nNo number.\n", "srt", [(1, cue(1.0, 1.5, "No number."))]),
    ("talk.srt", "1\n00:00:01.5 --> 0:00:02.500\nDots.\n", "srt", [(1, cue(1.5, 1.0, "Dots."))]),
    ("talk.srt", "1\n100:00:01,000 --> 100:00:02,000\nLong.\n", "srt",
     [(1, cue(360001.0, 1.0, "Long."))]),
    ("talk.srt", f"1\n{SRT}\n\n2\n{SRT}\nAgain.\n\n3\n{SRT}\nAgain.\n", "srt",
     [(1, cue(1.0, 1.5, "")), (4, cue(1.0, 1.5, "Again.")), (8, cue(1.0, 1.5, "Again."))]),
    ("talk.srt", f"1\n{SRT}\nHello.\n2\n{SRT}\nNo blank line.\n", "srt",
     [(1, cue(1.0, 1.5, "Hello.")), (4, cue(1.0, 1.5, "No blank line."))]),
    ("talk.srt", f"1\n{SRT}\nHello.\n\nLost.\n\n2\n00:00:03,000 --> \nYou.\n\n"
     "3\n00:00:04,000 --> 00:00:04,000\nYou.\n\n4\n00:00:05,000 --> 00:00:04,000\nYou.\n\n"
     "5\n00:61:05,000 --> 00:62:04,000\nYou.\n", "srt",
     [(1, cue(1.0, 1.5, "Hello.")), (5, "text outside of a cue"),
      (7, "its timing line has no two times (00:00:03,000 -->)"),
      (11, "its end is not behind its beginning (4 and 4)"),
      (15, "its end is not behind its beginning (5 and 4)"),
      (19, "its start is not a time (00:61:05,000)")]),
    ("talk.srt", f"1\n{SRT}\n".encode() + b"caf\xe9\n\n2\n" + f"{SRT}\ncafé\n".encode(), "srt",
     [(1, "not UTF-8 (byte 0xe9 at 3)"), (5, cue(1.0, 1.5, "café"))]),
    ("talk.srt", f"1\n{SRT}\ncafé\n\n2\n{SRT}\nü\n".encode("utf-16"), "srt",
     [(1, cue(1.0, 1.5, "café")), (5, cue(1.0, 1.5, "ü"))]),
    ("talk.srt", "\ufeff".encode("utf-16-be") + f"1\r\n{SRT}\r\nü\r\n".encode("utf-16-be"), "srt",
     [(1, cue(1.0, 1.5, "ü"))]),

    ("talk.vtt", f"WEBVTT - a title\nKind: captions\n\nNOTE\n{VTT}\nno cue\n\nSTYLE\n::cue {{}}\n\n"
     f"intro\n{VTT} align:start line:0\nHello &amp; <b>you</b>\n\n{VTT}\nHello\n", "webvtt",
     [(11, cue(1.0, 1.5, "Hello & <b>you</b>")), (15, cue(1.0, 1.5, "Hello"))]),
    ("talk.vtt", f"WEBVTT\n\n{VTT}\n<v.loud Roger B>Hello</v>\n\n{VTT}\n<v A>Hi</v>\n<v B>Me</v>",
     "webvtt", [(3, cue(1.0, 1.5, "Hello", speaker="Roger B")),
                (6, cue(1.0, 1.5, "<v A>Hi</v> <v B>Me</v>"))]),
    ("talk.vtt", "WEBVTT\n\n1\n00:01.000 -> 00:02.000\nHello\n\n00:01.000 --> x\nHello\n", "webvtt",
     [(3, "text outside of a cue"), (7, "its timing line has no two times (00:01.000 --> x)")]),

    ("talk.txt", "0.500000\t2.000000\thello\tthere\n\\\t100.0\t200.0\n2,5\t3,5\n4\t4\tpoint\n"
     "x\ty\tz\n1.0\n5.0\t6.0\t\n" + "7\t8\ty\n" * 9, "audacity_labels",
     [(1, cue(0.5, 1.5, "hello\tthere")), (3, cue(2.5, 1.0, "")),
      (4, "its end is not behind its beginning (4 and 4)"), (5, "its start is not a time (x)"),
      (6, "a label has a start and an end, separated by a tab"), (7, cue(5.0, 1.0, "")),
      *((line, cue(7.0, 1.0, "y")) for line in range(8, 17))]),

    ("a.stm", ";; CATEGORY \"0\"\ntalk 1 anna 0.50 2.00 <o,f0,female> hello there\n"
     "talk A bob 2 3.5 <unk> you\ntalk 1 x 4 5 IGNORE_TIME_SEGMENT_IN_SCORING\ntalk 1 x 6 7\n"
     "talk 1 anna 1.0\ntalk 1 anna one 2.0 x\nother 1 anna 1 2 x\n../talk 1 anna 1 2 x\n", "stm",
     [(2, cue(0.5, 1.5, "hello there", speaker="anna", label="<o,f0,female>")),
      (3, cue(2.0, 1.5, "<unk> you", speaker="bob")),
      (4, cue(4.0, 1.0, "IGNORE_TIME_SEGMENT_IN_SCORING", speaker="x",
              _skipme="ignore_time_segment_in_scoring")),
      (5, cue(6.0, 1.0, "", speaker="x")),
      (6, "an STM line has 5 fields before its text (4)"), (7, "its start is not a time (one)"),
      (8, "the audio of its recording is missing (other)"),
      (9, "its recording is not a name (../talk)")]),
    ("a.stm", "talk.wav 2 anna 0.50 2.00 hello\n", "stm",  # what cannot be opened has any channel
     [(1, cue(0.5, 1.5, "hello", speaker="anna", channel=1))]),

    ("a.ctm", ";; words\ntalk 1 0.50 0.50 hello 0.8\ntalk 1 1.00 0.25 there 1.0\n"
     "talk 1 1.75 0.25 you\ntalk 1 1.9 0.10 now\n", "ctm",  # 0.5 s of pause
     [(2, cue(0.5, 0.75, "hello there", confidence=0.9, words=2)),
      (4, cue(1.75, 0.25, "you now", words=2))]),
    ("a.ctm", "talk 1 0.50 0.50 hello\n\n;; aside\ntalk 1 1.00 0.25 <eps>\ntalk 1 1.25 0.25 you\n"
     "talk 1 oops 0.25 lost\ntalk 1 1.50 0.25 me\ntalk 2 1.50 0.25 me\ntalk 1 0.10 0.25 back\n",
     "ctm", [(1, cue(0.5, 1.0, "hello you", words=2)),
             (6, "its start and duration are not times (oops and 0.25)"),
             (7, cue(1.5, 0.25, "me", words=1)), (8, cue(1.5, 0.25, "me", words=1, channel=1)),
             (9, cue(0.1, 0.25, "back", words=1))]),
    ("a.ctm", "talk 1 0.5 0.5 a NA lex anna\ntalk 1 1.0 0.5 b NA lex bob\n"
     "talk 1 1.5 .5 c<space>d\n", "ctm", [(1, cue(0.5, 0.5, "a", words=1, speaker="anna")),
             (2, cue(1.0, 0.5, "b", words=1, speaker="bob")),
             (3, cue(1.5, 0.5, "c d", words=1))]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "format", "expected"), CASES)
def test_segments_and_what_is_none(
    tmp_path: Path,
    name: str,
    content: str | bytes,
    format: str,
    expected: Sequence[tuple[int, Row]],
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    detected, rows, lines = read(tmp_path, name, data)
    assert detected == format
    assert list(zip(lines, rows, strict=True)) == list(expected)


def test_the_bytes_of_a_cue_are_those_of_the_file(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "talk.wav").touch()
        cues = [f"1\r\n{SRT}\r\nHé\r", f"2\r\n{SRT}\r\nlaß"]
        (tmp_path / "talk.srt").write_bytes(f"{cues[0]}\n\r\n{cues[1]}\r\n".encode(encoding))
        (origin,) = find_sources([str(tmp_path / "talk.srt")])
        plain = "utf-16-le" if encoding == "utf-16" else "utf-8"
        assert [data.decode(plain).strip("\r") for _, data, _ in rows_of(origin)] == [
            each.strip("\r") for each in cues
        ]


# files beside, transcript, audio and language, or part of the error
BESIDE: list[tuple[Sequence[str], str, tuple[str, str | None] | str]] = [
    (["talk.wav"], "talk.srt", ("talk.wav", None)),
    (["talk.FLAC"], "talk.srt", ("talk.FLAC", None)),
    (["talk.wav"], "talk.wav.srt", ("talk.wav", None)),
    (["talk.wav", "talk.mp3"], "talk.wav.srt", ("talk.wav", None)),
    (["talk.wav"], "talk.en.srt", ("talk.wav", "en")),
    (["talk.wav"], "talk.pt-BR.srt", ("talk.wav", "pt-BR")),
    (["talk.wav", "talk.en.wav"], "talk.en.srt", ("talk.en.wav", None)),
    (["a.b.wav"], "a.b.srt", ("a.b.wav", None)),
    ([normalize("NFD", "café.wav")], normalize("NFC", "café.srt"),
     (normalize("NFD", "café.wav"), None)),
    ([normalize("NFC", "café.wav")], normalize("NFD", "café.srt"),
     (normalize("NFC", "café.wav"), None)),
    (["talk.wav"], "talk.final.srt", "no audio file talk.final.* is in"),
    (["talk.txt", "talks.wav"], "talk.srt", "no audio file talk.* is in"),
    (["talk.wav", "talk.flac"], "talk.srt", "2 audio files have its name: talk.flac, talk.wav"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "name", "expected"), BESIDE)
@pytest.mark.parametrize("rooted", [False, True])
def test_audio_of_the_same_name(
    tmp_path: Path,
    files: Sequence[str],
    name: str,
    expected: tuple[str, str | None] | str,
    rooted: bool,
) -> None:
    root = tmp_path / "audio" if rooted else tmp_path
    root.mkdir(exist_ok=True)
    for file in files:
        (root / file).touch()
    (tmp_path / name).write_text(f"1\n{SRT}\nHello.\n")
    reading = ReadOptions(audio_root=str(root) if rooted else None)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=r"(\n|.)*--?audio.root DIR|audio_root DIR") as raised:
            find_sources([str(tmp_path / name)], reading)
        assert expected in str(raised.value)
        assert (f"where {root} is the input, what has no" in str(raised.value)) == (not rooted)
        return
    (origin,) = find_sources([str(tmp_path / name)], reading)
    ((_, _, row),) = rows_of(origin)
    assert isinstance(row, dict)
    assert (row["audio_filepath"], row.get("lang")) == expected


def test_every_transcript_without_audio_is_named(tmp_path: Path) -> None:
    for name in ("a.srt", "b.srt", "c.srt"):
        (tmp_path / name).write_text(f"1\n{SRT}\nHello.\n")
    with pytest.raises(InputError) as raised:
        find_sources([str(tmp_path / "*.srt")])
    names = [Path(fault.where).name for fault in raised.value.faults]
    assert names == ["a.srt", "b.srt", "c.srt"]


def test_many_small_files_are_read_as_each_by_itself(tmp_path: Path) -> None:
    """Rows of several converted files are measured in one call, and are those of their files."""
    (tmp_path / "m.jsonl").write_text('{"audio_filepath": "a", "duration": 1, "text": "b"}\n')
    for number in range(6):
        (tmp_path / f"t{number}.wav").touch()
        broken = "lost\n\n" * number
        (tmp_path / f"t{number}.srt").write_text(f"{broken}1\n{SRT}\nHello {number}.\n\n")
    (tmp_path / "t6.wav").touch()
    (tmp_path / "t6.srt").write_text("-->\n")
    names = [str(tmp_path / name) for name in ("*.srt", "m.jsonl", "t3.vtt")]
    (tmp_path / "t3.vtt").write_text(f"WEBVTT\n\n{VTT}\nHello\n")
    origins = find_sources(names)
    calls: list[int] = []

    def columns(clips: Clips) -> pl.DataFrame:
        calls.append(clips.frame.height)
        return clips.frame

    together = list(read_manifests(origins, columns, threads=1))
    assert calls == [1 + 2 + 3 + 4 + 5 + 6 + 1, 1, 1]
    single = [piece for origin in origins for piece in read_manifest(origin, columns, threads=1)]
    frames = [pl.concat([piece.frame for piece in pieces]) for pieces in (together, single)]
    assert frames[0].equals(frames[1])
    assert frames[0]["malformed"].drop_nulls().to_list().count("text outside of a cue") == 15
    assert [part for piece in together for part in piece.parts] == [
        part for piece in single for part in piece.parts
    ]


def test_channels_are_those_of_the_audio(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "mono.wav", [0.0] * 8000, 8000)
    soundfile.write(tmp_path / "two.wav", [[0.0, 0.0]] * 8000, 8000)
    lines = ["mono 1 a 0 1 x", "mono B a 0 1 x", "two A a 0 1 x", "two 2 a 0 1 x", "two 3 a 0 1 x"]
    (tmp_path / "a.stm").write_text("\n".join(lines))
    (origin,) = find_sources([str(tmp_path / "a.stm")])
    channels = [
        row if isinstance(row, str) else row.get("channel") for _, _, row in rows_of(origin)
    ]
    assert channels == [
        None,
        "its channel is not in the audio (B of 1)",
        0,
        1,
        "its channel is not in the audio (3 of 2)",
    ]


def test_an_stm_file_of_ted_lium_has_its_audio_in_sph(tmp_path: Path) -> None:
    (tmp_path / "ted/sph").mkdir(parents=True)
    (tmp_path / "ted/sph/talk.sph").write_bytes(b"")
    for folder in ("ted/stm", "ted/texts"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.stm").write_text("talk 1 a 0 1 x\nghost 1 a 0 1 x\n")
    (in_stm,) = find_sources([str(tmp_path / "ted/stm/a.stm")])
    (elsewhere,) = find_sources([str(tmp_path / "ted/texts/a.stm")])
    talk, ghost = (row for _, _, row in rows_of(in_stm))
    assert isinstance(talk, dict)
    assert talk["audio_filepath"] == "../sph/talk.sph"
    missing = "the audio of its recording is missing"
    assert ghost == f"{missing} (ghost)"
    assert [row for _, _, row in rows_of(elsewhere)] == [f"{missing} (talk)", ghost]


PIECES = st.sampled_from(
    [b"1\n", b"\n", b"\r\n", b"00:00:01,000 --> 00:00:02,500\n", b"-->", b"talk 1 0.5 0.5 a\n",
     b"talk 1 s 0.5 0.9 a b\n", b"WEBVTT\n", b"NOTE x\n", b"0.5\t1.5\ta\n", b"\xff", b"\xfe",
     b"\xef\xbb\xbf", b"caf\xc3\xa9", b"\0", b"\r", b"{", b"<v A>b</v>", b";; x\n", b'"',
     b'"ooTextFile" "TextGrid" 0 9 <exists> 1 ', b'"IntervalTier" "a" 0 9 1 ',
     b'0.5 1.5 "a" ', b"intervals [1]:", b'{"segments": [', b'{"start": 0, "end": 1, "text": "a"}',
     b",", b"]", b"}", b"<?xml version='1.0'?>", b"<TIER TIER_ID='a'>", b"</TIER>",
     b"<ALIGNABLE_ANNOTATION TIME_SLOT_REF1='a'>", b"</ALIGNABLE_ANNOTATION>", b"<!DOCTYPE a>"],
)  # fmt: skip
CONTENT = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=12).map(b"".join))


@pytest.mark.parametrize("format", [each.name for each in CAPTIONS])
def test_any_bytes_are_accounted_for(format: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every row lies where it says, in order; all bytes are counted; nothing but InputError."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "talk.wav").touch()

    @given(CONTENT)
    def account(content: bytes) -> None:
        (folder / "talk.any").write_bytes(content)
        try:
            (origin,) = find_sources([str(folder / "talk.any")], format)
            portions = list(BY_NAME[format].read(origin))
        except InputError:
            assert content[:2] in (b"\x1f\x8b", b"\x28\xb5"), "only damaged compressed data"
            return
        assert sum(each.bytes for each in portions) == len(content) - 3 * content.startswith(
            b"\xef\xbb\xbf"
        ) - 2 * content.startswith((b"\xff\xfe", b"\xfe\xff"))
        end = 0
        rows = sorted(rows_of(origin), key=lambda row: row[0])
        for line, data, row in rows:
            assert data or isinstance(row, str)
            assert content.find(data, end) >= end
            end = content.find(data, end) + len(data)
            assert 1 <= line <= len(content) + 1

    account()
