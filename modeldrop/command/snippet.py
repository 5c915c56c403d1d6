"""`modeldrop snippet`: print a program that calls a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model_packager.client_code.languages import Language, client_code, languages
from modeldrop.api.stack import local_command
from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.output_file import check_output
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.errors import UsageError
from modeldrop.live.calls import call_of
from modeldrop.live.live_model import read_live_model

if TYPE_CHECKING:
    from model_packager.client_code.call import Call

LanguageOption = Annotated[Language, typer.Option("--language", "-l", help="Language or program.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")
]


@choosing_stack
def snippet(
    chosen: StackChoice,
    name: ModelName,
    language: LanguageOption = Language.PYTHON,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Print a program that calls model NAME.

    It has the names, shapes and dtypes of the tensors, the preprocessing and the labels, and uses
    public libraries only. Exit code 2: the model has no live version, or LANGUAGE cannot call it.
    """
    if output is not None:
        check_output(output)
    stack = chosen.find()
    live = read_live_model(stack.session, name, stack.artifact_bucket)
    call = call_of(stack.session, live, stack.artifact_bucket)
    code = client_code(call, _possible(language, call))
    if output is not None:
        output.write_text(code, encoding="utf-8")
    if as_json:
        file = str(output) if output else None
        print_json({"language": language.value, "code": code, "file": file})
    elif output is not None:
        console.print(f"Wrote {output}.")
    else:
        print(code, end="")
    if live.asleep_since is not None:
        wake = chosen.command("wake", name)
        console.print(f"{name} is asleep. The program works after: {wake}")
    if chosen.local:
        env = local_command("env", chosen.home)
        console.print(f'The local cloud\'s environment: eval "$({env})"')


def _possible(language: Language, call: Call) -> Language:
    if language not in languages(call):
        raise UsageError(
            f"{call.model} has FP16 tensors, which Triton does not accept as JSON, and the code "
            f"for {language} sends JSON.",
            f"Use --language {Language.PYTHON}.",
        )
    return language
