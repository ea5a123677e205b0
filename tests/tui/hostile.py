"""Everything that would like to steer a terminal, and everything that a terminal finds hard to draw."""

import json
from pathlib import Path

RECORDS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "sample_data" / "hostile.jsonl").read_text("utf-8").splitlines()
]
TEXTS = [record["text"] for record in RECORDS]
# As precompute stores them: a database holds no half of a surrogate pair.
BODIES = [text.encode("utf-8", "replace").decode() for text in TEXTS]
NAMES = (
    "\x1b]0;owned\x07 a title",
    "\x1b[2J\x1b[H cleared",
    "[/] [@click=app.quit]quit[/]",
    "[bold red]markup[/bold red]",
    "\u202egpj.exe\u202c",
    "\u9d5c\u98fc\u3044\u306e\u4eba\u3005\u304c\u5ddd\u3067\u9b5a\u3092\u6355\u308b\u8a71\u3067\u3042\u308b",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "line\nfeed\rreturn\ttab \x9b31m",
    "",
    "e\u0301\u0302\u0303 \U0001f469\u200d\U0001f469\u200d\U0001f467 1\ufe0f\u20e3",
    "[CLS] and [SEP]",
)
FILE_NAME = "r\x1b[31m[red]u[bold]n\u202e\x9b [CLS].duckdb"
MODEL = "m\x1b]52;c;cm0gLXJmIH4=\x07[bold]odel[/]"
BACKEND = "k\x1b[5m[@click=app.quit]w[/]"
ANNOTATOR = "a\x1b]8;;http://x\x07[/]d\u202ea"
LABEL = "l\x1b[2J[/]abel \u202e[CLS] \x9b0m"
NOTE = "n\x1b]52;c;AAAA\x07ote [@click=app.quit]here[/] \u2066"
