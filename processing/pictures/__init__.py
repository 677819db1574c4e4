"""Pictures of calibrations, to look at before they are used: values in, matplotlib figures out.

`drawing` knows how each kind of product is drawn; the other modules draw one kind each. Colours rise in lightness, so
that they can be told apart by everybody and in grey. Black is kept for what was masked or not measured, and
for nothing else. matplotlib is imported where a figure is made, not before.
"""
