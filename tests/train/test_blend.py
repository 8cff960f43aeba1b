"""Several directories and strata are drawn with their shares of the hours; no NeMo in here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from curate.errors import ConfigError, InputError
from curate.nemo.archive import open_archive
from tests.train.planted import ROWS, row, stratify, write_model, write_shards
from train.config import RunConfig, Setting, data_settings, load_config, parse_setting
from train.data import Blend, open_blend
from train.data.check import check_data
from train.plan import make_plan

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 10, max_duration: 10, num_buckets: 2}
"""

Configure = Callable[..., RunConfig]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    def build(data: Sequence[Path], replay: Sequence[str] = (), *settings: str) -> RunConfig:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        given = {"model": str(tmp_path / "model.nemo"), "out": str(tmp_path / "run")}
        options = [Setting(f"--{key}", key, value) for key, value in given.items()]
        further = map(parse_setting, settings)
        return load_config(recipe, [*options, *data_settings(data, replay), *further])

    return build


def directory(folder: Path, hours: float) -> Path:
    """Shards of so many hours, two seconds a cut."""
    rows = [row()] * round(hours * 1800)
    return write_shards(folder, rows)


def shares(blend: Blend) -> dict[str, float]:
    return {source.name: round(source.share, 4) for source in blend.sources}


def test_one_directory_is_drawn_as_it_is(tmp_path: Path, configure: Configure) -> None:
    assert open_blend(configure([directory(tmp_path / "a", 1)])).sources == ()


def test_directories_are_drawn_by_their_hours(tmp_path: Path, configure: Configure) -> None:
    a, b = directory(tmp_path / "a", 3), directory(tmp_path / "b", 1)
    assert shares(open_blend(configure([a, b]))) == {str(a): 0.75, str(b): 0.25}


@pytest.mark.parametrize(("temperature", "share"), [(0, 0.5), (0.5, 0.6667), (1, 0.8)])
def test_a_temperature_evens_the_shares(
    tmp_path: Path, configure: Configure, temperature: float, share: float
) -> None:
    a, b = directory(tmp_path / "a", 4), directory(tmp_path / "b", 1)
    blend = open_blend(configure([a, b], (), f"blend.temperature={temperature}"))
    assert shares(blend) == {str(a): share, str(b): round(1 - share, 4)}


def test_replay_gets_its_share_and_the_rest_is_divided(
    tmp_path: Path, configure: Configure
) -> None:
    sizes = {"a": 3, "b": 1, "old": 9}
    a, b, old = (directory(tmp_path / name, hours) for name, hours in sizes.items())
    blend = open_blend(configure([a, b], [f"{old}=10%"]))
    assert shares(blend) == {str(a): 0.675, str(b): 0.225, str(old): 0.1}
    assert blend.main.folder == a
    assert [place for place, _ in blend.shards()] == [a, b, old]


def test_weights_of_the_shards_are_used(
    shard_folder: Callable[..., Path], configure: Configure
) -> None:
    folder = shard_folder((2, 1))
    stratify(folder, 0.75, 0.25)  # of equal hours
    blend = open_blend(configure([folder]))
    assert shares(blend) == {"s0": 0.75, "s1": 0.25}
    assert [len(source.files) for source in blend.sources] == [1, 1]
    assert all(Path(path).is_absolute() for s in blend.sources for path in s.paths("cuts"))


def test_weights_as_the_hours_are_no_blend(
    shard_folder: Callable[..., Path], configure: Configure
) -> None:
    folder = shard_folder((2, 2))
    stratify(folder, 0.5, 0.5)
    assert open_blend(configure([folder])).sources == ()


def test_a_source_that_the_durations_empty_is_refused(tmp_path: Path, configure: Configure) -> None:
    a, b = directory(tmp_path / "a", 1), write_shards(tmp_path / "b", [row(seconds=11.0)])
    run = configure([a, b])
    (a / "eval.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        check_data(run, open_blend(run))
    assert f"no cut of '{b}' lies within the durations" in str(raised.value)


@pytest.mark.parametrize("text", ["old", "old=", "=10%", "old=0", "old=100%", "old=much", "old=-1"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not DIR=SHARE"):
        data_settings([Path("a")], [text])


def test_shares_that_leave_nothing_are_refused(tmp_path: Path, configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"--replay b=60% --replay c=50%: gives 110 %"):
        configure([tmp_path / "a"], ["b=60%", "c=50%"])


def test_a_directory_named_twice_is_refused(tmp_path: Path, configure: Configure) -> None:
    with pytest.raises(ConfigError, match="is named twice"):
        configure([tmp_path / "a", tmp_path / "a"])


def test_only_shards_are_blended(tmp_path: Path, configure: Configure) -> None:
    write_model(tmp_path / "model.nemo")
    (tmp_path / "split").mkdir()
    (tmp_path / "split/split.json").write_text("{}", encoding="utf-8")
    run = configure([tmp_path / "split", directory(tmp_path / "b", 1)])
    with pytest.raises(ConfigError, match="only shards are blended"):
        make_plan(run, open_archive(Path(run.model)))


def test_the_plan_names_each_source(tmp_path: Path, configure: Configure) -> None:
    write_model(tmp_path / "model.nemo")
    a, b = write_shards(tmp_path / "a"), write_shards(tmp_path / "b", ROWS[:6])
    run = configure([a, b])
    plan = make_plan(run, open_archive(Path(run.model)))
    whats = [each.what for each in plan.findings if each.code == "blend"]
    assert [what.split(" of the hours")[0] for what in whats] == [f"{a}: 88.9%", f"{b}: 11.1%"]
    (blend,) = plan.facts.recipe.config["train_ds"]["input_cfg"]
    assert [source["name"] for source in blend["sources"]] == [str(a), str(b)]
    assert plan.facts.recipe.config["train_ds"]["shar_path"] is None
    assert plan.facts.corpus.cuts == len(ROWS) + 6
