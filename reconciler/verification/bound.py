"""What a measured value must keep to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed interval, open where an end is None."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a bound that nothing can break: neither at_least nor at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"a bound that nothing can keep: at least {self.at_least:g}, at most {self.at_most:g}")

    def __str__(self) -> str:
        if self.at_least is None:
            return f"at most {self.at_most:g}"
        if self.at_most is None:
            return f"at least {self.at_least:g}"
        return f"{self.at_least:g} to {self.at_most:g}"

    def excess(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far values lie outside: positive outside, negative inside by how much is left, NaN for NaN."""
        import numpy as np  # here alone, so that bounds can be read and written without it

        below = np.full(values.shape, -np.inf) if self.at_least is None else self.at_least - values
        above = np.full(values.shape, -np.inf) if self.at_most is None else values - self.at_most
        return np.where(np.isnan(values), np.nan, np.maximum(below, above))
