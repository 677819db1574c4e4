"""What only the engine `pipetask` does: refusals, picks, failures, signs of life."""
