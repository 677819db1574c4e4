"""What `explain` and `bisect` are asked about: from the words typed to an instrument, a chain, a data ID and a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..dataid import data_id, parse
from ..errors import Unreachable, UsageError
from ..explanation import Question
from ..holdings import Exposure
from ..observation import Observation
from ..ports import Repository
from ..spec.documents import Site
from ..spec.load import Tree
from ..spec.problems import listed, nearest
from ..spec.ranges import Ranges, ranges
from ..validity import END, Validity, tai

DIMENSIONS = ("instrument", "detector", "physical_filter")
"""What calibrations are told apart by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as typed."""

    dataset_type: str
    exposure: int | None = None
    detector: int | None = None
    data_id: str | None = None
    at_time: str | None = None
    chain: str | None = None
    instrument: str | None = None

    def __post_init__(self) -> None:
        if (self.exposure is None) == (self.at_time is None):
            raise UsageError(
                "a dataset is asked for at one time: say --exposure, or a data ID and --at-time",
                hint='such as --exposure 2024120700307 --detector 4, or --data-id "instrument=LSSTComCam,detector=4" '
                "--at-time 2024-12-07T00:00:00",
            )

    @property
    def dimensions(self) -> dict[str, str | int]:
        """The data ID as far as it was typed."""
        found = _parsed(self.data_id or "")
        if self.detector is not None:
            found["detector"] = self.detector
        if self.instrument is not None:
            found["instrument"] = self.instrument
        return found


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about, wherever the answer is looked for."""

    dataset_type: str
    chain: str
    when: Validity
    exposure: Exposure | None
    typed: Mapping[str, str | int]
    """What was typed; the filter of the exposure is not in it."""
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def instrument(self) -> str:
        """Return the name of the instrument."""
        return str(self.values["instrument"])

    def question(self, place: str, identity: str) -> Question:
        """Return the question to one place."""
        return Question(place, self.chain, self.dataset_type, identity, self.when)


def subject(asked: Asked, tree: Tree, site: Site, repositories: Callable[[], Iterable[Repository]]) -> Subject:
    """Return what is asked about; repositories are needed to tell an exposure's time and filter, and not else."""
    typed = asked.dimensions
    instrument = str(typed.get("instrument") or _instrument(asked, tree, site))
    known = sorted({name for repository in site.repositories.values() for name in repository.instruments})
    if instrument not in known:
        near = nearest(instrument, known)
        hint = f"did you mean {near}?" if near else ""
        raise UsageError(f"site {site.site} holds no {instrument}; it holds {listed(known)}", hint=hint)
    chain = asked.chain or _chain(tree, instrument)
    exposure = None if asked.exposure is None else _exposure(asked.exposure, instrument, repositories())
    filters = {"physical_filter": exposure.physical_filter} if exposure else {}
    when = exposure.validity if exposure else _instant(asked.at_time or "")
    return Subject(asked.dataset_type, chain, when, exposure, typed, {**filters, **typed, "instrument": instrument})


def identity(about: Subject, tree: Tree, observations: Iterable[Observation] = ()) -> str:
    """Return the data ID that is looked up: what tells the datasets of the type apart, as specs or repositories say.

    Raises `UsageError` for a type, a detector or a filter that nobody knows, and for one that is not said.
    """
    held = list(_held(about.dataset_type, observations))
    names = next((tuple(one) for one in held), None) or _dimensions(tree, about)
    if names is None:
        types = {t for t, _ in _types(tree, about.instrument)}
        near = nearest(about.dataset_type, types)
        raise UsageError(
            f"no dataset of type {about.dataset_type} is known; specs of {about.instrument} name {listed(types)}",
            hint=f"did you mean {near}?" if near else "",
        )
    for name in names:
        if name not in about.values:
            raise UsageError(f"{about.dataset_type} is told apart by {', '.join(names)}: say {name}", hint=_how(name))
    _refuse_unknown(about, tree, held)
    return data_id({name: about.values[name] for name in names})


def _how(name: str) -> str:
    return "--detector NUMBER" if name == "detector" else f'--data-id "{name}=..."'


