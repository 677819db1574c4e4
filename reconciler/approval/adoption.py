"""The adoption that a deployment rests on: the same generations, byte for byte, adopted where they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from .deployments import Deployment
from .effects import files_of
from .judge import Judgement, judge
from .line import Line
from .record import Signed
from .statement import Statement

_FILES = files_of("")


def adoptions(one: Deployment, line: Line, now: datetime) -> Iterator[tuple[Statement, Judgement]]:
    """Yield the adoptions that people signed of what is deployed, the latest last, each judged.

    What else they bound (results, orders) is as they signed it: it was judged where it can be seen. But the rules are
    those of every chain that was ever public, so that nobody chooses a weaker one by what a statement says of itself.
    """
    names = {files_of(leaf) for leaf in one.seals}
    about = tuple(sorted({*one.statement.scope, *line.public}))
    for signed in sorted(line.records, key=lambda signed: signed.record.signed):
        said = signed.record.statement
        same = (said.verb, said.subject, said.site) == ("adopt", one.statement.subject, one.origin)
        if same and one.contents.items() <= said.parts.items() and names <= said.parts.keys():
            yield said, judge(line.policy, said, line.records, now, past=line.past, about=about)


def signed_files(records: Iterable[Signed]) -> dict[str, str]:
    """Return leaf -> content root, as the latest adoption that somebody signed has it."""
    found: dict[str, str] = {}
    for signed in sorted(records, key=lambda signed: signed.record.signed):
        record = signed.record
        if (record.decision, record.statement.verb) == ("approve", "adopt"):
            parts = record.statement.parts.items()
            found.update((name.removeprefix(_FILES), root) for name, root in parts if name.startswith(_FILES))
    return found
