"""The engine `pipetask`: runs a pipeline in this process, through the wrapper that bps would be given.

    template     finds a bps template and refuses what cannot be honoured, before anything is imported
    wrapper      the generated configuration, read back with ctrl_bps's own BpsConfig
    graph        the quantum graph of what is missing, and the calibrations that it picked
    run          gives out the quanta of a graph, registers what each has written, and reports on it
    execution    executes a quantum, with files alone
    written      what a quantum wrote, and how the repository is told
    crew         who executes: this process, or workers forked from it
    together     several graphs side by side, with one crew
    submission   one attempt's directory: mark of life, report, log

Importing this package does not import the LSST middleware; building a graph does.
"""

from .executor import PipetaskExecutor

__all__ = ["PipetaskExecutor"]