def _parsed(text: str) -> dict[str, str | int]:
    try:
        found = parse(",".join(part.strip() for part in text.split(",")))
    except ValueError:
        raise UsageError(
            f"{text!r} is not a data ID", hint='such as "instrument=LSSTComCam,detector=4,physical_filter=r_03"'
        ) from None
    for name in found:
        if name not in DIMENSIONS:
            near = nearest(name, DIMENSIONS)
            raise UsageError(
                f"calibrations are not told apart by {name!r}, but by {', '.join(DIMENSIONS)}",
                hint=f"did you mean {near}?" if near else "",
            )
    return found


def _instant(text: str) -> Validity:
    try:
        begin = tai(text)
    except ValueError as error:
        raise UsageError(f"--at-time: {error}") from None
    if begin == END:
        raise UsageError(f"--at-time: {text} is not before 2100, where Butler's calendar ends")
    return Validity(begin, begin + 1)


def _instrument(asked: Asked, tree: Tree, site: Site) -> str:
    """Return the instrument of the chain, or the only one of the site."""
    of_chain = {one.document.instrument for one in tree.chains if one.document.name == asked.chain}
    held = of_chain or {name for repository in site.repositories.values() for name in repository.instruments}
    if len(held) != 1:
        raise UsageError(f"which instrument? Site {site.site} holds {listed(held)}", hint="type --instrument NAME")
    return held.pop()


def _chain(tree: Tree, instrument: str) -> str:
    """Return the instrument's public chain: `<INSTRUMENT>/calib` if specs name it, else the only one."""
    names = {one.document.name for one in tree.chains if one.document.instrument == instrument}
    public = {name for name in names if not name.startswith("u/")}
    if f"{instrument}/calib" in public:
        return f"{instrument}/calib"
    if len(public) != 1:
        raise UsageError(f"which chain? Specs of {instrument} name {listed(public)}", hint="type --chain NAME")
    return public.pop()


def _exposure(number: int, instrument: str, repositories: Iterable[Repository]) -> Exposure:
    near: set[int] = set()
    unknown: list[str] = []
    for repository in repositories:
        try:
            found = repository.nearest_exposures(instrument, number)
        except Unreachable as error:
            unknown.append(str(error))
            continue
        if found and found[0].id == number:
            return found[0]
        near |= {exposure.id for exposure in found}
    if unknown:
        raise Unreachable("\n".join(unknown))
    told = f"the nearest are {', '.join(map(str, sorted(near)))}" if near else "none is known"
    raise UsageError(f"{instrument} has no exposure {number}; {told}")


def _held(dataset_type: str, observations: Iterable[Observation]) -> Iterator[dict[str, str | int]]:
    """Yield the data IDs of the type that repositories hold."""
    for seen in observations:
        for where in (seen.certifications, seen.contents):
            for (_, name), ids in where.items():
                if name == dataset_type:
                    yield from map(parse, ids)


def _types(tree: Tree, instrument: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the dataset types that specs name, with what they are told apart by."""
    for catalog in tree.catalogs:
        if catalog.document.instrument == instrument:
            yield from ((entry.dataset_type, entry.dimensions) for entry in catalog.document.products.values())
    for curated in tree.curated:
        if curated.document.instrument == instrument:
            yield from ((name, dataset.dimensions) for name, dataset in curated.document.datasets.items())


def _dimensions(tree: Tree, about: Subject) -> tuple[str, ...] | None:
    return next((names for t, names in _types(tree, about.instrument) if t == about.dataset_type), None)


def _refuse_unknown(about: Subject, tree: Tree, held: Iterable[Mapping[str, str | int]]) -> None:
    """Refuse a detector or a filter that was typed, and that neither specs nor datasets know."""
    catalogs = [one.document for one in tree.catalogs if one.document.instrument == about.instrument]
    if not catalogs:
        return
    held = list(held)
    detectors = ranges(int(one["detector"]) for one in held if "detector" in one)
    for catalog in catalogs:
        detectors = detectors | catalog.detectors
    filters = {str(one["physical_filter"]) for one in held if "physical_filter" in one}
    filters |= {name for catalog in catalogs for name in catalog.bands.values()}
    _refuse(about, "detector", detectors, str(detectors))
    _refuse(about, "physical_filter", filters, listed(filters))


def _refuse(about: Subject, name: str, known: Ranges | set[str], told: str) -> None:
    typed = about.typed.get(name)
    if typed is not None and typed not in known:
        near = nearest(typed, known) if isinstance(known, set) else ""
        hint = f"did you mean {near}?" if near else ""
        raise UsageError(f"{about.instrument} has no {name} {typed}; it has {told}", hint=hint)
