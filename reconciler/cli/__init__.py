"""The command line: thin commands over the rest. Importing it costs what `--help` needs, and no more."""
