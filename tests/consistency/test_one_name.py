"""One name for each step, through state, folder, function resource and contract."""

import re

import pytest

from tests.consistency.asl import (
    ASL,
    RESOURCES,
    ROOT,
    STATES,
    TASKS,
    function,
    pascal,
    snake,
    substitutions,
)
from workflow import contracts


def test_rooms_are_the_tasks() -> None:
    rooms = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert rooms == {snake(state) for state in TASKS}


def test_function_resources_are_the_tasks_in_pipeline_order() -> None:
    functions = [name for name, each in RESOURCES.items() if each["Type"].endswith("::Function")]
    assert functions == [f"{pascal(state)}Function" for state in TASKS]


def test_contracts_are_the_tasks_in_pipeline_order() -> None:
    inputs = [name for name in vars(contracts) if re.fullmatch(r"\w+Input", name)]
    outputs = [name for name in vars(contracts) if re.fullmatch(r"\w+Output", name)]
    assert inputs == [f"{pascal(state)}Input" for state in TASKS]
    assert outputs == [f"{pascal(state)}Output" for state in TASKS]


@pytest.mark.parametrize("state", TASKS)
def test_task_calls_its_own_function(state: str) -> None:
    assert TASKS[state]["Resource"] == f"${{{pascal(state)}FunctionArn}}"
    assert function(state)["Handler"] == f"{snake(state)}.handler.handler"


def test_every_substitution_is_given_and_used() -> None:
    given = RESOURCES["DeployModelStateMachine"]["Properties"]["DefinitionSubstitutions"]
    used = substitutions((ROOT / "statemachine" / "deploy_model.asl.json").read_text())
    assert set(given) == used
    for name, value in given.items():
        if name.endswith("FunctionArn"):
            assert value == {"Fn::GetAtt": f"{name.removesuffix('Arn')}.Arn"}


def test_machine_may_invoke_its_functions_and_no_others() -> None:
    policies = RESOURCES["DeployModelStateMachine"]["Properties"]["Policies"]
    invoke = next(each for each in policies[0]["Statement"] if each["Sid"] == "InvokeSteps")
    assert invoke["Resource"] == [{"Fn::GetAtt": f"{pascal(state)}Function.Arn"} for state in TASKS]


def test_every_state_is_reachable_and_every_next_exists() -> None:
    reached, waiting = set[str](), [ASL["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = STATES[name]
        branches = [*state.get("Choices", []), *state.get("Catch", []), state]
        waiting += [each["Next"] for each in branches if "Next" in each]
        waiting += [state["Default"]] if "Default" in state else []
    assert reached == set(STATES)
