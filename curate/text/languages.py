"""Names of languages: what a manifest calls a language, to one code for it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

# ISO 639-1 code (639-3 where there is none), three-letter and retired codes: English names.
# Source: ISO 639-3, CLDR 46 English names, and further names that manifests and Whisper use.
_TABLE = (
    "aa aar: afar; ab abk: abkhazian; acm: mesopotamian arabic; ae ave: avestan; af afr: "
    "afrikaans; ak aka: akan; am amh: amharic; an arg: aragonese; apc: north levantine arabic; ar "
    "ara arb: arabic; ary: moroccan arabic; arz: egyptian arabic; as asm: assamese; ast: "
    "asturian; av ava: avaric; ay aym: aymara; az aze azj: azerbaijani; ba bak: bashkir; ban: "
    "balinese; be bel: belarusian; bg bul: bulgarian; bho: bhojpuri; bi bis: bislama; bm bam: "
    "bambara; bn ben: bangla, bengali; bo bod tib: tibetan; br bre: breton; brx: bodo; bs bos: "
    "bosnian; ca cat: catalan, valencian; ce che: chechen; ceb: cebuano; ch cha: chamorro; chr: "
    "cherokee; ckb: central kurdish, sorani; co cos: corsican; cr cre: cree; cs ces cze: czech; "
    "cu chu: church slavic; cv chv: chuvash; cy cym wel: welsh; da dan: danish; de deu ger: "
    "german; doi: dogri; dv div: dhivehi, divehi; dz dzo: dzongkha; ee ewe: ewe; el ell gre: "
    "greek; en eng: english; eo epo: esperanto; es spa: spanish, castilian; et est ekk: estonian; "
    "eu eus baq: basque; fa fas per pes prs: persian, farsi, dari; ff ful fuv: fula, fulah, "
    "fulani; fi fin: finnish; fil: filipino; fj fij: fijian; fo fao: faroese; fr fra fre: french; "
    "fy fry: western frisian, frisian, west frisian; ga gle: irish; gd gla: scottish gaelic; gez: "
    "geez; gl glg: galician, gallegan; gn grn gug: guarani; grc: ancient greek; gsw: swiss "
    "german; gu guj: gujarati; gv glv: manx; ha hau: hausa; haw: hawaiian; he heb iw: hebrew, "
    "modern hebrew; hi hin: hindi; ho hmo: hiri motu; hr hrv: croatian; hsb: upper sorbian; ht "
    "hat: haitian, haitian creole; hu hun: hungarian; hy hye arm: armenian; hyw: western "
    "armenian; hz her: herero; ia ina: interlingua; id ind in: indonesian; ie ile: interlingue; "
    "ig ibo: igbo; ii iii: sichuan yi; ik ipk: inupiaq; io ido: ido; is isl ice: icelandic; it "
    "ita: italian; iu iku: inuktitut; ja jpn: japanese; jv jav jw: javanese; ka kat geo: "
    "georgian; kab: kabyle; kg kon: kongo; ki kik: kikuyu; kj kua: kuanyama; kk kaz: kazakh; kl "
    "kal: kalaallisut; km khm: khmer, central khmer; kn kan: kannada; ko kor: korean; kok: "
    "konkani; kr kau: kanuri; ks kas: kashmiri; ku kur kmr: kurdish, kurmanji; kv kom: komi; kw "
    "cor: cornish; ky kir: kirghiz, kyrgyz; la lat: latin; lb ltz: luxembourgish, letzeburgesch; "
    "lg lug: ganda; li lim: limburgan, limburgish; ln lin: lingala; lo lao: lao; lt lit: "
    "lithuanian; lu lub: luba-katanga; lv lav lvs: latvian; lzh: literary chinese; mai: maithili; "
    "mg mlg plt: malagasy; mh mah: marshallese; mhr: eastern mari, meadow mari; mi mri mao: "
    "maori, māori; mk mkd mac: macedonian; ml mal: malayalam; mn mon khk: mongolian; mni: "
    "manipuri, meitei; mr mar: marathi; mrj: western mari, hill mari; ms msa may zsm: malay; mt "
    "mlt: maltese; my mya bur: burmese, myanmar; myv: erzya; na nau: nauru; nan: min nan chinese; "
    "nb nob: norwegian bokmål, bokmål, bokmal; nd nde: north ndebele; ne nep npi: nepali; ng ndo: "
    "ndonga; nl nld dut: dutch, flemish; nn nno: norwegian nynorsk, nynorsk; no nor: norwegian; "
    "nqo: n'ko; nr nbl: south ndebele; nso: northern sotho, pedi; nv nav: navajo; ny nya: nyanja, "
    "chichewa; oc oci: occitan; oj oji: ojibwa; om orm gaz: oromo; or ori ory: odia, oriya; os "
    "oss: ossetian, ossetic; pa pan: panjabi, punjabi; pap: papiamento; pi pli: pali; pl pol: "
    "polish; ps pus pbt: pashto, pushto; pt por: portuguese; qu que: quechua; rm roh: romansh; rn "
    "run: rundi; ro ron rum mo: romanian, moldovan, moldavian; ru rus: russian; rue: rusyn; rw "
    "kin: kinyarwanda, rwanda; sa san: sanskrit; sah: yakut, sakha; sat: santali; sc srd: "
    "sardinian; sd snd: sindhi; se sme: northern sami; sg sag: sango; si sin: sinhala, sinhalese; "
    "sk slk slo: slovak; sl slv: slovenian; sm smo: samoan; sn sna: shona; so som: somali; sq sqi "
    "alb als: albanian; sr srp: serbian; ss ssw: swati; st sot: southern sotho; su sun: "
    "sundanese; sv swe: swedish; sw swa swh: swahili; syr: syriac; ta tam: tamil; te tel: telugu; "
    "tg tgk: tajik; th tha: thai; ti tir: tigrinya; tig: tigre; tk tuk: turkmen; tl tgl: tagalog; "
    "tn tsn: tswana; to ton: tonga, tongan; tr tur: turkish; ts tso: tsonga; tt tat: tatar; tw "
    "twi: twi; ty tah: tahitian; udm: udmurt; ug uig: uighur, uyghur, uygur; uk ukr: ukrainian; "
    "ur urd: urdu; uz uzb uzn: uzbek; vai: vai; ve ven: venda; vi vie: vietnamese; vo vol: "
    "volapük; wa wln: walloon; wo wol: wolof; wuu: wu chinese; xh xho: xhosa; yi yid ji ydd: "
    "yiddish; yo yor: yoruba; yue: cantonese, yue chinese; za zha: zhuang; zgh: standard moroccan "
    "tamazight, tamazight; zh zho chi cmn: chinese, mandarin, mandarin chinese, simplified "
    "chinese, traditional chinese; zu zul: zulu "
)

_BEHIND = re.compile(r"\s*\(.*|[.@].*", re.DOTALL)
"""What follows a name: `English (US)`, `de_DE.UTF-8`."""
_CODE = re.compile(r"[a-z]{2,3}")
_NONE = frozenset({"und", "mul", "mis", "zxx", "unk"})
"""Codes of ISO 639 for no single language that is known."""


@functools.cache
def language_code(name: str | None) -> str | None:
    """The code of a declared language; null where it names none.

    ISO 639-1, or 639-3 where there is no two-letter code, whatever the region, the script, the
    separator or the spelling. A code that the table does not know stays as it is.

    >>> [language_code(name) for name in ("hy-AM", "hy_AM", "hye", "Armenian", "arm")]
    ['hy', 'hy', 'hy', 'hy', 'hy']
    >>> language_code("English (US)"), language_code("xzz-Latn"), language_code("und")
    ('en', 'xzz', None)
    """
    plain = _BEHIND.sub("", (name or "").strip().casefold())
    known = _codes()
    whole = " ".join(plain.replace("_", " ").split())
    if whole in known:
        return known[whole]
    base = re.split(r"[-_]", plain, maxsplit=1)[0].strip()
    if base in known:
        return known[base]
    return base if _CODE.fullmatch(base) and base not in _NONE else None


def is_language_code(name: str) -> bool:
    """Whether the name is the code of a language that the table knows.

    >>> is_language_code("de"), is_language_code("itn"), is_language_code("german")
    (True, False, False)
    """
    return _CODE.fullmatch(name) is not None and _codes().get(name) == name


@functools.cache
def _codes() -> dict[str, str]:
    return dict(_pairs())


def _pairs() -> Iterator[tuple[str, str]]:
    for entry in _TABLE.split(";"):
        codes, _, names = entry.partition(":")
        code, *others = codes.split()
        for each in (code, *others, *(name.strip() for name in names.split(","))):
            yield each, code
