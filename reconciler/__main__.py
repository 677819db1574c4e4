"""`python -m reconciler` is `reconcile`."""

from .cli.main import main

main()
