"""How files pass through: a piece at a time, that is hashed and written while the processor still has it at hand."""

CHUNK = 1 << 18
"""Bytes that are read at a time. With four times as many, the kernel works two to five times as long for a copy: each
piece is new memory, and has left the cache when it is written."""
