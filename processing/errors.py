"""The one base of the errors that `processing` raises for something a person can mend."""


class ProcessingError(Exception):
    """Says what was found, what was expected and what to do next; never a bug of ours."""
