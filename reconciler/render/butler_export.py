"""An `export.yaml`, as `butler import` reads it (its format 1.0).

No dimension records go with it: who imports has the instrument, and says so (`-s instrument -s detector ...`). Nor do
formatters: the repository knows by the storage class how a file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import yaml

from .. import seals
from ..dataid import parse
from ..exported import Export, Exported
from ..validity import BEGINNING, END, Validity, show

UNIVERSE = 8
"""The version of Butler's universe of dimensions that this was compared with; older ones had other exposures."""


class _Uuid(str):
    """A UUID, which YAML bears as such."""


class _Time(str):
    """An instant of TAI, which YAML bears as such."""


def export_yaml(export: Export) -> str:
    """Return the text of the file."""
    content = {
        "description": "Butler Data Repository Export",
        "version": "1.0.2",
        "universe_version": UNIVERSE,
        "universe_namespace": "daf_butler",
        "data": list(_data(export)),
    }
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=120)


def _data(export: Export) -> Iterator[dict[str, Any]]:
    for run, seal in sorted(export.seals.items()):
        yield _collection("RUN", run, doc=seals.write(seal), host=None, timespan_begin=None, timespan_end=None)
    for name in sorted(export.certified):
        yield _collection("CALIBRATION", name)
    for name, members in sorted(export.chains.items(), reverse=True):  # what is below stands before what is above
        yield _collection("CHAINED", name, children=list(members))
    for name, definition in sorted(export.definitions.items()):
        yield {
            "type": "dataset_type",
            "name": name,
            "dimensions": list(definition.dimensions),
            "storage_class": definition.storage_class,
            "is_calibration": True,
        }
    for (run, dataset_type), datasets in groupby(export.datasets, lambda one: (one.run, one.item.dataset_type)):
        yield {"type": "dataset", "dataset_type": dataset_type, "run": run, "records": [*map(_record, datasets)]}
    for name, certified in sorted(export.certified.items()):
        ranges = [
            {"timespan": when, "dataset_ids": [_Uuid(uuid) for uuid in uuids]}
            for when, uuids in sorted(certified.items())
        ]
        yield {
            "type": "associations",
            "collection": name,
            "collection_type": "CALIBRATION",
            "validity_ranges": ranges,
        }


def _collection(kind: str, name: str, **more: object) -> dict[str, Any]:
    return {"type": "collection", "collection_type": kind, "name": name, **more}


def _record(one: Exported) -> dict[str, Any]:
    return {"dataset_id": [_Uuid(one.item.uuid)], "data_id": [parse(one.item.data_id)], "path": one.path}


class _Dumper(yaml.SafeDumper):
    """Writes the tags that Butler reads."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: nothing refers to another line."""
        del data
        return True


def _instant(nanoseconds: int) -> _Time | None:
    """Return an instant as Butler's YAML has it; None for an open end."""
    return None if nanoseconds in (BEGINNING, END) else _Time(show(nanoseconds).replace("T", " "))


_Dumper.add_representer(_Uuid, lambda dumper, uuid: dumper.represent_scalar("!uuid", uuid))
_Dumper.add_representer(_Time, lambda dumper, time: dumper.represent_scalar("!butler_time/tai/iso", time))
_Dumper.add_representer(
    Validity,
    lambda dumper, when: dumper.represent_mapping(
        "!lsst.daf.butler.Timespan", {"begin": _instant(when.begin), "end": _instant(when.end)}
    ),
)
