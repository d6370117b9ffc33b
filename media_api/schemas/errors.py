"""The 422 list: what is wrong and where, without the input and without names of our code."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from pydantic import ValidationError

from core.errors import InvalidInput

Place = tuple[str | int, ...]
DATA: Place = ("body", "data")


class Fault(TypedDict):
    """One thing that is wrong. `loc` leads to it from the body on."""

    loc: list[str | int]
    msg: str
    type: str


class Invalid(InvalidInput):
    """What was sent cannot be taken; `errors` is what clients are told."""

    code = "invalid"

    def __init__(self, errors: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault["msg"] for fault in errors))
        self.errors = list(errors)


def fault(loc: Iterable[str | int], msg: str, kind: str) -> Fault:
    """Make one entry; `loc` is counted from `data` on."""
    return {"loc": [*DATA, *loc], "msg": msg, "type": kind}


def faults_of(error: ValidationError) -> list[Fault]:
    """Return what a model refused."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        # What pydantic says of an object names the class that it would have become.
        fault(
            each["loc"],
            "Input should be an object" if each["type"] == "model_type" else each["msg"],
            each["type"],
        )
        for each in found
    ]
