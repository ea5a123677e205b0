"""The page of a curated set shows what it was given, and nothing in it can do anything."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import duckdb
import pytest
from synthetic import WORDS, add_describer, add_token_scope, write_run

from neurotui.cli import main
from neurotui.exchange.export_labels import export
from neurotui.exchange.page_text import AROUND
from neurotui.exchange.rows import SetName
from neurotui.sanitize import visible
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Neuron

HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "</style><img src=x onerror=window.hacked=1>",
    "\"'><svg onload=window.hacked=1>",
    "<!--",
    "]]><iframe src=https://example.org>",
    "&lt;b&gt; &amp;",
    "{{csp}}{{cards}}",
    "\x00\x1b[31m\u202egnp.exe",
    "half \ud800 a pair",
    "javascript:window.hacked=1",
    "<a href=https://example.org>x</a>",
]
TAGS = {"html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "dl", "dt", "dd", "p", "div"}
TAGS |= {
    "table",
    "tr",
    "th",
    "td",
    "input",
    "select",
    "option",
    "output",
    "main",
    "article",
    "a",
    "span",
    "bdi",
    "ol",
}
TAGS |= {"li", "mark", "script"}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "dir",
    "class",
    "role",
    "hidden",
    "type",
    "id",
    "value",
}
ATTRIBUTES |= {
    "aria-label",
    "aria-live",
    "placeholder",
    "autocomplete",
    "href",
    "data-layer",
    "data-by",
    "data-state",
}


class Page(HTMLParser):
    """A page as a parser that is not ours reads it: its tags, and the text in each sort of them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "input"}:
            self.open.append(len(self.tags) - 1)

    def handle_endtag(self, tag):
        assert self.tags[self.open.pop()][0] == tag

    def handle_data(self, data):
        for number in self.open:
            self.texts[number] = self.texts.get(number, "") + data

    def of(self, tag, **attrs):
        """Return the text of each element of a sort."""
        return [
            self.texts.get(number, "")
            for number, (name, own) in enumerate(self.tags)
            if name == tag and attrs.items() <= own.items()
        ]

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    words = [text.replace(" ", "\u00a0").encode("utf-8", "replace").decode() for text in HOSTILE]
    bodies = [
        " ".join([*words[n % 12 :], *words[: n % 12], "word" * 60, *WORDS[n:], "the", *WORDS]) for n in range(30)
    ]
    path = write_run(tmp_path_factory.mktemp("page") / "run.duckdb", bodies=bodies, window=60)
    with Run(add_token_scope(path)) as opened:
        yield opened


def event(run, number, by, action, neuron, text="", **more):
    known = {"model": run.model, "weights": run.weights, "time": f"2026-01-{number + 1:02}T00:00:00.000000"}
    return Event(id=str(number), by=by, action=action, layer=neuron[0], unit=neuron[1], text=text, **known, **more)


@pytest.fixture
def written(run, tmp_path):
    """Return a function that writes the page of some events, and returns it as it is and as it is read."""

    def write(events, state="accepted", **options):
        path = tmp_path / "set.html"
        labels = Labels(run.weights, events)
        export(run, labels, state, path, form=None, replace=True, **options)
        text = path.read_text("utf-8")
        return text, Page(text)

    return write


@pytest.fixture
def hostile(run):
    """Return a journal in which every text is one of the hostile ones."""
    events = []
    for number, text in enumerate(HOSTILE):
        neuron = (number % 2, number)
        events.append(event(run, 2 * number, text, "accept", neuron, text, origin=text))
        events.append(event(run, 2 * number + 1, text, "note", neuron, text))
    return events


def test_no_tag_and_no_attribute_comes_from_a_text(written, hostile):
    text, page = written(hostile)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert {name for _, attrs in page.tags for name in attrs} <= ATTRIBUTES
    assert len(page.all("script")) == 2
    assert page.of("span", **{"class": "label"}) == [visible(label) for label in ordered(HOSTILE)]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\ud800-\udfff]", text)


def ordered(texts):
    """Return texts in the order of their neurons: those of even numbers are in the first layer."""
    return texts[::2] + texts[1::2]


def test_the_page_refers_to_nothing_outside_and_its_policy_allows_nothing_else(written, hostile):
    text, page = written(hostile)
    for tag, attrs in page.tags:
        assert not {"src", "action", "style"} & attrs.keys()
        assert not any(name.startswith("on") for name in attrs), tag
        assert attrs.get("href", "#").startswith("#")
    assert not re.search(r"url\(|@import", re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0])
    policies = [attrs["content"] for attrs in page.all("meta") if attrs.get("http-equiv")]
    allowed = dict(one.split(" ", 1) for one in policies[0].split("; "))
    assert len(policies) == 1
    assert allowed.pop("default-src") == allowed.pop("base-uri") == allowed.pop("form-action") == "'none'"
    for kind in ("style", "script"):
        inside = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inside]
        assert allowed.pop(f"{kind}-src") == " ".join(f"'sha256-{one}'" for one in hashes)
        assert len(inside) == 1
    assert not allowed


