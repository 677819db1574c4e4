"""`reconcile explain`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..adapters.checkout import Checkout
from ..desired import desired
from ..errors import ExitCode, ReconcileError, Unreachable
from ..explanation import Explanation, explain, explain_wanted
from ..facts import Facts
from ..look import Look, look
from ..makers import maker
from ..observation import Observation, Scope
from ..origin import Origin, run_of, sealed, wanted
from ..ports import Repository
from ..render import explanation as render
from ..render.explanation import Answer, Heading
from ..resolve import seams
from ..site import choose, connect
from ..spec.documents import Site
from ..spec.load import Tree
from ..spec.problems import nearest
from .output import write, write_json
from .past import tree_at
from .question import Asked, Subject, identity, subject
from .session import read


def run(asked: Asked, directory: Path, site_name: str | None, *, at: str | None, as_json: bool) -> ExitCode:
    """Tell why a data ID gets its dataset, at each place of a site that holds the instrument."""
    unknown: Mapping[str, str] = {}
    if at is None:
        answers, heading, unknown = _now(asked, directory, site_name)
    else:
        answers, heading = _past(asked, directory, site_name, at)
    if as_json:
        found = [render.as_json(answer, heading) for answer in answers]
        write_json({"site": heading.site, "answers": found, "unknown": dict(unknown)})
    else:
        write(render.text(answers, heading))
        for place, reason in unknown.items():
            write(f"\nunknown: {place}: {reason}")
    if unknown:
        return ExitCode.UNREACHABLE
    return ExitCode.OK if any(answer.explanation.winner for answer in answers) else ExitCode.ERROR


@contextmanager
def repositories(directory: Path, site_name: str | None) -> Iterator[Callable[[], tuple[Repository, ...]]]:
    """Yield how to get the repositories of a site as it is now; they are opened when they are first asked for."""
    with ExitStack() as stack:

        def opened() -> tuple[Repository, ...]:
            checkout, tree = read(directory)
            place = connect(choose(tree, site_name), checkout.root)
            stack.callback(place.close)
            return tuple(place.repositories.values())

        yield opened


def places(site: Site, instrument: str) -> tuple[str, ...]:
    """Return the places of a site that hold an instrument."""
    held = site.repositories.items()
    return tuple(f"{site.site}/{name}" for name, repository in held if instrument in repository.instruments)


def _now(asked: Asked, directory: Path, site_name: str | None) -> tuple[tuple[Answer, ...], Heading, Mapping[str, str]]:
    checkout, tree = read(directory)
    site = choose(tree, site_name)
    place = connect(site, checkout.root)
    with ExitStack() as stack:
        stack.callback(place.close)
        about = subject(asked, tree, site, place.repositories.values)
        scope = Scope(None, frozenset({about.dataset_type}))
        held = [place.repositories[name] for name in places(site, about.instrument)]
        seen = look(held, lambda _: scope, desired(tree, site), Facts(trust=site.trust))
    if not seen.facts.observations:
        raise Unreachable("\n".join(seen.unknown.values()))
    return tuple(_seen_answers(about, tree, seen)), Heading(site.site, None, about.exposure), seen.unknown


def _seen_answers(about: Subject, tree: Tree, seen: Look) -> Iterator[Answer]:
    """Yield the answer of each place; raise `ReconcileError` if none has the chain."""
    observations = seen.facts.observations
    name = identity(about, tree, observations.values())
    known = {collection for one in observations.values() for collection in one.collections}
    if about.chain not in known:
        near = nearest(about.chain, known)
        hint = f"did you mean {near}?" if near else "`reconcile plan` tells what is missing"
        raise ReconcileError(f"no collection {about.chain} at {', '.join(observations)}", hint=hint)
    for place, one in observations.items():
        question = about.question(place, name)
        found = Explanation(question, ())
        if about.chain in one.collections:
            found = explain(question, seen.state, seen.facts.shelves[place], seams=seams(seen.state, one))
        origin = sealed(found.winner.spans[0].source, question, seen.facts) if found.winner else None
        applied = one.record.applied if one.record else None
        yield Answer(found, origin, _maker(tree, found, origin), applied, _runs(found, one))


def _runs(found: Explanation, seen: Observation) -> dict[str, str]:
    """Return UUID -> RUN of the datasets that no seal names."""
    sources = {span.source for one in found.candidates for span in one.spans}
    theirs = ((one.name, run_of(one.name, found.question, seen)) for one in sources if one.kind == "uuid")
    return {uuid: run for uuid, run in theirs if run}


def _past(asked: Asked, directory: Path, site_name: str | None, at: str) -> tuple[tuple[Answer, ...], Heading]:
    checkout = Checkout(directory)
    commit = checkout.resolve(at)
    with tree_at(checkout, commit) as tree, repositories(directory, site_name) as opened:
        site = choose(tree, site_name)
        about = subject(asked, tree, site, opened)
        return tuple(_wanted_answers(about, tree, site)), Heading(site.site, commit, about.exposure)


def _wanted_answers(about: Subject, tree: Tree, site: Site) -> Iterator[Answer]:
    name = identity(about, tree)
    want = desired(tree, site)
    for place in places(site, about.instrument):
        found = explain_wanted(about.question(place, name), want)
        origin = wanted(found.winner.spans[0].source, place, want) if found.winner else None
        yield Answer(found, origin, _maker(tree, found, origin))


def _maker(tree: Tree, found: Explanation, origin: Origin | None) -> str | None:
    if found.winner is None or origin is None or origin.leaf is None:
        return None
    question = found.question
    made = maker(tree, origin.leaf, found.winner.collection, question.dataset_type, question.data_id)
    return str(made) if made else None
