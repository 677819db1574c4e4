"""Reports made of values alone: a camera of any size, examined, with faults where a test wants them."""
