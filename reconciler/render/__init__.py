"""The same values as text, JSON, Markdown or HTML."""
