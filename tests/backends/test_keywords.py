"""The offline backend on real sentences, with the real encoder."""

import numpy as np
import pytest
from scipy import sparse

from neurotui.backends.keywords.backend import Keywords, class_tf_idf
from neurotui.backends.label_evidence import Excerpt, LabelEvidence
from neurotui.models.encoder import MiniLM

GOALS = [f"the striker scored a late goal and the keeper dived in minute {n}" for n in "abcdefghij"]
BREAD = [f"knead the dough and let the bread rise near the warm oven on day {n}" for n in "abcdefghij"]
STARS = [f"the telescope showed a comet in orbit around a distant star, night {n}" for n in "abcdefghij"]


def quiet(stage, done, total):
    assert stage
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def encoder():
    return MiniLM()


def test_near_texts_get_near_vectors_of_length_one(encoder):
    vectors = encoder.encode(["a cat sat down", "a kitten was sitting", "interest rates rose"], quiet)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_a_vector_does_not_depend_on_what_else_is_encoded(encoder):
    alone = encoder.encode(["a cat sat down"], quiet)
    among = encoder.encode(["a dog ran off", "a cat sat down", "short"], quiet)
    np.testing.assert_allclose(alone[0], among[1], atol=1e-6)


def test_no_texts_give_no_vectors(encoder):
    assert encoder.encode([], quiet).shape == (0, 384)


def test_topics_are_told_apart_by_their_own_words(encoder):
    texts = (GOALS + BREAD + STARS) * 8
    phrases = Keywords(encoder).propose(texts, np.arange(len(texts)) % 2 == 0, quiet)
    assert all(1 <= len(said) <= 5 for said in phrases)
    vocabulary = [{phrase for said in phrases[n : n + 10] for phrase in said} for n in (0, 10, 20)]
    assert not vocabulary[0] & vocabulary[1]
    assert not vocabulary[1] & vocabulary[2]


def test_validation_texts_do_not_change_what_calibration_texts_are_said_to_be(encoder):
    texts = (GOALS + BREAD + STARS) * 4
    other = (GOALS + BREAD) * 4
    first = Keywords(encoder).propose(texts + texts, np.arange(240) < 120, quiet)
    second = Keywords(encoder).propose(texts + other, np.arange(200) < 120, quiet)
    assert first[:120] == second[:120]


def test_texts_without_a_common_word_get_no_phrases_and_a_warning(encoder):
    keywords = Keywords(encoder)
    for texts, why in ((["one", "two", "three"], "3 calibration texts"), (["one"] * 50, "4 of the 50")):
        assert keywords.propose(texts, np.ones(len(texts), np.bool_), quiet) == [()] * len(texts)
        assert [why in warning for warning in keywords.warnings] == [True]


def test_few_texts_that_share_words_are_called_too_few(encoder):
    keywords = Keywords(encoder)
    texts = (GOALS + BREAD)[:8]
    assert keywords.propose(texts, np.ones(len(texts), np.bool_), quiet) == [()] * len(texts)
    assert ["8 calibration texts are too few" in warning for warning in keywords.warnings] == [True]


@pytest.mark.parametrize(
    "text", ["雖然美國的許多數字化轉型", "ภาษาไทยของเรา", "कानूनी आप्रवासियों को अनुमति", "سيكون الأمر مختلفا"]
)
def test_texts_that_the_encoder_does_not_read_get_no_topics_and_the_reason(encoder, text):
    keywords = Keywords(encoder)
    foreign = [f"{text} {number}" for number in range(120)]
    assert keywords.propose(foreign, np.ones(120, np.bool_), quiet) == [()] * 120
    assert ["120 of 120 texts get no topics" in warning for warning in keywords.warnings] == [True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("der Stürmer schoss ein spätes Tor und der Torwart sprang in die Ecke", True),
        ("el delantero marcó un gol y el portero se lanzó hacia la esquina", True),
        ("le buteur a marqué un but tardif et le gardien a plongé dans le coin", True),
        ("de spits maakte een laat doelpunt en de doelman dook naar de hoek", True),
        ("the striker scored a late goal as one keeper dived into a corner", False),
        ("a late goal", False),
    ],
)
def test_texts_that_are_not_english_get_no_topics_and_that_is_said(encoder, text, told):
    keywords = Keywords(encoder)
    found = keywords.propose([f"{text} {n}" for n in range(60)], np.ones(60, np.bool_), quiet)
    assert any("60 of 60 texts get no topics" in warning for warning in keywords.warnings) is told
    assert not told or set(found) == {()}


