"""One physical effect of a sensor or its readout per file: arrays in, a result out, nothing that goes in is changed."""
