"""A construction record as a script that a person could have typed, and as plain values.

Everything that is no command is a comment, whatever it holds: names and reasons come from many hands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, assert_never

from ..construction import Certified, Deed, Generated, Linked, Ordered, Strange, Unfinished, begun
from ..seals import Construction, Seal
from ..spec.ranges import Ranges, parse
from ..validity import BEGINNING, END, period, show
from ..words import count
from .ingestion import ingested
from .plan import which
from .shell import REPO, Option, Variable, command, comment, export

FORMAT = "reconcile construction 1"
_PREPEND = Option("--mode", "prepend")


@dataclass(frozen=True)
class Record:
    """What is known of a ticket.

    Attributes
    ----------
    facts
        Pairs of a name and a text, for the head: purpose, tickets, commits.
    address
        The repository as Butler opens it.
    holders
        Chains of others that hold a collection of the ticket, with all their members.
    selections
        Leaf -> the expression that selected its exposures, where specs still tell.
    files
        sha256 -> path of files in git that curated calibrations are made of.
    """

    ticket: str
    place: str
    address: str
    facts: tuple[tuple[str, str], ...]
    deeds: tuple[Deed, ...]
    holders: Mapping[str, tuple[str, ...]]
    selections: Mapping[str, str]
    files: Mapping[str, str]


def text(record: Record) -> str:
    """Return the record as a script for a shell."""
    return "\n".join(_Script(record).lines()) + "\n"


class _Script:
    """The lines of one record; what was exported stays exported."""

    def __init__(self, record: Record) -> None:
        self.record = record
        hows = [deed.how.variables for deed in record.deeds if isinstance(deed, Generated) and deed.how]
        hows = [variables for variables in hows if variables]
        self.exported = dict(hows[0]) if hows else {}
        for variables in hows[1:]:
            self.exported = {n: v for n, v in self.exported.items() if variables.get(n) == v}

    def lines(self) -> Iterator[str]:
        """Yield the script."""
        yield "#!/usr/bin/env bash"
        yield from comment(f"Construction record of {self.record.ticket} at {self.record.place}")
        for name, said in self.record.facts:
            yield from comment(f"{name}: {said}")
        yield from comment("Times of work are UTC; validities are TAI.")
        yield ""
        yield export("REPO", self.record.address)
        yield from (export(name, value) for name, value in self.exported.items())
        for deed in self.record.deeds:
            yield from ("", *self._deed(deed))
        for chain, members in self.record.holders.items():
            yield from ("", *comment(f"{chain} holds it: {', '.join(members)}"))

    def _deed(self, deed: Deed) -> Iterator[str]:
        match deed:
            case Generated():
                yield from self._generated(deed)
            case Certified():
                yield from _certified(deed)
            case Linked():
                yield from command("butler", "collection-chain", REPO, _PREPEND, deed.chain, deed.member)
            case Ordered():
                yield from comment("Its members are not searched in the order in which they came:")
                yield from command("butler", "collection-chain", REPO, _PREPEND, deed.chain, *deed.members)
            case Strange():
                where = f"{deed.dataset_type} {which(deed.data_ids)} in {deed.collection}"
                yield from comment(f"Certified by somebody, from datasets that no seal names: {where}")
            case Unfinished():
                since = f" since {deed.claim.started}" if deed.claim.started else ""
                yield from comment(f"NOT COMPLETE{since}: {deed.leaf}, on {deed.claim.host}, {deed.claim.submission}")
            case _:
                assert_never(deed)

    def _generated(self, deed: Generated) -> Iterator[str]:
        yield from comment(f"---- {deed.leaf}")
        yield from (line for told in _told(deed, self.record.selections.get(deed.leaf, "")) for line in comment(told))
        if "curated" in deed.seal.intent:
            yield from ingested(deed.seal, self.record.files)
        elif deed.how is None:
            yield from comment("How it was made was not kept when it was sealed, and no spec makes it so now.")
        else:
            yield from submission(deed.how, deed.seal.intent.get("overrides", {}), self.exported)


def submission(how: Construction, overrides: Mapping[str, Any], exported: dict[str, str]) -> Iterator[str]:
    """Yield the lines that submit a generation; what is exported already is not again, and is noted."""
    for name, value in how.variables.items():
        if exported.get(name) != value:
            exported[name] = value
            yield export(name, value)
    for name, value in overrides.items():
        if ":" not in name:
            yield from comment(f"with this in the submission's configuration: {name}: {value}")
    configured = " ".join(f"-c {name}={value}" for name, value in overrides.items() if ":" in name)
    given = (Option("--input", ",".join(how.inputs)), Option("--extra-qgraph-options", configured))
    template = Variable(how.home, f"/bps/templates/{how.template}")
    yield from command("bps", "submit", *(option for option in given if option.value), template)


def _told(deed: Generated, selection: str) -> Iterator[str]:
    """Yield what there is to say of a generation, a line for each."""
    seal, how = deed.seal, deed.how
    frames = exposures(seal)
    if "examines" in seal.intent:
        yield f"examines {seal.intent['examines']}"
    if frames:
        yield f"{count(frames.count, 'exposure')}: {frames}"
    if selection:
        yield f"selected by {' '.join(selection.split())}"
    if precursors := [leaf for leaf, _ in seal.intent.get("precursors", ())]:
        yield f"made with {', '.join(precursors)}"
    if starting := [collection for collection, _ in seal.intent.get("starting", ())]:
        yield f"started from {', '.join(starting)}"
    yield from _times(seal)
    yield f"RUN {seal.run}"
    if deed.remembered and how is not None and how.submission:
        yield f"logs on {how.host} in {how.submission}"
    if release := seal.intent.get("release"):
        yield f"release {release}: {packages(how)}"
    for dataset_type, ids in seal.datasets.items():
        yield f"{count(len(ids), 'dataset')} sealed: {dataset_type} {which(ids)}"
    yield f"recipe {seal.recipe}"
    yield from (f"failed: {failure}" for failure in (how.failures if how else ()))
    if how is not None and not deed.remembered:
        yield "how it was made was not kept when it was sealed; so the specs make the same recipe now:"


def packages(how: Construction | None) -> str:
    """Return the versions of packages in words."""
    known = ", ".join(f"{name} {version}" for name, version in how.versions.items()) if how else ""
    return known or "the versions of its packages were not kept"


def _times(seal: Seal) -> Iterator[str]:
    how = seal.construction
    if how is not None and how.finished:
        took = _seconds(how.started, how.finished)
        lasted = f", {took // 60} min {took % 60} s" if took is not None else ""
        yield f"begun {how.started or 'nobody knows when'} on {how.host}, sealed {how.finished}{lasted}"
    elif when := begun(seal):
        yield f"begun {when}"


def _seconds(begin: str, end: str) -> int | None:
    try:
        return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
    except ValueError:
        return None


def _certified(deed: Certified) -> Iterator[str]:
    # Butler reads this begin back as an open one, and so does everybody who reads the technote.
    options = [Option("--begin-date", "1970-01-01T00:00:00" if deed.begin == BEGINNING else show(deed.begin))]
    options += [Option("--end-date", show(deed.end))] if deed.end != END else []
    if deed.whole:
        given = (deed.source, deed.collection, deed.dataset_type)
        yield from command("butler", "certify-calibrations", REPO, *options, *given)
        return
    yield from comment(
        f"Only {deed.dataset_type} {which(deed.data_ids)} of {deed.source}, which no command of butler can pick: "
        f"certified in {deed.collection}, {period(deed.begin, deed.end)}"
    )


def exposures(seal: Seal) -> Ranges:
    """Return what a generation was made from; nothing for what was made from no exposure."""
    try:
        return parse(list(seal.intent.get("exposures", ())))
    except ValueError:
        return Ranges()


def as_json(record: Record) -> dict[str, Any]:
    """Return the same as plain values, with the script."""
    return {
        "format": FORMAT,
        "ticket": record.ticket,
        "place": record.place,
        "repository": record.address,
        "facts": [list(fact) for fact in record.facts],
        "deeds": [_values(deed) for deed in record.deeds],
        "chains": {name: list(members) for name, members in record.holders.items()},
        "script": text(record),
    }


def _values(deed: Deed) -> dict[str, Any]:
    kind = type(deed).__name__.lower()
    if not isinstance(deed, Generated):
        return {"deed": kind, **asdict(deed)}
    seal, how = deed.seal, deed.how
    return {
        "deed": kind,
        "leaf": deed.leaf,
        "run": seal.run,
        "recipe": seal.recipe,
        "intent": seal.intent,
        "exposures": list(exposures(seal).items()),
        "datasets": {dataset_type: len(ids) for dataset_type, ids in seal.datasets.items()},
        "kept_in_seal": deed.remembered,
        "construction": asdict(how) if how else None,
    }
