"""Opt-in metrics: phrases, tokens, languages, near-duplicates."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.frames import Spans
from curate.environment.execution import Execution
from curate.errors import ConfigError
from curate.manifest.examples import clips_of
from curate.metrics.compute.near_duplicates import near_keys
from curate.metrics.compute.tokens import read_tokenizer
from curate.metrics.measure import Settings, measure
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from curate.text import ngrams, normalise, shingles
from tests.lines import lines_of
from tests.profiling import write_profile


def measured(groups: Sequence[str], *records: Mapping[str, object]) -> pl.DataFrame:
    rows = [{"duration": 2.0, **record} for record in records]
    return measure(clips_of(rows), Settings(frozenset(groups)))


# --- phrases ----------------------------------------------------------------------------------

# text, shares of the most repeated phrase of 2, 3 and 4 words
PHRASES: list[tuple[str, list[float | None]]] = [
    ("a b c d", [0, 0, 0]),
    ("one", [0, 0, 0]),  # too short for a phrase: none stands twice
    ("no way no way out", [10 / 13, 0, 0]),
    ("a b c a b c", [4 / 6, 1, 0]),
    ("a a a a", [1, 1, 0]),  # overlapping ones all count, and no share is over one
    ("No way no way", [0, 0, 0]),  # as it stands
    ("", [None] * 3),
    (" ", [None] * 3),
    ("谢谢 你 谢谢 你", [None] * 3),  # no words
]


@pytest.mark.parametrize(("text", "shares"), PHRASES)
def test_phrases(text: str, shares: list[float | None]) -> None:
    row = measured(["ngrams"], {"text": text}).row(0, named=True)
    assert [row[f"top_{size}gram_share"] for size in ngrams.SIZES] == shares


WORDS = st.lists(st.sampled_from(["a", "bb", "ü", "no", "\u2028x"]), max_size=30).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(WORDS, st.text(max_size=40)), min_size=1, max_size=8))
def test_phrases_are_those_of_the_definition(texts: list[str]) -> None:
    spans = Spans.of(texts)
    counts = ngrams.covered(spans.data, spans.start, spans.length)
    assert counts.tolist() == [[ngrams.define(t, size) for t in texts] for size in ngrams.SIZES]


# --- tokens -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    sentencepiece = pytest.importorskip("sentencepiece")
    made = io.BytesIO()
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "to", "man"]
    rng = random.Random(0)
    sentences = [" ".join(rng.choices(words, k=6)) for _ in range(300)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=made, vocab_size=24, minloglevel=9
    )
    return made.getvalue()


def archive(folder: Path, tokenizer: Mapping[str, object], members: Mapping[str, bytes]) -> Path:
    path = folder / "model.nemo"
    target = "nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE"
    config = json.dumps({"target": target, "tokenizer": tokenizer}).encode()
    needed = {"./model_config.yaml": config, "./model_weights.ckpt": b"weights"}
    with tarfile.open(path, "w") as tar:
        for name, content in (needed | dict(members)).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def plain(folder: Path, model: bytes) -> Path:
    (folder / "t.model").write_bytes(model)
    return folder / "t.model"


def unified(folder: Path, model: bytes) -> Path:
    return archive(folder, {"type": "bpe", "model_path": "nemo:x.model"}, {"./x.model": model})


def aggregate(folder: Path, model: bytes) -> Path:
    langs = {"en": {"model_path": "nemo:en.model"}, "spl_tokens": {"model_path": "nemo:s.model"}}
    members = {"./en.model": model, "./s.model": model}
    return archive(folder, {"type": "agg", "langs": langs}, members)


@pytest.mark.parametrize("make", [plain, unified, aggregate])
def test_tokens_are_the_models(tmp_path: Path, model: bytes, make: object) -> None:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    assert callable(make)
    rules = load_rules(None)
    measured_settings = MeasureOptions(tokenizer=make(tmp_path, model)).settings(rules)
    texts = [("the cat sat", "en-US"), ("", "en"), ("猫 cat", "en"), ("the cat", "de")]
    rows = [{"text": text, "lang": lang, "duration": 2.0} for text, lang in texts]
    columns = measure(clips_of([*rows, {"text": 1, "duration": 1}]), measured_settings)
    for (text, lang), row in zip(texts, columns.iter_rows(named=True), strict=False):
        ids = processor.encode(text)
        served = make is not aggregate or lang != "de"
        assert row["tokens"] == (len(ids) if served else None)
        assert row["token_rate"] == (len(ids) / 2 if served else None)
        share = ids.count(processor.unk_id()) / len(ids) if ids and served else None
        assert row["unknown_tokens"] == share
    assert columns["unknown_tokens"][2] > 0, "the model cannot write that"
    assert columns["tokens"][4] is None


# what the file is, part of the message
NO_TOKENIZERS: list[tuple[bytes | Mapping[str, object], str]] = [
    (b"", "is not a SentencePiece model"),
    (b"text", "is not a SentencePiece model"),
    ({"type": "bpe"}, "model_path"),
    ({"type": "agg", "langs": {"en": {}}}, "model_path"),
    ({"type": "bpe", "model_path": "nemo:../../gone"}, "holds no '../../gone'"),
    ({"type": "bpe", "model_path": "x.model"}, "names no file of its own"),
]


@pytest.mark.parametrize(("content", "message"), NO_TOKENIZERS)
def test_what_is_no_tokenizer_is_said(
    tmp_path: Path, content: bytes | Mapping[str, object], message: str
) -> None:
    pytest.importorskip("sentencepiece")
    path = tmp_path / "x.model"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path = archive(tmp_path, content, {})
    with pytest.raises(ConfigError, match=message):
        read_tokenizer(path)
    with pytest.raises(ConfigError, match=r"cannot be read|there is no such file"):
        read_tokenizer(tmp_path / "gone.model")


def test_tokens_need_a_tokenizer() -> None:
    with pytest.raises(ConfigError, match=r"\Atokenizer: is missing"):
        MeasureOptions(metrics=["tokens"]).settings(load_rules(None))


# --- language ---------------------------------------------------------------------------------

# text, declared, detected, agrees
SPOKEN: list[tuple[str, str | None, str | None, int | None]] = [
    ("the weather will be fine in the north tomorrow", "en-US", "en", 1),
    ("morgen wird das Wetter im Norden schön", "en", "de", 0),
    ("morgen wird das Wetter im Norden schön", None, "de", None),
    ("morgen wird das Wetter im Norden schön", "tlh", "de", None),  # unknown to the model
    ("завтра на севере будет хорошая погода", "RU", "ru", 1),
    ("123 ...", "en", None, None),
    ("", "en", None, None),
]


def test_languages() -> None:
    pytest.importorskip("py3langid")
    rows = [{"text": text, "lang": lang} for text, lang, *_ in SPOKEN]
    columns = measured(["lid"], *rows, {"text": 3, "lang": "en"})
    assert columns["detected_lang"].to_list() == [*(row[2] for row in SPOKEN), None]
    assert columns["lid_agrees"].to_list() == [*(row[3] for row in SPOKEN), None]
    sure = columns["lid_confidence"].to_list()
    assert [value is None for value in sure] == [lang is None for _, _, lang, _ in SPOKEN] + [True]
    assert all(0 < value <= 1 for value in sure if value is not None)


def test_real_languages_are_told(real_data: Path) -> None:
    pytest.importorskip("py3langid")
    lines = lines_of((real_data / "manifests" / "cv61_dev_all.jsonl").read_bytes())
    columns = measured(["lid"], *map(json.loads, lines[::10]))
    agreeing = columns["lid_agrees"].drop_nulls()
    assert agreeing.len() > 250
    assert agreeing.cast(pl.Float64).to_numpy().mean() > 0.9


# --- near-duplicates --------------------------------------------------------------------------

SENTENCE = "the committee will meet again on thursday morning to discuss the budget for next year"
NEAR: list[tuple[str, int | None]] = [
    (SENTENCE, 3),
    (SENTENCE.title() + "!", 3),  # the same, normalised
    (SENTENCE.replace("thursday", "thursdey"), 3),  # a slip of the pen
    ("nobody knows whether it will rain tomorrow because the weather changes in october", 1),
    ("...", None),
    ("", None),
    ("no", 2),
    ("No.", 2),
    ("on", 1),
    ("年均降雪量超过三米的地方有很多滑雪场和温泉", 2),
    ("年均降雪量超过三米的地方有很多滑雪场和温泉啊", 2),
    ("今天天气很好我们去公园散步吧", 1),
]


def test_near_copies_over_manifests(tmp_path: Path) -> None:
    pytest.importorskip("rensa")
    names = [str(tmp_path / name) for name in ("a.jsonl", "b.jsonl")]
    for number, name in enumerate(names):
        lines = [
            json.dumps({"audio_filepath": f"{at}.wav", "duration": 5, "text": text})
            for at, (text, _) in enumerate(NEAR)
            if at % 2 == number
        ]
        Path(name).write_text("\n".join([*lines, "{oops"]), encoding="utf-8")
    rules = load_rules(None)
    contents = []
    for threads in (1, 3):
        out = tmp_path / f"p{threads}"
        out.mkdir()
        measured_settings = MeasureOptions(metrics=["near_duplicates"])
        write_profile(
            names, out, rules, measure=measured_settings, execution=Execution(threads=threads)
        )
        contents.append((out / "records.parquet").read_bytes())
    assert contents[0] == contents[1]
    rows = pl.read_parquet(tmp_path / "p1" / "records.parquet")
    expected = [n for _, n in NEAR[::2]] + [None] + [n for _, n in NEAR[1::2]] + [None]
    assert rows["near_duplicates"].to_list() == expected
    assert rows["near_keys"].is_null().to_list() == [n is None for n in expected]


def test_shingles_are_those_of_the_definition() -> None:
    texts = ["", "a", "abcde", "abcdef", "日本語の", "\U0001f600" * 7]
    for width in (3, 5):
        hashes, bounds = shingles.shingle_hashes(texts, np.full(len(texts), width))
        sets = [set(hashes[int(a) : int(b)].tolist()) for a, b in pairwise(bounds.tolist())]
        assert [len(each) for each in sets] == [len(shingles.define(t, width)) for t in texts]
        assert not sets[2] & sets[4]
        assert sets[2] < sets[3]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80), st.text(max_size=20))
def test_the_same_normal_form_has_the_same_keys(text: str, beside: str) -> None:
    pytest.importorskip("rensa")
    spans = Spans.of([beside, text, normalise(text)])
    keys = near_keys(spans, np.zeros(3, np.bool_)).to_list()
    assert keys[1] == keys[2]
    assert near_keys(Spans.of([text]), np.zeros(1, np.bool_)).to_list() == [keys[1]]


def test_keys_are_shared_as_alike_as_the_texts_are() -> None:
    """Of pairs that share 90 % of their shingles almost all meet, of those with 40 % hardly any."""
    pytest.importorskip("rensa")
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    meet = {True: 0, False: 0}
    for close in meet:
        for _ in range(100):
            text = "".join(rng.choices(letters, k=200))
            other = (
                text[:190] + "x" * 2 if close else text[:115] + "".join(rng.choices(letters, k=85))
            )
            one, two = near_keys(Spans.of([text, other]), np.zeros(2, np.bool_)).to_list()
            meet[close] += any(a == b for a, b in zip(one, two, strict=True))
    assert meet[True] >= 97
    assert meet[False] <= 10


# --- extras -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "module", "extra"),
    [("lid", "py3langid", "lid"), ("near_duplicates", "rensa", "near")],
)
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, group: str, module: str, extra: str
) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"no {name}")

    monkeypatch.setattr("curate.environment.extras.importlib.import_module", absent)
    from curate.metrics.compute import language

    language._model.cache_clear()
    with pytest.raises(ConfigError, match=rf"{module}.*\n.*asr-curate\[{extra}\]"):
        measured([group], {"text": "a"})


def test_a_tokenizer_is_read_from_a_vetted_archive_only(
    archive_file: Callable[..., Path], model: bytes
) -> None:
    target = "nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE"
    config = {"target": target, "tokenizer": {"type": "bpe", "model_path": "nemo:x.model"}}
    members = [("./model_weights.ckpt", b"w"), ("./x.model", model), ("../outside", b"")]
    with pytest.raises(ConfigError, match="lies outside the archive"):
        read_tokenizer(archive_file(config, members))
