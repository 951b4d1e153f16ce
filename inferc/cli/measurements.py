"""What the commands that read measurements share: their options, and reading the files."""

from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias

from inferc.cli.arguments import Argument, Option, UsageError
from inferc.cli.exit_codes import OK, WRONG_FILE
from inferc.cli.rates import read_rate
from inferc.cli.show import exit_code, show

if TYPE_CHECKING:
    from inferc.compiler.calibration import Calibration, Known, Measurement

Data: TypeAlias = Annotated[
    list[str], Argument("DATA...", "CSV tables, or results of load generators.")
]
Details: TypeAlias = Annotated[
    str, Option(("--details",), "A table that says more about the rows by id.", metavar="FILE")
]
Model: TypeAlias = Annotated[
    str, Option(("--model",), "Where a result does not say it.", metavar="NAME")
]
Gpu: TypeAlias = Annotated[
    str, Option(("--gpu",), "Where a result does not say it.", metavar="NAME")
]
Engine: TypeAlias = Annotated[
    str, Option(("--engine",), "Where a result does not say it.", metavar="NAME")
]
EngineArgs: TypeAlias = Annotated[
    str, Option(("--engine-args",), "The server's command line.", metavar="TEXT")
]
Precision: TypeAlias = Annotated[
    str, Option(("--precision",), "Of the server's weights.", metavar="FORMAT")
]
Tensor: TypeAlias = Annotated[int, Option(("--tp",), "Accelerators of a server.", metavar="N")]
Isl: TypeAlias = Annotated[
    int, Option(("--isl",), "Tokens of a prompt, where a result does not say.", metavar="N")
]
Osl: TypeAlias = Annotated[int, Option(("--osl",), "Tokens of an answer.", metavar="N")]
Concurrency: TypeAlias = Annotated[
    int, Option(("--concurrency",), "Clients that waited for answers.", metavar="N")
]
Rate: TypeAlias = Annotated[str, Option(("--rate",), "Requests that came: 5/s.", metavar="RATE")]


class Server(NamedTuple):
    """What the command line says about the server of all results; empty or 0 for unknown."""

    model: str = ""
    gpu: str = ""
    engine: str = ""
    engine_args: str = ""
    precision: str = ""
    tp: int = 0
    isl: int = 0
    osl: int = 0
    concurrency: int = 0
    rate: str = ""

    def known(self) -> "Known":
        """Return it as the readers of results take it.

        Raises:
            UsageError: A number is below zero, or a rate is none.
        """
        from inferc.compiler.calibration import Known

        for name in ("tp", "isl", "osl", "concurrency"):
            if getattr(self, name) < 0:
                raise UsageError(f"{getattr(self, name)} is not 1 or more", f"--{name}")
        return Known(
            model=self.model,
            gpu=self.gpu,
            engine=self.engine,
            tensor_parallel=self.tp or None,
            weights=self.precision,
            scheduler_flags=self.engine_args,
            concurrency=self.concurrency or None,
            rate_per_s=read_rate(self.rate) if self.rate else None,
            isl_tok=float(self.isl) or None,
            osl_tok=float(self.osl) or None,
        )


class Rows(NamedTuple):
    """What was read, and the exit code that the reading alone would end with."""

    measurements: "tuple[Measurement, ...]"
    calibration: "Calibration | None"
    """None for the shipped one."""
    code: int
    usable: bool
    """Whether there is something to go on with."""


def read_rows(
    data: list[str],
    details: str,
    server: Server,
    calibration: str = "",
    *,
    form: str,
    color: str,
) -> Rows:
    """Return the measurements of files, after showing what is wrong with them."""
    from inferc.accuracy import read, read_calibration

    measured, fit = read(data, details=details, known=server.known()), read_calibration(calibration)
    show((*measured.diagnostics, *fit.diagnostics), form=form, color=color)
    wrong = exit_code(fit.diagnostics)
    usable = bool(measured.measurements) and wrong == OK
    code = wrong or exit_code(measured.diagnostics)
    return Rows(
        measured.measurements, fit.calibration, code if usable else code or WRONG_FILE, usable
    )
