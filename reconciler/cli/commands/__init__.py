"""The commands with their options and help. Each imports what it needs when it runs."""