@pytest.mark.parametrize(
    ("texts", "empty"),
    [
        (
            [
                "der Stürmer schoss ein spätes Tor und der Torwart sprang wie noch nie in die Ecke",
                "das Brot wird mit der Hefe geknetet und dann in dem warmen Ofen für uns gebacken",
                "ein Komet zog auf seiner Bahn um den Stern und wurde von dem Teleskop gesehen",
            ],
            "der die das und ein in wie noch nie wird mit dann dem für uns auf seiner um den wurde von",
        ),
        (
            [
                "el delantero marcó un gol en el último minuto y el portero se lanzó a la esquina",
                "hay que amasar la harina y dejar que el pan suba cerca de ese horno caliente",
                "el telescopio mostró un cometa que está en órbita con las estrellas de la noche",
            ],
            "el la un en se que de ese hay está con las cerca",
        ),
    ],
)
def test_of_texts_that_are_not_english_no_label_is_of_function_words(encoder, texts, empty):
    many = [f"{text} {number}" for number in range(40) for text in texts]
    labels = Keywords(encoder).label(LabelEvidence(tuple(Excerpt(text) for text in many[::3]), tuple(many[1::3])))
    said = {word for phrase in labels for word in phrase.split()}
    assert said
    assert not said & set(empty.split())


def test_texts_of_two_languages_get_topics_where_they_are_english(encoder):
    texts = (GOALS + BREAD + STARS) * 2
    german = "der Stürmer schoss ein spätes Tor und der Torwart sprang in die Ecke"
    mixed = [one for text in texts for one in (text, german)]
    found = Keywords(encoder).propose(mixed, np.ones(len(mixed), np.bool_), quiet)
    assert set(found[1::2]) == {()}
    assert all(found[::2])


def test_texts_that_the_encoder_reads_are_said_the_same_beside_others(encoder):
    texts = (GOALS + BREAD + STARS) * 2
    alone = Keywords(encoder).propose(texts, np.ones(len(texts), np.bool_), quiet)
    mixed = [one for text in texts for one in (text, "雖然美國的許多數字化轉型")]
    found = Keywords(encoder).propose(mixed, np.ones(len(mixed), np.bool_), quiet)
    assert found[::2] == alone
    assert set(found[1::2]) == {()}


def test_no_phrase_is_of_words_that_a_sign_divides(encoder):
    texts = [f"{first}. Rain fell on it" for first in GOALS + BREAD + STARS] * 2
    found = Keywords(encoder).propose(texts, np.ones(len(texts), np.bool_), quiet)
    ends = {text.split(".")[0].split()[-1].lower() for text in texts}
    assert not {f"{end} rain" for end in ends} & {phrase for said in found for phrase in said}


def test_a_label_is_what_the_firing_texts_share_and_the_silent_ones_lack(encoder):
    firing = tuple(Excerpt(text, ("goal",)) for text in GOALS)
    backend = Keywords(encoder)
    found = backend.label(LabelEvidence(firing, tuple(BREAD + STARS)))
    assert 1 <= len(found) <= 5
    assert "goal" in found[0]
    assert not {"the", "bread", "comet"} & set(found)
    assert backend.failures == backend.warnings == ()
    assert backend.estimate(GOALS).calls == backend.estimate_label(LabelEvidence(firing)).calls == 0


def test_no_evidence_gives_no_label(encoder):
    for shown in (
        LabelEvidence(()),
        LabelEvidence((Excerpt("..."),), ("!",)),
        LabelEvidence((Excerpt("cats"),)),
        LabelEvidence((), ("cats",)),
    ):
        assert Keywords(encoder).label(shown) == ()


def test_a_word_that_is_everywhere_sets_no_group_apart():
    counts = sparse.csr_matrix(np.array([[3, 2, 0], [3, 2, 0], [3, 0, 2], [3, 0, 2]], float))
    weights = class_tf_idf(counts, np.array([0, 0, 1, 1]), 2)
    assert weights[0].argmax() == 1
    assert weights[1].argmax() == 2
    np.testing.assert_allclose(weights[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(weights[0, 1], 0.4 * np.log(0.4 / 0.2))
