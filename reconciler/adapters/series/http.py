"""Requests to a server that may be down for a moment: tried again a few times, then told."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from ...errors import ReconcileError, Unreachable

WAITS = (0.5, 2.0)
"""Seconds before the second and the third attempt, which is the last."""

_BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers that a moment may mend."""


@dataclass(frozen=True, slots=True)
class Server:
    """One HTTP server.

    Attributes
    ----------
    token
        Sent with every request, if there is one; never shown.
    """

    url: str
    token: str | None = None
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, query: Mapping[str, str]) -> bytes:
        """Return the answer to a question."""
        return self._tried(path, query, None)

    def post(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        """Send a body; return the answer."""
        return self._tried(path, query, body)

    def _tried(self, path: str, query: Mapping[str, str], body: bytes | None) -> bytes:
        request = Request(f"{self.url.rstrip('/')}{path}?{urlencode(query)}", data=body)
        if self.token:
            request.add_header("Authorization", authorization(self.token))
        problem = ""
        for wait in (0.0, *WAITS):
            if wait:
                self.sleep(wait)
            try:
                with urlopen(request, timeout=self.timeout) as answer:
                    return bytes(answer.read())
            except HTTPError as error:
                problem = _said(error)
                if error.code not in _BUSY:
                    raise ReconcileError(f"{self.url} refuses {path}: {problem}") from error
            except (URLError, HTTPException, OSError) as error:
                problem = str(getattr(error, "reason", None) or error or type(error).__name__)
        raise Unreachable(
            f"{self.url} cannot be reached ({1 + len(WAITS)} attempts): {problem}",
            hint="Check `influx:` of the site; run it again when the server is back, and nothing is there twice.",
        )


def authorization(token: str) -> str:
    """Return the header of a token: that of InfluxDB 2; `USER:PASSWORD` as every version of InfluxDB 1 knows it."""
    return f"Basic {b64encode(token.encode()).decode()}" if ":" in token else f"Token {token}"


def _said(error: HTTPError) -> str:
    with error:
        text = error.read(500).decode(errors="replace").strip()
    return f"{error.code} {text or error.reason}"
