from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.spec.documents import Lock
from reconciler.spec.load import parse
from reconciler.spec.lock import dump_lock
from reconciler.spec.ranges import ranges
from reconciler.spec.source import Source

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
TEXTS = st.text(
    st.characters(
        min_codepoint=32, max_codepoint=0x2FF, blacklist_characters="\x7f\xad" + "".join(map(chr, range(0x80, 0xA0)))
    ),
    max_size=60,
)
EXPRESSIONS = st.lists(
    st.sampled_from(["exposure.day_obs=20241208", " and ", "  ", "'bias'", "\n", "#", ": ", "-"]), max_size=20
).map("".join)
NUMBERS = st.sets(st.integers(0, 40)).map(lambda numbers: ranges(numbers).items())


def generated() -> st.SearchStrategy[dict[str, Any]]:
    excused = st.lists(st.fixed_dictionaries({"detector": st.integers(0, 9), "reason": TEXTS.filter(bool)}), max_size=2)
    return st.fixed_dictionaries(
        {"selection": TEXTS | EXPRESSIONS, "exposures": NUMBERS, "detectors": NUMBERS, "except": excused.map(tuple)},
        optional={"physical_filter": NAMES, "band": NAMES},
    )


def existing() -> st.SearchStrategy[dict[str, Any]]:
    run = st.fixed_dictionaries({"run": NAMES, "digest": NAMES, "detectors": NUMBERS})
    return st.fixed_dictionaries({"from": st.lists(run, min_size=1, max_size=2).map(tuple)})


def locks() -> st.SearchStrategy[Lock]:
    starting = st.fixed_dictionaries(
        {
            "collection": NAMES,
            "type": st.sampled_from(["RUN", "CALIBRATION"]),
            "dataset_types": st.lists(NAMES, max_size=3).map(tuple),
            "fingerprint": NAMES,
        }
    )
    values = st.fixed_dictionaries(
        {
            "kind": st.just("Lock"),
            "instrument": NAMES,
            "ticket": NAMES,
            "raws": NAMES,
            "repository": NAMES,
            "starting": st.lists(starting, max_size=2).map(tuple),
            "products": st.dictionaries(NAMES, generated() | existing(), max_size=3),
        }
    )
    return values.map(Lock.model_validate)


@given(locks())
def test_a_lock_reads_back_as_it_was_written(lock: Lock) -> None:
    assert parse(Source("specs/Cam/a.lock.yaml", dump_lock(lock))) == (lock, ())


@given(locks())
def test_the_same_lock_is_always_the_same_text(lock: Lock) -> None:
    again, _ = parse(Source("specs/Cam/a.lock.yaml", dump_lock(lock)))
    assert isinstance(again, Lock)
    assert dump_lock(again) == dump_lock(lock)


def test_exposures_are_written_as_ranges_and_expressions_without_doubled_quotes() -> None:
    lock = Lock.model_validate(
        {
            "kind": "Lock",
            "instrument": "Cam",
            "ticket": "DM-1",
            "raws": "Cam/raw/all",
            "repository": "usdf/main",
            "products": {
                "bias": {
                    "selection": "exposure.observation_type='bias'",
                    "exposures": (3, 1, 2, 7),
                    "detectors": "0..8",
                }
            },
        }
    )
    assert dump_lock(lock).splitlines()[-5:] == [
        "  bias:",
        "    selection: >-",
        "      exposure.observation_type='bias'",
        "    exposures: [1..3, 7]",
        "    detectors: [0..8]",
    ]
