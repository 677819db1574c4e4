"""Who vouches for a snapshot: people who cannot see a site plan from it only if the site's own machine has signed it.

The policy names the role of that machine for each site (`observers`). Its signature, `ssh-keygen -Y` in a namespace of
its own, covers the file byte for byte, and the file says when it was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import PolicyRefused, StalePlan
from ..ports import Signatures
from ..spec.documents import Policy
from ..spec.documents.policy import fingerprint
from ..words import count
from .judge import key_fault

NAMESPACE = "snapshot@reconcile"
"""What these signatures are for; no snapshot is an approval, and no approval a snapshot."""
SIGNATURE = ".sig"

_SIGN = "at the site: reconcile observe --site {site} --sign KEY --out FILE"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A snapshot as it came: its bytes, what stands beside it, and what it says of itself."""

    site: str
    taken: datetime | None
    text: bytes
    signature: str | None


def vouched(seen: Sighting, policy: Policy, signatures: Signatures, now: datetime, age: timedelta) -> str:
    """Return who vouches for a snapshot.

    Raises `PolicyRefused` if nobody does who may, `StalePlan` if it is older than `age`.
    """
    way = _SIGN.format(site=seen.site)
    role = policy.observers.get(seen.site)
    if role is None:
        raise PolicyRefused(
            f"the policy does not say who may sign snapshots of site {seen.site}",
            hint=f"`observers: {{{seen.site}: ROLE}}` in specs/policy.yaml, and a person of that role with its key",
        )
    if seen.signature is None or seen.taken is None:
        what = "is not signed" if seen.signature is None else "does not say when it was taken"
        raise PolicyRefused(f"the snapshot {what}, and this machine has a root of trust for {seen.site}", hint=way)
    key = signatures.signer(seen.text, seen.signature, policy.keys)
    who = policy.owner(key) if key is not None else None
    if key is None or who is None:
        raise PolicyRefused("nobody whom the policy knows has signed exactly this snapshot", hint=way)
    signed = f"the snapshot is signed by {who} with the key {fingerprint(key)}"
    if role not in policy.people[who].roles:
        raise PolicyRefused(f"{signed}, and only {role} may vouch for what {seen.site} holds", hint=way)
    entry = next(one for one in policy.people[who].keys if one.key == key)
    if fault := key_fault(entry, seen.taken, now):
        raise PolicyRefused(f"{signed}, which does not count: {fault}", hint=way)
    if now - seen.taken > age:
        hours, limit = (count(int(span.total_seconds() // 3600), "hour") for span in (now - seen.taken, age))
        raise StalePlan(f"the snapshot is {hours} old, and {limit} are allowed", hint=f"--max-age HOURS, or {way}")
    return who
