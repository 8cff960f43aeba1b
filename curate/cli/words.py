"""`curate words`: the characters and words of a profile's texts."""

from __future__ import annotations

from curate.cli.app import LOOK, AsJson, OneProfile, app


@app.command(name="words", rich_help_panel=LOOK)
def words_command(profile: OneProfile, as_json: AsJson = False) -> None:
    """Count the characters of each language and the words of all texts; reads the manifests again.

    Letters outside a language's main script are listed separately, each with an example record.

    Example: `curate words profile/ --json`
    """
    from curate.cli.render.terminal import summary
    from curate.cli.render.words import tables
    from curate.inspect.words import count_words

    summary(count_words(profile), as_json, False, tables, profile)