def test_a_card_says_who_decided_what_and_shows_the_peaks(run, written):
    events = [
        event(run, 1, "ada", "accept", (0, 3), "cats", origin="person"),
        event(run, 2, "bob", "accept", (0, 3), "Cats"),
        event(run, 3, "Ada", "accept", (1, 4), "dogs", blind="people"),
        event(run, 4, "ada", "note", (1, 4), "first line\nsecond line"),
        event(run, 5, "eve", "reject", (1, 5)),
    ]
    _, page = written(events)
    cards = page.all("article")
    assert [(one["id"], one["data-layer"]) for one in cards] == [("L0.3", "0"), ("L1.4", "1")]
    assert [one["data-state"].split() for one in cards] == [["accepted"], ["accepted", "blind"]]
    first, second = page.of("article")
    assert "decided alike by ada and bob" in first
    assert [one["data-by"] for one in cards] == ["0 1", "0"]
    assert "dogs accepted by Ada, 2026-01-04, blind: people" in second
    assert page.of("p", **{"class": "note"}) == ["first line\nsecond line"]
    with_peak = [attrs for attrs in page.all("mark") if "peak" in attrs["class"].split()]
    assert len(with_peak) == len(page.all("li")) == 12
    assert [one for one in page.of("h3") if one in {"promoted", "suppressed"}]


def test_exemplars_are_cut_around_their_peaks(run, written):
    detail = run.detail(run.number_of(Neuron(0, 3)))
    assert max(len("".join(one.pieces)) for one in detail.exemplars) > 2 * AROUND + 60
    _, page = written([event(run, 1, "ada", "accept", (0, 3), "cats")])
    shown = page.of("span", **{"class": "text"})
    assert all(len(one) <= 3 * AROUND + 2 for one in shown)
    tops = [one for one in detail.exemplars if one.kind == "top"]
    for exemplar, text in zip(tops, shown, strict=True):
        assert visible(exemplar.pieces[exemplar.peak][:20]) in text
        assert text.endswith("\u2026") == (not text.endswith(visible("".join(exemplar.pieces))[-20:]))


def test_a_label_of_the_negative_shows_the_most_negative_texts(run, written):
    _, page = written([event(run, 1, "ada", "accept", (0, 3), "cats", side=-1)])
    assert "most negative at" in page.of("h3")


def test_conflicts_have_the_labels_of_everyone_on_one_card(run, written):
    events = [event(run, 1, "ada", "accept", (0, 3), "cats"), event(run, 2, "bob", "reject", (0, 3))]
    _, page = written(events, state="conflict")
    (card,) = page.of("article")
    assert "ada accepted cats; bob rejected" in card
    assert set(page.all("article")[0]["data-state"].split()) == {"accepted", "conflict", "rejected"}


def test_a_neuron_that_the_run_does_not_have_has_a_card_without_texts(run, written):
    _, page = written([event(run, 1, "ada", "accept", (9, 3), "cats")])
    assert "the run does not have this neuron" in page.of("article")[0]


def test_the_head_tells_what_the_set_is_and_holds_the_same_as_json(run, written):
    events = [event(run, number, "ada", "accept", (0, number), "cats", origin="person") for number in range(3)]
    events += [event(run, number + 3, "bob", "accept", (0, number), "cats") for number in range(2)]
    events += [
        event(run, 6, "bob", "reject", (0, 2)),
        event(run, 7, "bob", "accept", (1, 1), "dogs", blind="both"),
    ]
    _, page = written(events, called=SetName("Cats & dogs", "2.1"))
    told = dict(zip(page.of("dt"), page.of("dd"), strict=True))
    assert page.of("title") == page.of("h1") == ["Cats & dogs"]
    assert (told["labels"], told["version"], told["model"]) == ("3 accepted, of 3 neurons", "2.1", "synthetic")
    assert (told["by layer"], told["by annotator"]) == ("L0 2, L1 1", "ada 2, bob 3")
    assert told["people differed"] == "1 neuron still in conflict, not in this set"
    sheet = json.loads(page.of("script", id="datasheet")[0])
    assert (sheet["name"], sheet["annotators"], sheet["layers"]) == (
        "Cats & dogs",
        {"ada": 2, "bob": 3},
        {"0": 2, "1": 1},
    )
    assert sheet["hidden"] == {"nothing": 4, "both": 1}
    assert told["decisions"].endswith("4 with nothing hidden, 1 blind to both people and machine")
    assert any("only 3 neurons in common: with fewer than 100" in one for one in page.of("p"))
    assert [one["level"] for one in sheet["agreement"]] == ["decision", "text"]
    assert sheet["agreement"][0]["raw"]["value"] == 2 / 3
    assert "0.67" in page.of("table")[0]


