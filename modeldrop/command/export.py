"""`modeldrop export`: from a PyTorch model in Python to a model.pt that says how to serve it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from modeldrop.command.output_file import check_output
from modeldrop.command.screen import people
from modeldrop.mistake import Mistake

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
    typer.Option(help="Weights of a torchvision model, such as DEFAULT; else random ones."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", help='An input of a factory\'s module, such as "FP32[3,224,224]".'),
]
Method = Annotated[Literal["trace", "script"], typer.Option(help="How torch.jit compiles it.")]
Seed = Annotated[int, typer.Option(help="Of random weights.")]


def export(
    source: Source,
    output: Output = Path("model.pt"),
    weights: Weights = None,
    inputs: Inputs = None,
    method: Method = "trace",
    seed: Seed = 0,
) -> None:
    """Write a model as TorchScript, with its signature inside."""
    check_output(output)
    try:
        # torch takes seconds to import, no other command needs it, and it may not be there.
        from model_packager.exporter import export_factory, export_torchvision
    except ModuleNotFoundError as error:
        raise Mistake(
            f"Exporting needs PyTorch, and {error.name} is not installed. In a checkout of "
            "Modeldrop: pipx install --force '.[export]'"
        ) from error
    if ":" in source:
        spec = export_factory(source, output, inputs=inputs or (), seed=seed, method=method)
    else:
        spec = export_torchvision(source, output, weights=weights, seed=seed, method=method)
    tensors = [
        f"{tensor.name} {tensor.dtype} {list(tensor.dims)}"
        for tensor in (*(spec.inputs or ()), *(spec.outputs or ()))
    ]
    people.print(f"{output}: {output.stat().st_size:,} bytes; {', '.join(tensors)}")
