"""Reports that a board can decide on: one value in, a folder of static pages out, or one page of Markdown.

The folder works from a disk and behind any web server, loads nothing from elsewhere, and can be read without
JavaScript; with it, tables sort and filter, and maps are walked with the arrow keys.

    value      the report: verdicts, tables, geometry, records, warnings
    pages      its files
    markdown   its one page for a ticket or a pull request
    write      the folder, whole or not at all
"""

from .markdown import markdown
from .pages import pages
from .value import (
    Box,
    Construction,
    Detector,
    Examined,
    InUse,
    Picture,
    Report,
    Title,
)
from .write import write

__all__ = [
    "Box",
    "Construction",
    "Detector",
    "Examined",
    "InUse",
    "Picture",
    "Report",
    "Title",
    "markdown",
    "pages",
    "write",
]