def test_the_datasheet_is_a_file_of_its_own_too(tmp_path, capsys):
    path = write_run(tmp_path / "run.duckdb", texts=30)
    with Run(path) as run:
        journal = Journal(journal_of(path), path)
        journal.extend([event(run, number, "ada", "accept", (0, number), "cats") for number in range(3)])
    out = tmp_path / "cats.datasheet.json"
    assert main(["export", str(path), "-o", str(out), "--name", "Cats", "--set-version", "3"]) == 0
    sheet = json.loads(out.read_text())
    assert (sheet["name"], sheet["version"], sheet["labels"]) == ("Cats", "3", 3)
    assert (sheet["model"], sheet["annotators"], sheet["first"]) == ("synthetic", {"ada": 3}, "2026-01-01")
    capsys.readouterr()
    assert main(["import", str(path), str(out)]) == 1
    assert "labels are written as datasheet, and not read back" in capsys.readouterr().err


def test_the_datasheet_names_every_describer_and_what_it_names_with(tmp_path):
    path = add_describer(write_run(tmp_path / "run.duckdb", texts=30), "plain", {})
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM meta WHERE key IN ('backend', 'namer')")
        connection.execute("INSERT INTO meta VALUES ('backend', 'keywords'), ('namer', 'smollm2')")
    out = tmp_path / "cats.datasheet.json"
    assert main(["export", str(path), "-o", str(out)]) == 0
    assert json.loads(out.read_text())["describers"] == ["keywords, named by smollm2", "plain (keywords)"]


def test_the_version_of_a_set_is_another_when_a_label_is(run, written):
    one, same, other = (
        json.loads(written([event(run, 1, "ada", "accept", (0, 3), text)])[1].of("script", id="datasheet")[0])
        for text in ("cats", "cats", "dogs")
    )
    assert one["version"] == same["version"] != other["version"]


def test_nothing_to_export_is_a_page_without_cards(written):
    _, page = written([])
    assert page.all("article") == []
    assert page.of("h1") == ["Labels of neurons of synthetic"]


aiohttp = pytest.importorskip("aiohttp")
from browser import browsing, chromium  # noqa: E402 - needs what may be missing

SHOWN = (
    "Array.from(document.querySelectorAll('article')).filter((one) => !one.hidden).map((one) => one.id).join(' ')"
)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.skipif(chromium() is None, reason="no chromium or chrome here; CHROME names one")
@pytest.mark.anyio
async def test_in_a_browser_cards_are_found_and_nothing_runs_or_is_asked_for(run, written, hostile, tmp_path):
    ada = [
        event(run, 90, "ada", "accept", (1, 40), "CAFE\u0301 culture"),
        event(run, 91, "ada", "accept", (0, 41), "x"),
    ]
    page = written([*hostile, *ada])[1]
    choices = {attrs["name"] for attrs in page.all("select")}
    assert choices == {"layer", "by"}
    async with browsing(tmp_path / "profile") as browser:
        await browser.go((tmp_path / "set.html").as_uri())
        await browser.until(lambda: browser.value("document.readyState === 'complete'"))
        assert await browser.value("typeof window.hacked") == "undefined"
        assert await browser.value("document.getElementById('count').textContent") == "14 of 14"
        await browser.press("/")
        assert await browser.value("document.activeElement.id") == "words"
        assert await browser.value("document.activeElement.value") == ""
        for letter in "café l1.4":
            await browser.press(letter)
        assert await browser.value(SHOWN) == "L1.40"
        await browser.value("words.value = ''; words.dispatchEvent(new Event('input'))")
        assert await browser.value("document.getElementById('count').textContent") == "14 of 14"
        await browser.value(
            "for (const one of document.querySelectorAll('select')) { one.value = one.name === 'layer' ? '0' :"
            " Array.from(one.options).find((option) => option.text === 'ada').value;"
            " one.dispatchEvent(new Event('change')); }"
        )
        assert await browser.value(SHOWN) == "L0.41"
        # A script that a text might bring is refused by the page's policy, not by our escaping alone.
        await browser.value(
            "{ const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
            " document.body.append(one); const image = document.createElement('img');"
            " image.src = 'https://example.org/x.png'; document.body.append(image); }"
        )
        assert await browser.value("typeof window.hacked") == "undefined"
        assert {url.partition(":")[0] for url in browser.reached} <= {"file", "about"}
