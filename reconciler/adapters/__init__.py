"""What the ports are made of: memory (a shipped fake), Butler, pipetask, git."""
