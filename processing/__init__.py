"""How calibrations are made: numpy and astropy behind pipelines of lsst.pipe.base."""
