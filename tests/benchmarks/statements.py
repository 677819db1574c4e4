"""A command of ours, and how many statements it sends to databases.

    python -m tests.benchmarks.statements COMMAND...

Prints what the command prints, and then their number in a line of its own.
"""

from __future__ import annotations

import sys


def main() -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from reconciler.cli.main import run

    sent: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    code = run(sys.argv[1:])
    print(len(sent))
    sys.exit(code)


if __name__ == "__main__":
    main()
