"""The engine `pipetask`: runs a pipeline in this process, through the wrapper that bps would be given.

    template     finds a bps template and refuses what cannot be honoured, before anything is imported
    wrapper      the generated configuration, read back with ctrl_bps's own BpsConfig
    graph        the quantum graph of what is missing, and the calibrations that it picked
    run          executes a graph and reports on each quantum
    submission   one attempt's directory: mark of life, report, log

Importing this package does not import the LSST middleware; building a graph does.
"""

from .executor import PipetaskExecutor

__all__ = ["PipetaskExecutor"]
