"""How to ask a server for JSON: servers that call themselves compatible take different parameters.

The ladder goes from a JSON schema over "some JSON object" to the prompt alone; what a server refuses is
left out from then on. A reply is parsed and checked in the same way whatever the server promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from neurotui.backends.protocol import MOST_PHRASES

_REFUSED = frozenset({400, 404, 415, 422, 501})
_BROKEN = 500
# What a refusal mentions when it is the format that it refuses.
_FORMAT_WORDS = ("response_format", "json", "schema", "grammar", "guided", "structured")

_STRINGS = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_PHRASES}


def _object(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


PHRASES_SCHEMA = _object(
    texts={"type": "array", "items": _object(id={"type": "integer"}, phrases=_STRINGS)},
)
LABELS_SCHEMA = _object(labels=_STRINGS)
ANSWERS_SCHEMA = _object(
    answers={"type": "array", "items": _object(id={"type": "integer"}, holds={"type": "integer", "enum": [0, 1]})},
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The parameters that a server takes, as far as is known."""

    format: Literal["json_schema", "json_object", "prompt"] = "json_schema"
    limit: Literal["max_completion_tokens", "max_tokens", "none"] = "max_completion_tokens"
    temperature: bool = True

    def parameters(self, schema: dict[str, object], tokens: int) -> dict[str, Any]:
        """Return a request's parameters beside model and messages."""
        chosen: dict[str, Any] = {}
        if self.limit != "none":
            chosen[self.limit] = tokens
        if self.temperature:
            chosen["temperature"] = 0
        if self.format == "json_schema":
            named = {"name": "reply", "strict": True, "schema": schema}
            chosen["response_format"] = {"type": "json_schema", "json_schema": named}
        elif self.format == "json_object":
            chosen["response_format"] = {"type": "json_object"}
        return chosen

    def simpler(self, status: int, said: str, *, proven: bool) -> Dialect | None:
        """Return what to try after a refusal; None where the parameters are not to blame.

        `proven`: the server has answered in this dialect before, so that only a refusal which names a
        parameter is put down to it. Before, a plain 500 is too: llama-cpp-python's answer to a schema.
        """
        said = said.lower()
        if status not in _REFUSED and (status != _BROKEN or proven):
            return None
        if self.temperature and "temperature" in said:
            return replace(self, temperature=False)
        if self.limit != "none" and self.limit in said:
            return replace(self, limit="max_tokens" if self.limit == "max_completion_tokens" else "none")
        if self.format == "prompt" or (proven and not any(word in said for word in _FORMAT_WORDS)):
            return None
        if status == 404 and "model" in said:  # noqa: PLR2004 - it is the model that is not there
            return None
        return self.freer()

    def freer(self) -> Dialect | None:
        """Return a way of asking that binds the format less; None where it is not bound."""
        if self.format == "prompt":
            return None
        return replace(self, format="json_object" if self.format == "json_schema" else "prompt")
