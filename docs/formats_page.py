"""The page about what can be read: folders, corpus.yaml, formats, columns."""

from __future__ import annotations

from markdown_parts import NOTE, cell, table


def formats_page() -> str:
    """What `--format` takes, and the names of columns that tables may have."""
    from curate.exports.outputs import OUTPUTS
    from curate.manifest.folders.layouts import LAYOUTS
    from curate.manifest.formats import FORMATS
    from curate.manifest.tables import NAMES

    layouts = [[f"`{each.name}`", cell(each.what)] for each in LAYOUTS]
    outputs = [[f"`{each.name}`", cell(each.what)] for each in OUTPUTS]
    formats = [[f"`{each.name}`", cell(each.what)] for each in FORMATS]
    names = [[f"`{field}`", ", ".join(f"`{n}`" for n in known)] for field, known in NAMES.items()]
    lines = [
        "# Formats",
        "",
        NOTE,
        "",
        "Name the folder that holds your audio: `curate profile CORPUS --out profile`. A manifest",
        "of it is `curate manifest CORPUS --out corpus.jsonl`.",
        "",
        "## Folders",
        "",
        "How texts may stand beside audio; a folder may hold several layouts, at any depth.",
        "",
        *table(("layout", "reads"), layouts),
        "- Durations that a layout lacks are those of the audio's headers. `text_file` gives the",
        "  file and line of each text.",
        "- A path of another machine means the file of the same name whose directories agree with",
        "  it; names match in NFC and NFD. A path that leads out of the folder means nothing.",
        "- Audio without a text, a text without audio, and a second text of the same audio are",
        "  malformed rows. Where a folder holds no text at all, the text of each record is null.",
        "- `curate manifest` lists a row as malformed, whatever the layout, where its audio is",
        "  missing from a folder that holds audio. A folder that is not there, or holds no audio,",
        "  is on another machine: its rows stay, with a warning, where they give durations. Lines",
        "  of a NeMo manifest stay in any case. Other commands, which read such inputs directly,",
        "  look for files with `--audio header`.",
        "- Transcripts may be compressed (.gz, .zst).",
        "- Hidden files are passed over. `--audio-root` names another folder that has the audio.",
        "",
        "## corpus.yaml",
        "",
        "How a corpus is read stands in a file beside it. Every command takes the file, or the",
        "folder that has it, as its input; options of a command count more.",
        "",
        "```yaml",
        "schema: curate.corpus/1",
        "name: talks",
        "source: https://example.org/talks",
        "licence: CC-BY-4.0",
        "language: de              # of records that give none",
        "inputs: [audio, more.csv] # relative to this file; without it, its folder",
        "map: {text: sentence, speaker: 'regex:^([a-z]+)_'}",
        "path_map: {C:/data: /mnt/data}",
        "audio_root: ../audio",
        "measure_duration: true    # also: cast, lenient_json, format",
        "rules: talks.yaml         # a rule file beside it, or a preset",
        "```",
        "",
        "`name`, `source`, `licence` and `description` stand in profile.json, beside its inputs.",
        "",
        "## All formats",
        "",
        "`curate profile` tries the formats in this order; `--format` selects one.",
        "",
        *table(("`--format`", "reads"), formats),
        "## Outputs",
        "",
        "`curate manifest INPUT... --to NAME --out OUT` writes the records of any input in another",
        "form; read back, they are the same. Without `--to` it writes NeMo's lines, or CSV where",
        "OUT ends in .csv. OUT that ends in .gz is compressed.",
        "",
        *table(("`--to`", "writes"), outputs),
        "- A record that a form cannot hold goes to OUT.malformed.jsonl with the reason; fields",
        "  without a place in it are counted in a warning.",
        "- nemo_tarred and hf hold the audio: whole files keep their bytes, segments become FLAC.",
        "- CSV holds text: numbers of fields that are no time are read back as text, and a value",
        "  that is absent is as an empty one.",
        "",
        "## Columns",
        "",
        "Known names of the columns of tables and of Parquet, in any case; if a table has several",
        "of them, the first in this order is used. Other columns are kept unchanged. Other names,",
        "such as German, French and Spanish ones, are never read by themselves: the error proposes",
        "the command with `--map` that reads them. Durations of a table without any, without",
        "beginnings and without ends are those of the audio's headers. Audio paths that all lack a",
        "suffix, such as ids, are read with the one that the files have.",
        "",
        "JSON lines have NeMo's names, or those that `--map` gives: of segments with an end in",
        "place of a duration, `--map offset=start --map end=end` reads it.",
        "",
        *table(("field", "names of its column"), names),
    ]
    return "\n".join(lines).rstrip() + "\n"
