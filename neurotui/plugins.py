"""What other packages add: found by their entry points, without importing them until they are asked for.

What neurotui itself brings is no entry point but a line in a registry: a source checkout has its backends and
formats without being installed anew, and nobody else's package can take the place of one.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from importlib.metadata import EntryPoint

BACKENDS, FORMATS = "neurotui.backends", "neurotui.formats"
"""The groups of entry points. Each names an object of a module, and is called as that object calls itself."""


class Named(Protocol):
    """What an entry point leads to: something that says its name."""

    @property
    def name(self) -> str:
        """What a person calls it."""


N = TypeVar("N", bound=Named)


class Package(NamedTuple):
    """Who offers something: the ``noun`` that messages call it, such as "backend", its name and its package's."""

    noun: str
    name: str
    package: str

    @property
    def mend(self) -> str:
        """What a person can do about a package that is broken."""
        return (
            "everything else works without it; "
            f"pip install --upgrade {self.package}, or pip uninstall {self.package}"
        )

    @contextmanager
    def blamed(self, *, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """Turn what goes wrong in the package's code into a ``UserError`` that names it.

        A ``UserError`` of its own passes, and so do a lack of memory and what is in `but`.
        """
        try:
            yield
        except (UserError, MemoryError):
            raise
        except but:
            raise
        except (Exception, SystemExit) as error:
            what = f"{self.noun} '{self.name}' of the package '{self.package}'"
            raise UserError(f"{what} failed: {_in_a_line(error)}", self.mend) from error


class Registry(Generic[N]):
    """Backends, or formats, by name: those of neurotui, then those of other packages, imported when they are used.

    `noun` is what error messages call one of them; ``built_in`` holds neurotui's own, by name. What another
    package offers is returned as `guarded` makes it, so that its faults are told as the package's.
    """

    def __init__(
        self, group: str, noun: str, kind: type[N], built_in: Iterable[N], guarded: Callable[[N, Package], N]
    ) -> None:
        self.built_in = {spec.name: spec for spec in built_in}
        self._group = group
        self._noun = noun
        self._kind = kind
        self._guarded = guarded

    def names(self) -> tuple[str, ...]:
        """Return all names, neurotui's own first."""
        return tuple(dict.fromkeys([*self.built_in, *offered(self._group)]))

    def spec_of(self, name: str) -> N:
        """Return what stands under a name; ``UserError`` if it is unknown or its package cannot be imported."""
        if name in self.built_in:
            return self.built_in[name]
        known = self.names()
        if name not in known:
            raise UserError(f"'{name}' is not a {self._noun}", f"choose one of: {', '.join(known)}")
        thing, package = load(self._group, name, self._kind)
        return self._guarded(thing, Package(self._noun, name, package))


class _Offer(NamedTuple):
    package: str
    point: EntryPoint


def offered(group: str) -> tuple[str, ...]:
    """Return what other packages offer in a group, by name; nothing is imported."""
    return tuple(sorted({point.name for _, point in _offers() if point.group == group}))


def load(group: str, name: str, kind: type[N]) -> tuple[N, str]:
    """Import what a package offers under a name; return it and the package's name.

    Raises ``UserError`` naming the package where nothing of this kind and name can be imported from it, and where
    two packages offer it.
    """
    found = [offer for offer in _offers() if (offer.point.group, offer.point.name) == (group, name)]
    if not found:
        raise UserError(f"no package offers '{name}'", "pip list tells which are installed")
    (package, point), *others = found
    if others:
        raise UserError(
            f"'{package}' and '{others[0].package}' both offer '{name}'", f"pip uninstall {others[0].package}"
        )
    mend = Package("", name, package).mend
    try:
        thing = point.load()
    except (Exception, SystemExit) as error:
        raise UserError(
            f"'{name}' of the package '{package}' cannot be loaded: {_in_a_line(error)}", mend
        ) from error
    if not isinstance(thing, kind) or thing.name != name:
        raise UserError(f"'{name}' of the package '{package}' is no {kind.__name__} of that name", mend)
    return thing, package


@cache
def _offers() -> tuple[_Offer, ...]:
    """Return all entry points of our groups; of packages that cannot be read, none."""
    from importlib.metadata import distributions  # noqa: PLC0415 - slow to import, and seldom needed

    seen: dict[str, list[_Offer]] = {}
    for distribution in distributions():
        try:
            package = distribution.metadata["Name"]
            points = [point for point in distribution.entry_points if point.group in {BACKENDS, FORMATS}]
        except Exception:  # noqa: BLE001, S112 - whatever is wrong with a stranger's files is no business of ours
            continue
        # Of a package that is installed twice, Python imports the first on the path.
        seen.setdefault(package, [_Offer(package, point) for point in points])
    return tuple(offer for offers in seen.values() for offer in offers)


def _in_a_line(error: BaseException) -> str:
    said = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
