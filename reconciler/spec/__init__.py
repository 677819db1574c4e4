"""Specs: YAML in git, read strictly, to values that the rest of the program trusts."""
