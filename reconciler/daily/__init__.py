"""Daily verifications: new exposures of a day against what the public chain gives (DMTN-222 section 4, figure 3).

Pure; the command fetches what these functions are given, and acts on what they return. Nothing here generates,
certifies or links: a day that fails ends in words, events and a proposal for people.

    part      what is to be verified: a product, or one band of it, and the exposures of the day that bear on it
    leaf      under which names, given what was verified of the day before
    work      how: a generation like any other, with the public chain and the raws as its inputs
    metrics   result tables as a table of one day, and how it is judged
    uses      which calibration each detector was tested with, as people know it
    streak    since when a product fails, by the days of a series
    closing   what the calendar gives, and what it would give if that had an end
    event     a failed test and a needed replacement, as values
"""
