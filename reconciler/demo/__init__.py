"""The whole loop on a laptop, told as a story: frames, specs, lock, plan, apply, a change, and its revert."""
