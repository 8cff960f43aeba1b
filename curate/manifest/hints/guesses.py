"""Which column of an input may hold which field, by its name in several languages and its values.

Nothing of this is applied by itself: it is proposed in a command that a person reads first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from unicodedata import combining, normalize

from curate.manifest.audio_suffix import AUDIO_SUFFIXES
from curate.manifest.hints.samples import Sample, time_of
from curate.manifest.segment_times import is_milliseconds
from curate.manifest.tables import NAMES

_OTHER_NAMES: Mapping[str, str] = {
    "audio_filepath": "audiofile filename wavfile clip clip_path recording utterance_path "
    "datei dateiname dateipfad pfad audiodatei audiopfad tondatei tonaufnahme aufnahme "
    "fichier nom_fichier nom_du_fichier nom_de_fichier fichier_audio chemin chemin_audio "
    "chemin_du_fichier enregistrement "
    "archivo nombre_archivo nombre_del_archivo nombre_de_archivo archivo_audio archivo_de_audio "
    "fichero ruta ruta_audio ruta_del_archivo grabacion",
    "text": "utterance transcribed_text orthographic prompt label "
    "satz satze transkription transkript transkripttext abschrift wortlaut ausserung "
    "phrase texte transcription transcription_texte enonce "
    "frase oracion texto transcripcion enunciado",
    "duration": "duration_in_s duration_in_sec duration_in_seconds len seconds secs sec "
    "dauer dauer_s dauer_sek dauer_sekunden dauer_in_s dauer_in_sekunden lange lange_s laenge "
    "duree duree_s duree_sec duree_secondes duree_en_secondes longueur "
    "duracion duracion_s duracion_seg duracion_segundos duracion_en_segundos longitud",
    "offset": "beginn anfang startzeit start_sek beginn_s anfang_s debut debut_s inicio inicio_s "
    "comienzo tiempo_inicio",
    "end": "ende endzeit ende_s fin fin_s final final_s tiempo_final",
    "lang": "sprache sprachcode langue code_langue idioma lengua",
    "speaker": "spk speaker_name speakerid talker "
    "sprecher sprecher_id sprecherin sprecherid sprechername person "
    "locuteur locutrice id_locuteur locuteur_id "
    "hablante locutor locutora id_hablante hablante_id",
}
"""By field, names that are proposed and never read by themselves: English, German, French and
Spanish, in small letters without accents.
"""
_BRACKETS = re.compile(r"[(\[](?:s|sec|secs|sek|seg|seconds?|sekunden|secondes|segundos)\.?[)\]]")
_MILLI = re.compile(r"(?:^|[\W_])(?:ms|msec|milli\w*|min|mins|minut\w*|minuten)(?:$|[\W_])")
_MEANT = ("audio_filepath", "text", "duration", "offset", "end", "lang", "speaker")
_NUMBERS = frozenset({"duration", "offset", "end"})
_FEWEST_WORDS = 2
"""Words, on average, in the values of a column that may be the text by nothing but them."""


def guess_columns(sample: Sample, known: Mapping[str, str]) -> dict[str, str]:
    """Field to column, beside those that are `known`: which column has a usual name of the field in
    some language and values that would do, or else holds names of audio files, or texts. A column
    stands for one field at most; a field that none may hold is not in it.
    """
    guessed: dict[str, str] = {}
    for field in _MEANT:
        if field in known or (field == "end" and not _has_ends({**guessed, **known}, sample)):
            continue
        free = _free(sample, {**known, **guessed})
        name = _by_name(field, sample, free)
        if name is None and field in _BY_VALUES:
            name = _BY_VALUES[field](sample, free)
        if name is not None:
            guessed[field] = name
    return guessed


def _has_ends(fields: Mapping[str, str], sample: Sample) -> bool:
    """Whether an end is read: beside a beginning, in JSON lines that have no duration."""
    return "offset" in fields and (sample.is_table or not sample.has_numbers(_column(fields)))


def _column(fields: Mapping[str, str]) -> str:
    """The column of durations; empty where there is none."""
    return fields.get("duration", "")


def _free(sample: Sample, used: Mapping[str, str]) -> list[str]:
    return [name for name in sample.names if name not in used.values()]


def _by_name(field: str, sample: Sample, free: Iterable[str]) -> str | None:
    """The column whose name comes first among the usual ones, of those whose values would do."""
    usual = (*map(_folded, NAMES[field]), *_OTHER_NAMES[field].split())
    ranks: dict[str, int] = {}
    for rank, name in enumerate(usual):
        ranks.setdefault(name, rank)
    named = sorted((ranks[key], name) for name in free if (key := _folded(name)) in ranks)
    return next((name for _, name in named if _would_do(field, name, sample)), None)


def is_usual(name: str) -> bool:
    """Whether columns of some field go by this name in some language."""
    return _folded(name) in _ALL_NAMES


def _folded(name: str) -> str:
    """A name without accents, case, units and marks: `Durée (s)` is duree."""
    plain = "".join(c for c in normalize("NFKD", name.strip().lower()) if not combining(c))
    return re.sub(r"[^a-z0-9]+", "_", _BRACKETS.sub("", plain).replace("ß", "ss")).strip("_")


_ALL_NAMES = frozenset(
    [*(_folded(name) for names in NAMES.values() for name in names)]
    + [name for names in _OTHER_NAMES.values() for name in names.split()]
)


def _would_do(field: str, name: str, sample: Sample) -> bool:
    values = sample.values(name)
    if field not in _NUMBERS:
        return not values or any(isinstance(value, str) for value in values)
    if _MILLI.search(name.lower()) and not (sample.is_table and is_milliseconds(name)):
        return False  # it would be read as seconds
    return all(time_of(value) is not None for value in values)


def _by_audio_suffix(sample: Sample, free: Sequence[str]) -> str | None:
    """The column whose values mostly end as the names of audio files do."""
    return next((name for name in free if _share(sample.values(name), _names_audio) > 0.5), None)


def _names_audio(value: object) -> bool:
    return isinstance(value, str) and value.lower().endswith(AUDIO_SUFFIXES)


def _share(values: Sequence[object], holds: Callable[[object], bool]) -> float:
    return sum(map(holds, values)) / len(values) if values else 0.0


def _by_words(sample: Sample, free: Sequence[str]) -> str | None:
    """The column with the most words in its values, or the only one that is left."""
    if len(free) == 1:
        return free[0]
    words = {name: _mean_words(sample.values(name)) for name in free}
    most = max(words, key=lambda name: words[name], default=None)
    return most if most is not None and words[most] >= _FEWEST_WORDS else None


def _mean_words(values: Sequence[object]) -> float:
    texts = [value for value in values if isinstance(value, str)]
    return sum(len(text.split()) for text in texts) / len(values) if texts else 0.0


_BY_VALUES: Mapping[str, Callable[[Sample, Sequence[str]], str | None]] = {
    "audio_filepath": _by_audio_suffix,
    "text": _by_words,
}
