"""Read what a server sends back: the model's words, or why there are none. Pure, and never an exception."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from neurotui.backends.llm.budget import Usage, tokens_of
from neurotui.backends.llm.outcome import NO_COMPLETION, QUOTED, Reply, ReplyProblem, one_line
from neurotui.backends.llm.parse_refusal import code_of, loaded, read_refusal, said_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# More tokens than any reply takes: a count beyond is none.
_MOST_TOKENS = 10**9


def read_reply(body: str, prompt: str) -> Reply | ReplyProblem:
    """Return the words of the first choice of a chat completion that has any, and what they took.

    What the server does not count is estimated. A body that holds an error, a page or anything else than a
    completion is a problem, though the server says that all is well. What was streamed, unasked, is joined.
    """
    found = _joined(body) if body.lstrip().startswith(("data:", "event:", ":")) else loaded(body)
    if not isinstance(found, dict):
        page = body.lstrip()[:1] == "<"
        said = "a web page" if page else f"what is no completion: {body[:QUOTED]}" if body.strip() else "nothing"
        return _no_completion(f"the server answered {NO_COMPLETION} with {said}", again=not page)
    choices = found.get("choices")
    choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    messages = [choice["message"] for choice in choices if isinstance(choice.get("message"), dict)]
    plain = [choice["text"] for choice in choices if isinstance(choice.get("text"), str)]
    text = next(filter(None, [*map(_words, messages), *plain]), "")
    ends = {choice.get("finish_reason") for choice in choices if isinstance(choice.get("finish_reason"), str)}
    if not text:
        error = found.get("error") or next((choice["error"] for choice in choices if choice.get("error")), None)
        if error:
            return read_refusal(code_of(error), {}, json.dumps({"error": error}))
        if not messages and not plain:
            said = f"what is no completion: {said_in(found) or body[:QUOTED]}"
            return _no_completion(f"the server answered {NO_COMPLETION} with {said}", again=True)
        kept_back = _kept_back(messages, ends)
        if kept_back is not None:
            return kept_back
    return Reply(text, _usage(found.get("usage"), prompt, text), cut="length" in ends)


def _no_completion(said: str, *, again: bool) -> ReplyProblem:
    return ReplyProblem(NO_COMPLETION, one_line(said), again=again, final=not again)


def _kept_back(messages: Sequence[dict[str, object]], ends: Collection[object]) -> ReplyProblem | None:
    """Return why a completion without words has none, where it says so."""
    refused = next((said for said in (message.get("refusal") for message in messages) if said), None)
    if isinstance(refused, str):
        return ReplyProblem(0, one_line(f"the model refuses: {refused}"), of_the_texts=True)
    if "content_filter" in ends:
        return ReplyProblem(0, "the server's content filter kept the reply back", of_the_texts=True)
    return _no_completion("the model's reply ended with an error", again=True) if "error" in ends else None


def _words(message: dict[str, object]) -> str:
    """Return what a message says: its text, the parts of it that are text, or what it gives to a tool.

    Some servers put the answer where the reasoning belongs; it counts where it is JSON and nothing else.
    """
    said = _text_of(message.get("content"))
    if said.strip():
        return said
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else message
    function = call.get("function", call.get("function_call")) if isinstance(call, dict) else None
    given = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(given, dict):
        return json.dumps(given)
    if isinstance(given, str) and given.strip():
        return given
    others = (_text_of(message.get(name)) for name in ("reasoning_content", "reasoning", "thinking"))
    return next((other for other in others if other.strip().startswith(("{", "[", "```"))), said)


def _text_of(content: object) -> str:
    if isinstance(content, dict):
        content = [content]
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict) and _is_text(part)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _is_text(part: dict[str, object]) -> bool:
    return part.get("type", "text") in {"text", "output_text"}


def _joined(body: str) -> object:
    """Return a streamed completion as it would have come in one piece; None where it is none."""
    words: list[str] = []
    choice: dict[str, object] = {}
    whole: dict[str, object] = {}
    for line in body.splitlines():
        part = loaded(line[5:]) if line.startswith("data:") else None
        if not isinstance(part, dict):
            continue
        whole |= {name: part[name] for name in ("usage", "error") if part.get(name)}
        choices = part.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        choice |= {name: value for name, value in first.items() if value is not None}
        said = first.get("delta", first.get("message"))
        words.append(_text_of(said.get("content")) if isinstance(said, dict) else "")
    if not choice and not whole:
        return None
    return {**whole, "choices": [{**choice, "message": {"content": "".join(words)}}] if choice else []}


def _usage(counted: object, prompt: str, text: str) -> Usage:
    usage = counted if isinstance(counted, dict) else {}
    return Usage(
        _count(usage.get("prompt_tokens"), tokens_of(prompt)),
        _count(usage.get("completion_tokens"), tokens_of(text)),
    )


def _count(found: object, otherwise: int) -> int:
    """Return a number of tokens that can be one: what is absurd is estimated."""
    return (
        found
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _MOST_TOKENS
        else otherwise
    )
