"""Hypothesis strategies for values of the core."""

from __future__ import annotations

from hypothesis import strategies as st

from reconciler.seals import Recipe
from reconciler.state import Cert, Chain, Gen, Key, Owned, Presence, State, Value
from reconciler.timeline import NOTHING, Source, Timeline, constant, gen, uuid
from reconciler.validity import Validity

RECIPE = Recipe({"product": "bias"})
NAMES = st.sampled_from("ABCDEF")
FOREIGN_NAMES = st.sampled_from("xyz")
members = st.lists(st.one_of(NAMES, FOREIGN_NAMES), unique=True).map(tuple)
ours = st.lists(NAMES, unique=True).map(tuple)
sources: st.SearchStrategy[Source] = st.one_of(NAMES.map(gen), FOREIGN_NAMES.map(uuid))


@st.composite
def timelines(draw: st.DrawFn, of: st.SearchStrategy[Source] = sources) -> Timeline:
    """Draw a canonical timeline, by laying random spans over each other."""
    result = NOTHING
    for begin, length, source in draw(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), of), max_size=5)):
        result = constant(Validity(begin, begin + length), source).over(result)
    return result


places = st.sampled_from(["usdf/main", "summit/cam"])


@st.composite
def entries(draw: st.DrawFn) -> tuple[Key, Value]:
    """Draw one key with a value of its kind."""
    place = draw(places)
    kind = draw(st.sampled_from(["gen", "cert", "chain", "owned"]))
    if kind == "gen":
        return Gen(place, draw(NAMES)), Presence(draw(st.sampled_from(["r1", "r2"])), draw(st.booleans()))
    if kind == "cert":
        return Cert(place, draw(NAMES), "bias", draw(st.sampled_from(["detector=0", "detector=1"]))), draw(timelines())
    chain = draw(st.sampled_from(["calib", "ticket"]))
    if kind == "chain":
        return Chain(place, chain), draw(members)
    return Owned(place, chain, draw(NAMES)), draw(st.sampled_from(["chain", "set"]))


@st.composite
def states(draw: st.DrawFn) -> State:
    """Draw an observed state: anything may stand in a repository."""
    return State().put(dict(draw(st.lists(entries(), max_size=12))))


@st.composite
def wanted_states(draw: st.DrawFn) -> State:
    """Draw a wanted state as specs make it: our names only, every link with an owner."""
    values: dict[Key, Value | None] = {}
    for key, value in draw(st.lists(entries(), max_size=10)):
        if isinstance(key, Cert) and isinstance(value, Timeline):
            values[key] = value.only(lambda source: source.kind == "gen")
            values |= {Gen(key.place, span.source.name): Presence(RECIPE.digest, True) for span in value}
        elif isinstance(key, Gen):
            values[key] = Presence(RECIPE.digest, True)
    for place in ("usdf/main", "summit/cam"):
        for chain, by in (("calib", "chain"), ("ticket", "set")):
            linked = draw(ours)
            values[Chain(place, chain)] = linked
            values |= {Owned(place, chain, member): by for member in linked}
    return State().put(values)
