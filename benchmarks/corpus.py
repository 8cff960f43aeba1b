"""A manifest of any size for the benches: made, not real, but with a real manifest's shape.

About 290 bytes a row: English, German and Indonesian sentences of 1 to 30 words from fixed
vocabularies, 2,000 speakers, durations that fit the text, and the faults that rules look for at
1 in 100. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

_WORDS = {
    "en": "the quick brown fox jumps over a lazy dog while people listen to the evening news and "
    "nobody knows whether it will rain tomorrow because weather changes often in October",
    "de": "der schnelle braune Fuchs springt \u00fcber den faulen Hund w\u00e4hrend alle Leute die "
    "Nachrichten h\u00f6ren und niemand wei\u00df ob es morgen regnet oder die Sonne scheint",
    "id": "seorang anak laki-laki berlari di depan rumah sementara ibunya memasak nasi goreng dan "
    "ayahnya membaca koran pagi tentang pemilihan umum yang akan datang bulan depan",
}


def make(path: Path, rows: int, seed: int = 0) -> Path:
    """Write the manifest unless it stands there with this many rows already; returns its path."""
    mark = path.with_suffix(f".{rows}-{seed}.made")
    if mark.exists() and path.exists():
        return path
    rng = random.Random(seed)
    vocabulary = {lang: words.split() for lang, words in _WORDS.items()}
    langs = list(vocabulary)
    with path.open("w", encoding="utf-8") as file:
        for row in range(rows):
            lang = langs[row % 3]
            words = rng.choices(vocabulary[lang], k=1 + int(rng.betavariate(2, 4) * 30))
            if row % 100 == 0:
                words = [words[0]] * 20 if row % 200 else ["".join(words)]
            text = " ".join(words).capitalize() + "."
            record = {
                "audio_filepath": f"/data/corpora/{lang}/part{row % 977:04d}/clip_{row:09d}.flac",
                "duration": round(len(text) / rng.uniform(9, 19), 3),
                "text": text,
                "lang": lang,
                "speaker": f"spk{rng.randrange(2000):05d}",
                "source_lang": lang,
                "target_lang": lang,
                "pnc": "yes",
                "sampling_rate": 16000,
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    mark.touch()
    return path
