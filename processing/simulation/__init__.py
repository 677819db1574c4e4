"""Simulated raws of a camera, every effect of its sensors switchable, with the truth beside them."""
