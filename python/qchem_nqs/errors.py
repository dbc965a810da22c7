"""What goes wrong, and what is worth a warning."""


class ProgramNotFoundError(FileNotFoundError):
    """The program is not where it was looked for."""


class ProgramError(RuntimeError):
    """The program ended with an error.

    Attributes:
        exit_code: its exit code: 2 for bad options or input, 3 where ``require_convergence`` was given and the steps
            ran out; negative where a signal ended it.
        command: its words.
    """

    def __init__(self, message, exit_code, command):
        super().__init__(message)
        self.exit_code = exit_code
        self.command = command


class ResultFileError(ValueError):
    """A file is no result of the program, or is damaged."""


class ResultWarning(UserWarning):
    """What the program says before an energy is used."""


class NotConvergedWarning(ResultWarning):
    """A result that is not converged."""
