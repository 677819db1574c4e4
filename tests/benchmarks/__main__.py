"""Run every benchmark, each in a process of its own; exit 1 if one misses a goal.

python -m tests.benchmarks [NAME...]        all, or bench_NAME alone
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    here = Path(__file__).parent
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))
    missed = [name for name in names if subprocess.call([sys.executable, "-m", f"{__package__}.bench_{name}"])]
    print(f"missed: {', '.join(missed)}" if missed else "All goals are kept.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
