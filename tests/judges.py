"""A judge for the lying server, who reads what is asked and answers by the letters alone."""

import json


def lines(prompt):
    """Return the description of a prompt, and its examples by id."""
    inside = prompt.split("\n-----\n")[1].removesuffix("\n-----").splitlines()
    first, *rest = map(json.loads, inside)
    return first["description"], {one["id"]: one["text"] for one in rest}


def knowing(prompt):
    """Return the reply of a judge that looks for the description, between the marks where there are some."""
    description, texts = lines(prompt)
    marked = "<<" in prompt.split("\n-----\n")[1]
    wanted = f"<<{description}>>" if marked else description
    answers = [{"id": place, "holds": int(wanted in text.split())} for place, text in texts.items()]
    return json.dumps({"answers": answers})
