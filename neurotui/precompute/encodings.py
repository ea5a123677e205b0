"""Which encoding a line that is not UTF-8 may have: what it reads as in each, for a person to recognise.

No encoding is taken on a guess: of short texts every guess is sometimes wrong, and what comes out is text too.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from shlex import quote

from neurotui.errors import UserError

# What iconv calls them, and what Python does. The first ones write a letter in two bytes.
_WIDE = {"CP932": "cp932", "EUC-JP": "euc_jp", "GB18030": "gb18030", "BIG5": "big5", "CP949": "cp949"}
_NARROW = {"WINDOWS-1252": "cp1252", "WINDOWS-1251": "cp1251", "KOI8-R": "koi8-r"}
_SHOWN, _CHARACTERS = 3, 24
_HIGH = 0x80


def wrong_encoding(path: Path, number: int, line: bytes, error: UnicodeDecodeError) -> UserError:
    """Return the refusal of a line that is not UTF-8, with what it would read as in other encodings."""
    found = _readings(line)
    said = f"'{path}', line {number}: not UTF-8 (byte 0x{line[error.start]:02x})"
    if not found:
        return UserError(said, "it may be damaged, or no text: copy it again, or save it as UTF-8")
    name = next(iter(found))
    others = ", ".join(f"'{text}' in {encoding}" for encoding, text in found.items())
    converted = quote(f"{path.stem}-utf8{path.suffix}")
    return UserError(
        said,
        f"it reads {others}; if the first of them is right, convert it:"
        f" iconv -f {name} -t UTF-8 -- {quote(str(path))} > {converted}",
    )


def _readings(line: bytes) -> dict[str, str]:
    """Return what a line reads as in each encoding in which all of it is text, the likeliest first."""
    found: dict[str, tuple[float, str]] = {}
    # Letters of two bytes, and of other alphabets, stand together; accents stand alone.
    together = max(map(len, _runs(line)), default=0) > 1
    for encoding, codec in {**_WIDE, **_NARROW}.items():
        try:
            text = line.decode(codec).strip()
        except UnicodeDecodeError:
            continue
        foreign = [character for character in text if ord(character) >= _HIGH]
        letters = sum(map(_weight, foreign)) / max(len(foreign), 1)
        if not text.isprintable() and not all(one.isprintable() or one.isspace() for one in text):
            continue
        latin = encoding == "WINDOWS-1252"
        found[encoding] = (letters + _typical(encoding, foreign) + (latin != together) * 0.5, text)
    best = sorted(found, key=lambda encoding: -found[encoding][0])[:_SHOWN]
    return {encoding: _around(found[encoding][1]) for encoding in best}


def _typical(encoding: str, foreign: list[str]) -> float:
    """Return how much speaks for a language's own encoding: Japanese has kana, and Korean is hangul alone."""
    names = [unicodedata.name(one, "") for one in foreign]
    if any(name.startswith("HIRAGANA") for name in names):
        return 1.0
    if encoding == "CP949":
        return 0.25 if all(name.startswith("HANGUL") for name in names) else -0.25
    return -0.25 if encoding in {"CP932", "EUC-JP"} else 0.0


def _weight(character: str) -> float:
    """Return how likely a character beyond ASCII stands in a text.

    Katakana of half width is what other alphabets read as in CP932, and KOI8-R and Windows-1251 read as each other
    with small letters for capitals.
    """
    if unicodedata.category(character)[0] not in "LM" or "HALFWIDTH" in unicodedata.name(character, ""):
        return 0.0
    return 0.75 if character.isupper() else 1.0


def _around(text: str) -> str:
    """Return the part of a text around its first foreign letter."""
    first = next((place for place, one in enumerate(text) if ord(one) >= _HIGH), 0)
    begin = max(0, first - _CHARACTERS // 2)
    return text[begin : begin + _CHARACTERS]


def _runs(line: bytes) -> list[bytes]:
    """Return the stretches of bytes beyond ASCII."""
    return bytes(byte if byte >= _HIGH else 0x20 for byte in line).split()
