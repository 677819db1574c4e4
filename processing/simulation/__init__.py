"""Simulated raws of a camera: every effect of its sensors switchable, its truth written beside.

An effect has a file of its own. In the order in which light becomes numbers:

    vignetting, dust, pixel_response    of the light, what arrives
    dark_current, defects, cosmic_rays  charge without light, and pixels that do not work
    brighter_fatter                     charge that is there moves where further charge goes
    full_well, charge_transfer          what is too much bleeds, what is shifted leaves traces
    electronics, nonlinearity           electrons become ADU
    crosstalk                           amplifiers see each other
    bias_structure, electronics         levels, patterns and noise of the readout, and the converter's 16 bits

`effects` names and measures them, `sensor` draws a sensor that has them, `exposure` exposes it, `plan` and `night`
make many exposures, `truth` and `curated` say what should be found. No arithmetic is shared with what measures and
corrects: `processing.effects` is tried against it.
"""
