"""Cut what a terminal sends into whole keys, sequences and pastes; nothing else gets any further.

A terminal sends more than keys: late answers to questions, reports of the mouse, pastes, and all of it may arrive
in pieces. A sequence is cut out by the grammar of ECMA-48 before anybody asks what it means, so that no letter of
one that is unknown, unfinished or broken is ever taken for a key. An unfinished sequence waits for its rest; it is
dropped after a silence, never typed.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import NamedTuple

ESCAPE_DELAY = 0.2
"""Seconds of silence after which ESC is the key, and not the beginning of a sequence."""
PATIENCE = 3.0
"""Seconds of silence after which an unfinished sequence is dropped."""
MOST_PASTED = 65_536
"""Characters kept of a paste: more than any field takes."""

_PASTE_SETTLES = 0.1
_LATE, _LATE_REST = 1.0, 0.5
_MOST_HELD = 256
_ESC = "\x1b"
_INTRODUCERS = "[O]PX^_"
_C1 = {0x80 + ord(introducer) - 0x40: _ESC + introducer for introducer in _INTRODUCERS + "\\"}
# 8-bit controls, as characters or as bytes that are no UTF-8, are read as the two characters that they stand for.
_SEVEN_BIT = {code + shift: sequence for code, sequence in _C1.items() for shift in (0, 0xDC00)}
# A byte that begins a character of UTF-8 and is not followed by its rest takes what follows with it.
_BROKEN_UTF8 = re.compile("[\udcc0-\udcff][\udc80-\udcbf]*[ -~]?|[\x80-\x9f\ud800-\udfff]")
_TO_SEVEN_BIT = re.compile(f"[{''.join(map(chr, _SEVEN_BIT))}]")

_ANY = r"[^\x1b@-~]"  # what stands in a sequence before its last character, or should not
_WHOLE = re.compile(
    r"(?P<keys>[^\x1b]+)"
    r"|\x1b?(?P<sequence>\x1b(?:"
    rf"\[(?:\[[ -~]|M[^\x1b]{{3}}|(?![M\[]){_ANY}*[@-~])"  # CSI; the Linux console's F1 to F5; a mouse of X10
    r"|O[0-9;]*[ -:<-~]"  # SS3
    r"))"
    r"|\x1b?(?P<string>\x1b[\]PX^_])"  # OSC, DCS, SOS, PM, APC: up to their end
    r"|(?P<designation>\x1b[ -/][^\x1b0-~]*[0-~])"
    r"|(?P<alt>\x1b[^\x1b\[O])"
)
_UNFINISHED = re.compile(rf"\x1b\x1b?(?:\[(?:\[|M[^\x1b]{{0,2}}|{_ANY}*)?|O[0-9;]*|[ -/][^\x1b0-~]*)?\Z")
_BROKEN = re.compile(rf"\x1b\x1b?(?:\[(?:\[|M[^\x1b]{{0,2}}|{_ANY}*)|O[0-9;]*|[ -/][^\x1b0-~]*)")
_END, _END_OF_OSC = re.compile(r"\x1b\\?"), re.compile(r"\x07|\x1b\\?")
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
# The keys by which a person leaves a paste whose end got lost: Escape and ctrl+c, in both protocols.
_WAY_OUT = re.compile(r"\x1b|\x03|\x1b\[27(?:;1)?u|\x1b\[99;5u")
_IN_PASTED = re.compile(
    rf"\x1b\[{_ANY}*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
# rxvt ends some keys with what begins the end of other sequences.
_RXVT = re.compile(r"\x1b\[\d\d?\$")
# What may follow an introducer that came long after its ESC, for both to be a sequence.
_LATE_STRINGS = {"]": "0123456789lLI", "P": "0123456789!>$=+|{"}


class Paste(NamedTuple):
    """A text that was pasted, without control characters but tabs and the ends of lines."""

    text: str


class Token(NamedTuple):
    """A character that was typed, or one whole sequence."""

    text: str


class OpenPaste(NamedTuple):
    """A paste has begun and does not end; this is told once."""


Found = Token | Paste | OpenPaste


class InputReader:
    """Reads what a terminal sends, as it comes: ``feed`` takes bytes, ``wait`` is called while none come.

    Times are seconds of any clock that only goes forward. What is kept is bounded, whatever comes.
    """

    def __init__(self, escape_delay: float = ESCAPE_DELAY) -> None:
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._escape_delay = escape_delay
        self._held = ""
        self._paste: _PasteInput | None = None
        self._in_string = ""  # the introducer of the string that is being dropped
        self._late = False  # what is held began with an ESC that was given away as the key
        self._escaped_at = float("-inf")
        self._heard_at = float("-inf")

    def feed(self, data: bytes, now: float) -> list[Found]:
        """Return what bytes add up to, with what was held before them."""
        text = _TO_SEVEN_BIT.sub(lambda found: _SEVEN_BIT[ord(found[0])], self._decoder.decode(data))
        silence = now - self._heard_at
        self._heard_at = now
        if self._paste is None and not self._held and not self._in_string:
            if text[:1] and text[0] in _INTRODUCERS and now - self._escaped_at < _LATE:
                self._late, text = True, _ESC + text
            elif text:
                self._escaped_at = float("-inf")
        if self._paste is not None and not self._paste.ended and silence > 1 and _WAY_OUT.fullmatch(text):
            self._paste = None
            self._escaped_at = now
            return []
        return self._read(text)

    def wait(self, now: float) -> list[Found]:
        """Return what has become of what is held, now that nothing has come for a while."""
        silence = now - self._heard_at
        if silence >= self._escape_delay and self._paste is None:
            self._decoder.reset()  # the rest of a character that was begun will not come
        if self._paste is not None:
            return self._wait_for_paste(self._paste, silence)
        if self._late and len(self._held) == len("\x1b["):
            return self._give_up_late() if silence >= _LATE_REST else []
        if self._held and not self._in_string and silence >= self._escape_delay:
            held, self._held = self._held, ""
            if not held.strip(_ESC):
                self._escaped_at = now
                return [Token(_ESC) for _ in held]
            if _RXVT.fullmatch(held):
                return [Token(held)]
            self._held = held
        if silence >= PATIENCE:
            self._held, self._in_string, self._late = "", "", False
        return []

    def _wait_for_paste(self, paste: _PasteInput, silence: float) -> list[Found]:
        if not paste.ended:
            return [OpenPaste()] if silence >= PATIENCE and paste.first_silence() else []
        if silence < _PASTE_SETTLES:
            return []
        found: list[Found] = []
        return found + self._read(self._settle(found))

    def _give_up_late(self) -> list[Found]:
        held, self._held, self._late = self._held, "", False
        return [Token(held[1])]

    def _read(self, text: str) -> list[Found]:
        found: list[Found] = []
        text, self._held = self._held + text, ""
        place = 0
        while place < len(text):
            if self._paste is not None:
                self._paste.take(text[place:])
                if not self._paste.is_certain:
                    break
                text, place = self._settle(found), 0
            elif self._in_string:
                place = self._skip_string(text, place)
            else:
                place = self._cut(text, place, found)
        return found

    def _cut(self, text: str, place: int, found: list[Found]) -> int:
        """Cut one thing off and return where the next begins."""
        if self._late and not self._is_late(text, place):
            self._late = False
            found.append(Token(text[place + 1]))
            return place + 2
        unfinished = text.startswith(_ESC, place) and _UNFINISHED.match(text, place) is not None
        if unfinished or (self._late and place + 2 == len(text)):
            self._held = text[place : place + _MOST_HELD]
            return len(text)
        whole = _WHOLE.match(text, place)
        if whole is None:
            return self._drop_broken(text, place, found)
        late, kind = self._late, whole.lastgroup
        if kind == "string":
            self._in_string = whole[0][-1]
            return whole.end()
        self._late = False
        if kind == "keys":
            found += map(Token, _BROKEN_UTF8.sub("", whole[0]))
        elif whole["sequence"] == _PASTE_BEGINS:
            self._paste = _PasteInput()
        elif not late and kind != "designation":
            found.append(Token(whole[0]))
        return whole.end()

    def _drop_broken(self, text: str, place: int, found: list[Found]) -> int:
        """Drop a sequence that another ESC cuts off; one that cuts off a lone ESC makes that the key."""
        broken = _BROKEN.match(text, place)
        self._late = False
        if broken is not None:
            return broken.end()
        found.append(Token(_ESC))
        return place + 1

    def _is_late(self, text: str, place: int) -> bool:
        """Return whether an introducer long after its ESC does begin a sequence."""
        introducer, rest = text[place + 1], text[place + 2 : place + 3]
        return not rest or rest in _LATE_STRINGS.get(introducer, rest)

    def _skip_string(self, text: str, place: int) -> int:
        end = (_END_OF_OSC if self._in_string == "]" else _END).search(text, place)
        if end is None:
            return len(text)
        if end[0] == _ESC and end.end() == len(text):
            self._held = _ESC
            return len(text)
        self._in_string, self._late = "", False
        return end.start() if end[0] == _ESC else end.end()

    def _settle(self, found: list[Found]) -> str:
        """Add the paste that has ended; return what came after it."""
        paste, self._paste = self._paste, None
        if paste is None:
            return ""
        found.append(Paste(paste.text))
        return paste.after


class _PasteInput:
    """A paste while it comes.

    What is pasted may hold the sequence that ends a paste. It has ended when nothing follows at once that ends it
    again, without another having begun.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._kept = 0
        self._tail = ""
        self._told = False
        self.after = ""
        self.ended = False

    @property
    def text(self) -> str:
        """What was pasted, as text."""
        clean = _IN_PASTED.sub("", "".join(self._pieces))
        return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", clean)

    def first_silence(self) -> bool:
        """Return whether this is the first time that somebody asks."""
        told, self._told = self._told, True
        return not told

    @property
    def is_certain(self) -> bool:
        """Whether the paste has ended for sure: another has begun, or more follows than is worth waiting for."""
        return self.ended and (_PASTE_BEGINS in self.after or len(self.after) > MOST_PASTED)

    def take(self, text: str) -> None:
        """Take all of a text that follows."""
        if self.ended:
            self._look_behind(text)
            return
        content, end, rest = (self._tail + text).partition(_PASTE_ENDS)
        if end:
            self._keep(content)
            self._tail, self.ended = "", True
            self._look_behind(rest)
            return
        held = next((n for n in range(len(_PASTE_ENDS) - 1, 0, -1) if content.endswith(_PASTE_ENDS[:n])), 0)
        self._keep(content[: len(content) - held])
        self._tail = content[len(content) - held :]

    def _look_behind(self, text: str) -> None:
        self.after += text
        while (end := self.after.find(_PASTE_ENDS)) >= 0 and _PASTE_BEGINS not in self.after[:end]:
            self._keep(self.after[:end])
            self.after = self.after[end + len(_PASTE_ENDS) :]

    def _keep(self, text: str) -> None:
        if self._kept <= MOST_PASTED:
            self._pieces.append(text[: MOST_PASTED + 1])
            self._kept += len(text)
