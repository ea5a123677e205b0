"""Two spellings of one text are the same wherever texts are compared."""

import pytest

from neurotui.spelling import compared


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "caf\u00e9 culture",
            "cafe\u0301 culture",
            "CAF\u00c9  Culture",
            "\uff43\uff41\uff46e\u0301\u3000culture",
        ),
        ("\u0130stanbul", "istanbul", "ISTANBUL", "\u0131stanbul", "I\u0307stanbul", "i\u0307stanbul"),
        ("Stra\u00dfe", "STRASSE", "strasse", "STRA\u1e9eE"),
        ("\ufb01ne print", "fine print", "FINE PRINT"),
        ("\uff21\uff22\uff23 wide", "abc wide"),
        ("a\u00a0b", "a b", " A\tB\n"),
        ("\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3", "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"),
        ("\u0e33", "\u0e4d\u0e32"),
    ],
)
def test_spellings_of_one_text_are_the_same(spellings):
    assert len(set(map(compared, spellings))) == 1
    assert compared(compared(spellings[0])) == compared(spellings[0])


def test_texts_that_differ_stay_apart():
    texts = ["cafe", "caf\u00e9", "cat", "c at", "C++", "C", "50 %", "50", "\u0456", "i"]
    assert len(set(map(compared, texts))) == len(texts)
