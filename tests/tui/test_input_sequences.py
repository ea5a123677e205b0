"""What a terminal sends, cut into keys and pastes: nothing of a sequence is ever typed, however it arrives."""

import random

import pytest

from neurotui.tui.input_sequences import MOST_PASTED, InputReader
from neurotui.tui.textual_internals import Events

UNKNOWN = [
    b"\x1b[31m",
    b"\x1b[120A",
    b"\x1b[97~",
    b"\x1b[ 3m",
    b"\x1b[?62;4;22c",
    b"\x1b[>1;2;3c",
    b"\x1b[24;80R",
    b"\x1b[?1u",
    b"\x1b[?1004;2$y",
    b"\x1b[?2048;2$y",
    b"\x1b[48;5;20;5;20t",
    b"\x1b[8;5;20t",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[M !!",
    b"\x1b[32;10;5M",
    b"\x1b[97;1:3u",
    b"\x1b[99999999999u",
    b"\x1bOz",
    b"\x1b(B",
    b"\x1b]11;rgb:aaaa/xxxx/mmmm\x1b\\",
    b"\x1b]52;c;YXhtYXht\x07",
    b"\x1bP>|axm(3)\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b_Gi=1;axm\x1b\\",
    b"\x1b^axm\x1b\\",
    b"\x1bXaxm\x1b\\",
    b"\x9b31m",
    b"\xc2\x9b31m",
    b"\x9d11;axm\x9c",
]
KEYS = {
    b"j\r \t\x7f\x08": ["j", "enter", "space", "tab", "backspace", "backspace"],
    b"\x12\x1a\x03": ["ctrl+r", "ctrl+z", "ctrl+c"],
    b"\x1b[A\x1bOB\x1b[C\x1b[D": ["up", "down", "right", "left"],
    b"\x1b[1;5C\x1b[1;2D\x1b[1;3A": ["ctrl+right", "shift+left", "alt+up"],
    b"\x1b[H\x1b[1~\x1b[7~\x1bOH": ["home"] * 4,
    b"\x1b[F\x1b[4~\x1b[8~\x1bOF": ["end"] * 4,
    b"\x1b[5~\x1b[6~\x1b[3~\x1b[2~": ["pageup", "pagedown", "delete", "insert"],
    b"\x1b[Z\x1b[9;2u": ["shift+tab"] * 2,
    b"\x1bOP\x1b[11~\x1b[[A\x1b[P": ["f1"] * 4,
    b"\x1b[15~\x1b[24~\x1b[15;5~": ["f5", "f12", "ctrl+f5"],
    b"\x1bx": ["alt+x"],
    b"\x1b[27u\x1b[13u\x1b[120u": ["escape", "enter", "x"],
    b"\x1b[122;5u\x1b[97:65;2;65u\x1b[0;;233u": ["ctrl+z", "A", "é"],
    "é漢".encode(): ["é", "漢"],
    b"\x1b": ["escape"],
    b"\x1b\x1b": ["escape"] * 2,
}


def events(*pieces, silence=10.0):
    """Return what arrives, piece by piece, with numbers for the seconds between; the reader's clock is ours."""
    reader, translate, now, told = InputReader(), Events(), 0.0, []

    def wait(seconds):
        nonlocal now
        end = now + seconds
        while now < end:
            now += 0.05
            told.extend(translate.of(reader.wait(now)))

    for piece in pieces:
        if isinstance(piece, bytes):
            told += translate.of(reader.feed(piece, now))
        else:
            wait(piece)
    wait(silence)
    return told


def names(*pieces):
    """Return the names of keys, the texts of pastes, and the classes of all else."""
    return [
        getattr(one, "key", None) or getattr(one, "text", None) or type(one).__name__ for one in events(*pieces)
    ]


@pytest.mark.parametrize("sequence", UNKNOWN)
def test_nothing_of_what_nobody_typed_is_a_key(sequence):
    assert names(sequence) == []
    assert names(sequence, b"j") == ["j"]
    assert names(sequence * 50, b"j") == ["j"]


@pytest.mark.parametrize("noise", [b"\xff\xfe\xe2\x82", b"\xc3a", b"\xe9x", b"\x80\x81"])
def test_bytes_that_are_no_text_are_no_keys(noise):
    assert names(noise) == []
    assert names(noise, b"--j")[-1] == "j"


@pytest.mark.parametrize("sequence", [one for one in UNKNOWN if one.startswith(b"\x1b")])
@pytest.mark.parametrize("pause", [0.15, 1.0])
def test_a_sequence_split_in_time_is_dropped_too(sequence, pause):
    for cut in range(2, len(sequence)):
        assert names(sequence[:cut], pause, sequence[cut:]) == []
    between = [part for byte in sequence for part in (bytes([byte]), 0.15)]
    assert names(*between) == []


@pytest.mark.parametrize(
    "sequence", [b"\x1b[31m", b"\x1b]11;axm\x07", b"\x1bP1$r0m\x1b\\", b"\x1bOz", b"\x1bXaxm\x1b\\"]
)
def test_what_follows_an_escape_that_was_given_away_as_the_key_is_no_key(sequence):
    assert names(sequence[:1], 0.5, sequence[1:]) == ["escape"]
    for cut in range(3, len(sequence)):
        assert names(sequence[:1], 0.5, sequence[1:cut], 1.2, sequence[cut:], b"j") == ["escape", "j"]


@pytest.mark.parametrize("key", ["[", "]", "X", "O", "x", "j"])
def test_a_key_after_escape_is_a_key(key):
    told = names(b"\x1b", 0.5, key.encode(), 0.6, b"j")
    assert told[0] == "escape"
    assert told[2:] == ["j"]


@pytest.mark.parametrize("sent", KEYS)
def test_every_key_is_read_in_each_dialect_whole_and_in_pieces(sent):
    assert names(sent) == KEYS[sent]
    if sent.startswith(b"\x1b[") and len(KEYS[sent]) == 1:
        assert names(*(bytes([byte]) for byte in sent)) == KEYS[sent]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain \xc3\xa9", "plain é"),
        (b"\x1b[31mxx", "xx"),
        (b"\x1b]0;title\x07xx\x1b[2J", "xx"),
        (b"two\nlines\tand a tab", "two\nlines\tand a tab"),
        (b"ab\x1b[201~axm", "abaxm"),
        (b"\x00\x9b31m\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_paste_is_one_text_wherever_it_is_cut(content, text):
    whole = b"\x1b[200~" + content + b"\x1b[201~"
    assert names(whole, b"\r") == [text, "enter"]
    if b"201" not in content:
        for cut in range(2, len(whole)):
            assert names(whole[:cut], 0.5, whole[cut:], b"\r") == [text, "enter"]


def test_a_paste_without_an_end_takes_no_key_until_escape_leaves_it():
    told = names(b"\x1b[200~axm", 4, b"axm", 4, b"\x1b", 2, b"j")
    assert told == ["PasteStaysOpen", "j"]


def test_keys_between_two_pastes_are_keys():
    assert names(b"\x1b[200~a\x1b[201~j\x1b[200~b\x1b[201~k") == ["a", "j", "b", "k"]


def test_megabytes_are_neither_kept_nor_handed_on():
    paste, *_ = events(b"\x1b[200~" + b"flood " * 500_000 + b"\x1b[201~")
    assert MOST_PASTED < len(paste.text) < 2 * MOST_PASTED
    reader = InputReader()
    for number in range(200):
        assert reader.feed(b"A" * 4096 if number else b"\x1b]52;c;", 0) == []
        assert reader.feed(b"", 0) == []
    assert len(reader._held) < MOST_PASTED
    reader = InputReader()
    for number in range(200):
        assert reader.feed(b"1;" * 2048 if number else b"\x1b[", 0) == []
    assert len(reader._held) < MOST_PASTED


def test_movements_of_the_mouse_that_pile_up_are_one():
    assert names(b"".join(b"\x1b[<35;%d;5M" % column for column in range(1, 99))) == ["MouseMove"]


def test_a_thousand_random_sequences_cut_at_random_are_no_keys():
    chance = random.Random(14)  # noqa: S311 - nothing is secret
    parameters, finals = "0123456789;:<=>?", [chr(code) for code in range(0x40, 0x7F)]
    for _ in range(1_000):
        private = chance.choice("<=>?")
        inside = "".join(chance.choice(parameters) for _ in range(chance.randrange(12)))
        text = "".join(chance.choice("axmejkn; 0123") for _ in range(chance.randrange(1, 20)))
        sequence = chance.choice(
            [
                f"\x1b[{private}{inside}{chance.choice(finals)}",
                f"\x1b[{inside}{chance.choice('!%&')}{chance.choice(finals)}",
                *(f"\x1b{introducer}{text}\x1b\\" for introducer in "]PX^_"),
                f"\x1b]{text}\x07",
            ]
        ).encode()
        cut = chance.randrange(2, len(sequence))
        told = events(sequence[:cut], chance.choice([0.0, 0.15, 0.5]), sequence[cut:], silence=0.3)
        assert not [one for one in told if hasattr(one, "key")], sequence
