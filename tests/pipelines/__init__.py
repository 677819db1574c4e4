"""Tiny pipelines with the shape of real ones: dictionaries instead of images, a CP_PIPE_DIR instead of cp_pipe."""
