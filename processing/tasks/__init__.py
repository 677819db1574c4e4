"""Thin PipelineTasks: they fetch, call the array code of `processing` and put."""
