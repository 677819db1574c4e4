"""Which TAGGED collections keep calibrations from being cleaned away (DMTN-222 section 3.5.1).

A TAGGED collection holds one dataset for each data ID. Where a ticket has two, of different dates, the later ones go
into numbered collections beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .names import Naming
from .state import Cert, Key, Tag, Value
from .timeline import Source, Timeline
from .words import count


@dataclass
class Protection:
    """The tags wanted so far, over all documents: several may share a ticket."""

    tags: dict[Key, Value] = field(default_factory=dict)
    doubled: dict[str, int] = field(default_factory=dict)
    """Numbered collection -> how many data IDs needed it."""

    def protect(self, naming: Naming, certified: Mapping[Key, Value], place: str) -> None:
        """Want everything tagged at a place that is certified there."""
        for dataset_type, data_id, source in _datasets(certified, place):
            number = 1
            while self.tags.setdefault(Tag(place, naming.tagged(number), dataset_type, data_id), source) != source:
                number += 1
            if number > 1:
                name = f"{place}: {naming.tagged(number)}"
                self.doubled[name] = self.doubled.get(name, 0) + 1

    def notices(self) -> Iterator[str]:
        """Yield what was split, in words."""
        for name, number in self.doubled.items():
            yield f"{name} protects {count(number, 'dataset')} whose data ID the collection before it has already"


def _datasets(values: Mapping[Key, Value], place: str) -> Iterable[tuple[str, str, Source]]:
    """Yield each dataset once, in the order of its first day."""
    for key in sorted(k for k in values if isinstance(k, Cert) and k.place == place):
        value = values[key]
        assert isinstance(value, Timeline)
        for source in dict.fromkeys(span.source for span in value):
            yield key.dataset_type, key.data_id, source
