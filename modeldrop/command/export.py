"""`modeldrop export`: write a PyTorch model as TorchScript with its signature."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.interruption import announce

Source = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FACTORY",
        help="A torchvision classifier, such as resnet50, or module:factory.",
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write model.pt.")]
Weights = Annotated[
    str | None,
    typer.Option(help="Weights of a torchvision model, such as DEFAULT. Default: random."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", help='Input of a module that a factory returns: "FP32[3,224,224]".'),
]
Method = Annotated[Literal["trace", "script"], typer.Option(help="torch.jit method.")]
Seed = Annotated[int, typer.Option(help="Seed for random weights.")]


def export(
    source: Source,
    output: Output = Path("model.pt"),
    weights: Weights = None,
    inputs: Inputs = None,
    method: Method = "trace",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Write a model as TorchScript with its signature.

    Exit code 2: there is no such model, or torch.jit cannot compile it.
    """
    check_output(output)
    try:
        # torch takes seconds to import, no other command needs it, and it is optional.
        from model_packager.exporter import export_factory, export_torchvision
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The export needs PyTorch, and {error.name} is not installed.",
            "In a checkout of Modeldrop, run: pipx install --force '.[export]'",
        ) from error
    announce(f"Interrupted. {output} may be incomplete: repeat the command.")
    if ":" in source:
        spec = export_factory(source, output, inputs=inputs or (), seed=seed, method=method)
    else:
        spec = export_torchvision(source, output, weights=weights, seed=seed, method=method)
    size = output.stat().st_size
    if as_json:
        written = spec.model_dump(mode="json", include={"inputs", "outputs", "max_batch_size"})
        print_json({"output": str(output), "bytes": size, **written})
        return
    declared = (*(spec.inputs or ()), *(spec.outputs or ()))
    tensors = [f"{each.name} {each.dtype} {list(each.dims)}" for each in declared]
    console.print(f"{output}: {size:,} bytes; {', '.join(tensors)}")
