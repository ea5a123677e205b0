"""Which language texts are of, and which of their words say nothing."""

# ruff: noqa: RUF001 - letters of other alphabets are meant

from unicodedata import normalize

import pytest

from neurotui.function_words import FunctionWords

SENTENCES = {
    "de": "Der Stürmer schoss ein spätes Tor, und der Torwart sprang nicht mehr in die Ecke.",
    "es": "El delantero marcó un gol en el último minuto y el portero se lanzó hacia la esquina.",
    "fr": "Le buteur a marqué un but tardif et le gardien s\N{RIGHT SINGLE QUOTATION MARK}est jeté dans le coin avec l'équipe.",
    "it": "Il portiere della squadra non ha parato il tiro che il capitano ha fatto con la testa.",
    "pt": "O goleiro não defendeu o chute que o capitão da equipe deu com a cabeça na hora certa.",
    "nl": "De spits maakte een laat doelpunt en de doelman dook niet meer naar de hoek van het veld.",
    "pl": "Napastnik strzelił gola i nie ma już nic do zrobienia, ale bramkarz jest przy tym dla nas.",
    "tr": "Kaleci bu topu tuttu ama daha sonra bir gol oldu ve çok iyi bir oyun olarak bitti.",
    "ru": "Вратарь не поймал мяч, который был у него в руках, но он все же играл очень хорошо.",
}
ENGLISH = "The striker scored a late goal, and the keeper did not dive into the corner any more."


@pytest.mark.parametrize("language", SENTENCES)
def test_texts_are_of_the_language_that_holds_most_of_their_words(language):
    assert FunctionWords.of([SENTENCES[language]] * 3).languages == (language,)


@pytest.mark.parametrize(
    ("language", "empty", "telling"),
    [
        ("de", {"der", "ein", "und", "nicht", "mehr", "in", "die", "und der"}, {"stürmer", "torwart", "ecke"}),
        ("es", {"el", "un", "en", "se", "la", "el portero"}, {"delantero", "gol", "portero", "esquina"}),
        (
            "fr",
            {"le", "et", "dans", "l'équipe", "est", "s\N{RIGHT SINGLE QUOTATION MARK}est", "équipe le"},
            {"buteur", "gardien", "équipe"},
        ),
        ("it", {"il", "della", "non", "che", "con", "la"}, {"portiere", "squadra", "capitano"}),
        ("nl", {"de", "een", "en", "niet", "naar", "van", "het"}, {"spits", "doelpunt", "doelman", "veld"}),
        ("tr", {"bu", "ama", "bir", "ve", "olarak"}, {"kaleci", "gol"}),
        ("ru", {"не", "который", "был", "но"}, {"вратарь", "мяч"}),
    ],
)
def test_function_words_are_no_terms(language, empty, telling):
    words = FunctionWords.of([SENTENCES[language]])
    terms = set(words.terms(SENTENCES[language]))
    assert not terms & empty
    assert terms >= telling


def test_english_texts_keep_theirs_which_the_encoder_knows():
    words = FunctionWords.of([ENGLISH] * 20)
    assert words.languages == ("en",)
    assert {"the striker", "keeper did"} <= set(words.terms(ENGLISH))
    assert words.telling(["die", "war", "de"]) == ["die", "war", "de"]


def test_of_several_languages_each_text_loses_its_own_function_words():
    words = FunctionWords.of([ENGLISH, SENTENCES["de"]] * 10)
    assert set(words.languages) == {"en", "de"}
    assert "die" in words.terms("The old soldiers had to die in the war before they could go home.")
    assert not {"die", "war"} & set(
        words.terms("Die Lage war vor dem Krieg nicht so schlecht, wie sie heute ist.")
    )


@pytest.mark.parametrize(
    "texts", [[], [""], ["goal"], ["def f(x): return x + 1"], ["雖然美國的許多數字化轉型"] * 9]
)
def test_texts_whose_language_cannot_be_told_lose_no_words(texts):
    assert FunctionWords.of(texts).languages == ()
    assert FunctionWords.of(texts).terms("de la goal") == ["de", "la", "de la", "goal", "la goal"]


def test_what_is_written_at_a_word_is_taken_off():
    french = FunctionWords(("fr",))
    assert french.terms("l'homme d\N{RIGHT SINGLE QUOTATION MARK}une qu'on") == ["homme"]
    assert french.terms("L\N{RIGHT SINGLE QUOTATION MARK}Économie moderne") == [
        "économie",
        "moderne",
        "économie moderne",
    ]
    assert french.terms("mort d'homme") == ["mort", "homme"], (
        "no phrase is of words that do not stand side by side"
    )
    assert FunctionWords(("it",)).terms("dell'acqua") == ["acqua"]


def test_a_language_of_a_single_text_among_many_is_none_of_the_data_set():
    assert FunctionWords.of([ENGLISH] * 60 + [SENTENCES["de"]]).languages == ("en",)


def test_accents_written_as_signs_of_their_own_are_read():
    assert FunctionWords(("de",)).terms("fu\N{COMBINING DIAERESIS}r Torwart") == ["torwart"]


def test_names_that_say_nothing_in_a_language_of_the_texts_are_refused():
    assert FunctionWords(("de", "en")).telling(["und", "der Torwart", "goal", "the"]) == ["goal", "the"]


def test_accents_and_apostrophes_are_read_however_they_are_written_in_names_and_in_telling_languages():
    french = FunctionWords(("en", "fr"))
    apart = normalize("NFD", "déjà été où à même")
    assert french.language_of(apart) == "fr"
    typographic = "aujourd\N{RIGHT SINGLE QUOTATION MARK}hui"
    assert french.telling([*apart.split()[1:], typographic, "goal"]) == ["goal"]
