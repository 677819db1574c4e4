"""Sorting networks: the comparisons that sort any values of a given number, in an order that no value changes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=64)
def sorting_network(n: int) -> NDArray[np.intp]:
    """Comparators (low, high), in order, of Batcher's merge exchange for ``n`` values (Knuth, 5.2.2 algorithm M)."""
    pairs: list[tuple[int, int]] = []
    p = 1
    while p < n:
        k = p
        while k >= 1:
            for start in range(k % p, n - k, 2 * k):
                lows = range(start, min(start + k, n - k))
                pairs += [(low, low + k) for low in lows if low // (2 * p) == (low + k) // (2 * p)]
            k //= 2
        p *= 2
    network = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    network.flags.writeable = False
    return network
