"""Fuzzing that is guided by what the program did: inputs that reach new code are kept and changed further.

    python -m tests.hostile.guided TARGET RUNS SEED FOLDER

begins with the good examples of a target (see `seeds`), keeps what it finds in the folder, and ends with an exit code
other than 0 at the first input that is not answered as it should be, which is then in FOLDER/crash-*.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

MOST_BYTES, MOST_MEGABYTES = 6_000, 2_000
"""Of an input, and that this process may have, unless its parent had more already."""
_WORDS = ("exposure", "detector", "instrument", "0..8", "20250207a", "DM-1", "usdf/main", "sha256:", "true", "null")


def main(target: str, runs: str, seed: str, folder: Path) -> None:
    """Never returns: the fuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["reconciler"], enable_loader_override=False):
        from tests.hostile.seeds import SEEDS
        from tests.hostile.targets import TARGETS
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for one in SEEDS[target]():
        (corpus / hashlib.sha256(one).hexdigest()).write_bytes(one[:MOST_BYTES])
    words = folder / "words"
    words.write_text("".join(f'"{word}"\n' for word in sorted({*_WORDS, *_fields()})))
    options = {
        "runs": runs,
        "seed": seed,
        "max_len": MOST_BYTES,
        "dict": words,
        "artifact_prefix": f"{folder}/",
        "rss_limit_mb": max(MOST_MEGABYTES, getrusage(RUSAGE_SELF).ru_maxrss // 1024 + 100),  # its parent's peak counts
        "timeout": 300,  # of a machine that is busy: what one input may take is tested elsewhere
        "print_final_stats": 1,
        "verbosity": 0,
    }
    atheris.Setup([target, *(f"-{name}={value}" for name, value in options.items()), str(corpus)], TARGETS[target])
    atheris.Fuzz()


def _fields() -> Iterator[str]:
    """Yield the words that documents are made of."""
    from reconciler.spec.schema import schema

    waiting: list[Any] = [schema()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from one.get("properties", {})
            yield from (word for word in one.get("enum", ()) if isinstance(word, str))
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


if __name__ == "__main__":
    main(*sys.argv[1:4], Path(sys.argv[4]))
