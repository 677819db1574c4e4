"""Whether calibrations are good enough: result tables in, verdicts out.

Pure, and apart from how the tables came about: pipelines measure (`verifyBias` and its like, ours or those of
cp_verify), this package judges. A new threshold needs no new run. Only this package and what draws from it need numpy.

    results    one result table, and which of its rows tested the calibration in question
    measures   what a test measured, value by value
    bound      what a value must keep to; criteria: bounds for detectors, the rule, and what the board accepts
    tests/     the tests, a file for each kind of calibration; a new test is one entry there
    verdict    what came of it, by test, detector and amplifier, and by the rule that the set asks for
"""
