"""What is measured to verify calibrations, amplifier by amplifier: arrays in, numbers out; nothing is judged here.

A measurement has a file of its own:

    moments        clipped mean and noise
    rays           the noise once cosmic rays are left out
    percentiles    how the values of a calibration are distributed
    outliers       pixels that chance does not explain, with the defects and without them
    flat_pairs     gain and noise from pairs of flats
    residual_trails  what is left of charge transfer's trails after correction
    ghosts         what is left of crosstalk, source by source

`part` is one amplifier of a corrected frame, and what its header says of its electronics. `bias`, `dark`, `flat`,
`defects`, `crosstalk`, `gain` and `cti` say what there is to know of each product, under the keys of cp_verify (its
columns are `<STAGE>_<KEY>`), with cp_verify's own criteria as VERIFY_<TEST> beside. NaN is what was not measured.
`table` makes of it the rows of a result.
"""
