"""What there is one dataset per, to be read as `per.DETECTOR`.

Imported one by one, the names would take part in configuration: a pipeline's values are looked up among the names of
the task's module before they are strings, and `scalingLevel: DETECTOR` would become the dimensions.
"""

INSTRUMENT = ("instrument",)
FILTER = ("instrument", "physical_filter")
WHOLE_EXPOSURE = ("instrument", "exposure")
EXPOSURE = ("instrument", "exposure", "detector")
DETECTOR = ("instrument", "detector")
DETECTOR_AND_FILTER = ("instrument", "detector", "physical_filter")
