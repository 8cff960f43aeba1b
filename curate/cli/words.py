"""`curate words`: the characters and words of a profile's texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.app import LOOK, AsJson, OneProfile, app


@app.command(name="words", rich_help_panel=LOOK)
def words_command(
    profile: OneProfile,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Directory for words.json, words.parquet and report.html."),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            help="Count what this model's tokenizer has no piece for: a SentencePiece .model, or "
            "a .nemo."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Compare with another model's words: an --out of this command."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count the characters of each language and the words of all texts; reads the manifests again.

    Letters of scripts that a language is not written in are listed separately, each with an
    example record; where records have a `pred_text`, the words that it has wrong most often.

    Example: `curate words profile/ --tokenizer canary-1b-flash.nemo --out words/`

    Example: `curate words new/ --against words_of_old/`
    """
    from curate.api.words import WordOptions, run_words
    from curate.cli.render.terminal import summary
    from curate.cli.render.words import tables
    from curate.cli.running import page_only

    options = WordOptions(out, tokenizer, against)
    summary(run_words(profile, options, page_only()), as_json, False, tables, out)
