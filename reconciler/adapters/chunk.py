"""How files pass through: piece by piece, each hashed and written while the processor has it at hand."""

CHUNK = 1 << 15
"""Bytes that are read and written at a time.

The kernel has memory for so many ready on each processor. For more it takes large blocks, which a virtual machine may
have given back: then copying takes five times as long.
"""
