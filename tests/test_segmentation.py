"""Words are what a reader would call so, in any script that divides them; every token knows its own."""

import pytest
from precompute.families import tokenizer_of

from neurotui.segmentation import is_latin, terms, unit_of_tokens, units, words

UNSPACED = ["我喜欢音乐", "ひらがなカタカナ", "ภาษาไทย", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာ", "བོད་སྐད"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The goalkeeper's saves, 3 of them!", ["The", "goalkeeper's", "saves", "3", "of", "them"]),
        (
            "rock 'n' roll isn\N{RIGHT SINGLE QUOTATION MARK}t 'quoted'",
            ["rock", "n", "roll", "isn\N{RIGHT SINGLE QUOTATION MARK}t", "quoted"],
        ),
        ("well-known e.g. a_b", ["well", "known", "e", "g", "a", "b"]),
        ("in 1984, covid19 and 2nd", ["in", "1984", "covid19", "and", "2nd"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("Ünïcödé naïve", ["Ünïcödé", "naïve"]),
        ("cafe\N{COMBINING ACUTE ACCENT} au lait", ["cafe\N{COMBINING ACUTE ACCENT}", "au", "lait"]),
        ("Привет, мир. 안녕 세계", ["Привет", "мир", "안녕", "세계"]),
        ("日本語 and 日x", ["and", "x"]),
        (" \n\t", []),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_marks_and_digits_with_apostrophes_inside(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize("text", UNSPACED)
def test_scripts_without_spaces_have_no_words(text):
    assert words(text) == []
    assert not any(unit.is_word for unit in units(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the judge. Rain fell", ["the", "judge", "the judge", "rain", "fell", "rain fell"]),
        ("my C++ code", ["my", "c++", "my c++", "code", "c++ code"]),
        ("C# or .NET", ["c#", "or", "c# or", ".net", "or .net"]),
        ("read 1984, not 84 or 12,1984.5", ["read", "1984", "read 1984", "not", "or"]),
        ("see a dog", ["see", "dog"]),
        ("a well-known don't", ["well-known", "don't", "well-known don't"]),
        ("हिन्दी में", ["हिन्दी", "में", "हिन्दी में"]),
        ("உள்ளூர் கோவில்", ["உள்ளூர்", "கோவில்", "உள்ளூர் கோவில்"]),
        ("eine alte Mühle", ["eine", "alte", "eine alte", "mühle", "alte mühle"]),
        ("我喜欢音乐 and ภาษาไทย", ["and"]),
    ],
)
def test_no_term_reaches_over_a_sign_or_over_what_is_no_word(text, found):
    assert terms(text) == found


@pytest.mark.parametrize("text", ["雖然美國的", "ภาษาไทย", "हिन्दी में लिखा", "كتبت كوري", "Привет, мир", "안녕"])
def test_a_text_of_another_script_is_not_latin(text):
    assert not is_latin(text)
    assert is_latin(f"many more words than those: {text}" * 2 + " and some more of them, to be sure of it")


def test_units_are_the_words_and_the_signs_between_them_where_they_stand():
    text = "Wait... what?! (yes) -- ok"
    found = units(text)
    assert [unit.text for unit in found] == ["Wait", "...", "what", "?", "!", "(", "yes", ")", "--", "ok"]
    assert [unit.text for unit in found if unit.is_word] == words(text)
    assert all(text[unit.begin : unit.end] == unit.text for unit in found)


def test_a_token_belongs_to_the_last_unit_that_it_reaches_into():
    found = units("on, and on")
    #                      "on" ","  " " "and on" ""
    assert unit_of_tokens(found, [2, 3, 4, 10, 10]) == [0, 1, -1, 3, -1]
    assert unit_of_tokens(found, [10]) == [3]
    assert unit_of_tokens([], [3]) == [-1]


@pytest.mark.parametrize("kind", ["word", "byte", "sentence"])
@pytest.mark.parametrize(
    "text", ["The unbelievably old striker's ball, again!", "goal (goal) goal; Oven", "日本語 naïve café 🦄 x"]
)
def test_tokens_of_every_kind_of_tokenizer_know_their_word(kind, text):
    tokenizer = tokenizer_of(kind)
    encoded = tokenizer(text, add_special_tokens=False).encodings[0]
    ends, latest = [], 0
    for _, end in encoded.offsets:
        latest = max(latest, end)
        ends.append(latest)
    found = units(text)
    covered = dict.fromkeys(range(len(found)), "")
    begin = 0
    for number, end in zip(unit_of_tokens(found, ends), ends, strict=True):
        piece = text[begin:end]
        if number >= 0:
            covered[number] += piece.strip()
            assert found[number].begin < end
            assert found[number].end > begin
        else:
            assert not piece.strip()
        begin = end
    # Together, the tokens of a unit are that unit: nothing of it lies with another, and no unit is left out.
    alone = {number: text for number, text in covered.items() if text}
    assert "".join(alone.values()) == "".join(unit.text for unit in found)
    if kind == "word" or text.isascii():
        assert list(alone.values()) == [unit.text for unit in found]
