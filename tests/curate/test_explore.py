"""The review app in the background of a process, over HTTP: begun, used, closed, refused."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

import curate
from curate.errors import ConfigError, CurateError, InputError
from tests.curate.review_browsing import written
from tests.curate.review_session import ROWS
from tests.curate.test_review_evaluation import write_evaluation

pytest.importorskip("uvicorn", reason="the review extra is not installed")

ANNA = curate.ReviewOptions(reviewer="anna")
SCRIPT = """import sys, urllib.request
import curate
session = curate.read_profile(sys.argv[1]).explore(sys.argv[2])
print(session.url)
client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
print(client.open(session.url, timeout=30).status)
"""


def browser() -> OpenerDirector:
    """A client with a cookie jar, which serves all ports of a host, as a browser's does."""
    return build_opener(HTTPCookieProcessor())


def origin_of(explorer: curate.Explorer) -> str:
    return explorer.url.partition("/?")[0]


def answer(client: OpenerDirector, explorer: curate.Explorer, path: str, sent: Any = None) -> Any:
    """What the session answers with: to a GET, or to JSON that is sent."""
    origin = origin_of(explorer)
    content = None if sent is None else json.dumps(sent).encode()
    request = Request(origin + path, content, {} if sent is None else {"origin": origin})
    with client.open(request, timeout=30) as response:
        return json.load(response)


def servers() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name in {"review", "the texts"}]


def test_a_session_is_used_and_closed(review_folder: Path, tmp_path: Path) -> None:
    profile, log = curate.read_profile(review_folder / "profile"), tmp_path / "<b>.jsonl"
    client = browser()
    with profile.explore(log, options=ANNA) as explorer:
        assert str(explorer) == f"review session of {profile.path}: {explorer.url}"
        page = client.open(explorer.url, timeout=30).read().decode()
        assert "review.js" in page
        assert answer(client, explorer, "/api/profile")["reviewer"] == "anna"
        assert answer(client, explorer, "/api/records?count=5")["rows"] == len(ROWS) + 1
        searched = "/api/records?text=number%207"
        while answer(client, explorer, searched)["loaded"] < 1:
            pass
        assert answer(client, explorer, searched)["rows"] == 1
        answer(client, explorer, "/api/records/3/decision", {"decision": "reject"})
        shown = explorer._repr_html_()
        assert f'href="{explorer.url}" target="_blank"' in shown
        assert "&lt;b&gt;.jsonl" in shown and "<b>" not in shown
    assert [each["decision"] for each in written(log)] == ["reject"]
    assert not explorer.is_open
    assert servers() == []
    with pytest.raises(URLError, match="refused"):
        client.open(explorer.url, timeout=30)
    explorer.close()
    assert "closed" in str(explorer)
    assert "href" not in explorer._repr_html_(), "a link that nothing answers"


def test_one_browser_has_two_sessions_open(review_folder: Path, tmp_path: Path) -> None:
    client, profile = browser(), review_folder / "profile"
    with (
        curate.explore(profile, tmp_path / "a.jsonl", options=ANNA) as first,
        curate.explore(
            profile, tmp_path / "b.jsonl", options=curate.ReviewOptions(reviewer="ben")
        ) as second,
    ):
        for each in (first, second):
            client.open(each.url, timeout=30).close()
        names = [answer(client, each, "/api/profile")["reviewer"] for each in (first, second)]
        assert names == ["anna", "ben"]
        first.close()
        assert answer(client, second, "/api/profile")["reviewer"] == "ben"


def test_it_runs_beside_the_event_loop_of_a_notebook(review_folder: Path, tmp_path: Path) -> None:
    client = browser()

    async def cell() -> int:
        with curate.explore(review_folder / "profile", tmp_path / "o.jsonl") as explorer:
            page = await asyncio.to_thread(client.open, explorer.url, None, 30)
            with page:
                return int(page.status)

    assert asyncio.run(cell()) == 200


def test_a_split_and_an_evaluation_are_open_beside_the_profile(
    review_folder: Path, tmp_path: Path
) -> None:
    profile, client = review_folder / "profile", browser()
    curate.split(profile, tmp_path / "split", sizes={"eval": "0s", "test": "0s"})
    wer = write_evaluation(tmp_path / "wer", review_folder)
    beside: Any = {"split": tmp_path / "split", "evaluation": str(wer), "options": ANNA}
    with curate.explore(profile, tmp_path / "o.jsonl", **beside) as explorer:
        client.open(explorer.url, timeout=30).close()
        about = answer(client, explorer, "/api/profile")
        assert dict(about["splits"])["train"] > 20
        assert "3 records have a prediction" in about["evaluation"]["words"]
        worst = answer(client, explorer, "/api/records?sort=wer&columns=wer")["records"][0]
        assert worst["row"] == 5


def test_what_cannot_be_opened_is_refused_and_leaves_nothing_open(
    review_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = review_folder / "profile"
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    cases: list[tuple[type[CurateError], str, Path, Any]] = [
        (InputError, "curate profile", tmp_path / "none", {}),
        (InputError, "curate split", profile, {"split": tmp_path}),
        (InputError, "train eval", profile, {"evaluation": tmp_path}),
        (ConfigError, "leave it out", profile, {"options": curate.ReviewOptions(port=port)}),
        (ConfigError, "", profile, {"options": curate.ReviewOptions(allowed=[tmp_path / "no"])}),
    ]
    for kind, hint, folder, beside in cases:
        with pytest.raises(kind) as raised:
            curate.explore(folder, tmp_path / "o.jsonl", **beside)
        assert hint in raised.value.faults[0].hint
    taken.close()
    options = curate.ReviewOptions(port=port)
    for module in ("uvicorn", "starlette.applications"):
        with monkeypatch.context() as missing:
            missing.setitem(sys.modules, module, None)
            with pytest.raises(ConfigError) as refused:
                curate.explore(profile, tmp_path / "o.jsonl", options=options)
        assert refused.value.faults[0].hint == "pip install 'asr-curate[review]'"
    assert servers() == []
    assert not (tmp_path / "o.jsonl").exists()
    with curate.explore(profile, tmp_path / "o.jsonl", options=options) as explorer:
        assert origin_of(explorer) == f"http://127.0.0.1:{port}", "the port was not kept"


def test_a_script_that_closes_nothing_ends(review_folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", SCRIPT, str(review_folder / "profile"), str(tmp_path / "o")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[1] == "200"
