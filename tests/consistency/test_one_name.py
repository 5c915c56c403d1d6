"""Each step has one name for state, folder, function resource and contract."""

from typing import Any

import pytest

from modeldrop.stack.template import statements
from tests.consistency.asl import (
    MACHINES,
    NOT_TASKS,
    OPTIONAL_STEPS,
    RESOURCES,
    ROOT,
    STATES,
    STEPS,
    TASKS,
    function,
    machine_resource,
    pascal,
    snake,
    substitutions,
    tasks,
)
from workflow.contracts import batch_transform, deploy_model, retire_model


def test_state_names_are_unique() -> None:
    assert len(STATES) == sum(len(machine["States"]) for machine in MACHINES.values())


def test_machines_are_the_files_and_the_resources() -> None:
    files = {path.name for path in (ROOT / "statemachine").iterdir()}
    assert files == {f"{machine}.asl.json" for machine in MACHINES}
    found = [name for name, each in RESOURCES.items() if each["Type"].endswith("::StateMachine")]
    assert found == [machine_resource(machine) for machine in MACHINES]
    for machine in MACHINES:
        properties = RESOURCES[machine_resource(machine)]["Properties"]
        assert properties["DefinitionUri"] == f"statemachine/{machine}.asl.json"
        assert properties["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{machine.replace('_', '-')}"}


def test_folders_are_the_states() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {snake(step) for step in STEPS}


def test_events_invoke_the_functions_outside_the_workflows() -> None:
    for step in STEPS:
        events = function(step).get("Events", {})
        expected = [] if step in TASKS else [NOT_TASKS[step]]
        assert [each["Type"] for each in events.values()] == expected


def test_function_resources_are_the_steps_in_pipeline_order() -> None:
    functions = [name for name, each in RESOURCES.items() if each["Type"].endswith("::Function")]
    assert functions == [f"{pascal(step)}Function" for step in STEPS]


def test_contracts_are_the_steps_in_pipeline_order() -> None:
    names = [*vars(deploy_model), *vars(batch_transform), *vars(retire_model)]
    inputs = [name for name in names if name.endswith("Input")]
    outputs = [name for name in names if name.endswith("Output")]
    assert inputs == [f"{pascal(step)}Input" for step in STEPS]
    assert outputs == [f"{pascal(step)}Output" for step in STEPS]


@pytest.mark.parametrize("state", TASKS)
def test_task_calls_its_own_function(state: str) -> None:
    assert TASKS[state]["Resource"] == f"${{{pascal(state)}FunctionArn}}"


@pytest.mark.parametrize("step", STEPS)
def test_function_has_its_own_handler(step: str) -> None:
    assert function(step)["Handler"] == f"{snake(step)}.handler.handler"


@pytest.mark.parametrize("step", STEPS)
def test_unit_tests_call_the_handler(step: str) -> None:
    tests = (ROOT / "tests/unit/functions" / snake(step)).glob("*.py")
    imported = f"from {snake(step)}.handler import "
    assert any(imported in test.read_text() for test in tests)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_substitution_is_set_and_used(machine: str) -> None:
    definition = RESOURCES[machine_resource(machine)]["Properties"]["DefinitionSubstitutions"]
    used = substitutions((ROOT / "statemachine" / f"{machine}.asl.json").read_text())
    assert set(definition) == used
    for name, value in definition.items():
        if name.endswith("FunctionArn"):
            existing, _if_absent = branches(value)
            assert existing == {"Fn::GetAtt": f"{name.removesuffix('Arn')}.Arn"}


def branches(value: dict[str, Any]) -> tuple[Any, Any]:
    """Return the value of an Fn::If with the function and without it."""
    _condition, existing, absent = value.get("Fn::If", [None, value, None])
    return existing, absent


@pytest.mark.parametrize("step", STEPS)
def test_function_exists_unless_its_condition_is_false(step: str) -> None:
    condition = OPTIONAL_STEPS.get(step)
    assert RESOURCES[f"{pascal(step)}Function"].get("Condition") == condition


@pytest.mark.parametrize(("step", "condition"), OPTIONAL_STEPS.items())
def test_a_stack_without_a_function_does_not_refer_to_it(step: str, condition: str) -> None:
    """A state machine needs an ARN for each state.

    A Choice state skips the state without a function.
    """
    properties = RESOURCES["DeployModelStateMachine"]["Properties"]
    arn = {"Fn::GetAtt": f"{pascal(step)}Function.Arn"}
    substituted = properties["DefinitionSubstitutions"][f"{pascal(step)}FunctionArn"]
    assert substituted == {"Fn::If": [condition, arn, {"Fn::GetAtt": "InspectModelFunction.Arn"}]}
    invoked = [
        (when, statement["Resource"])
        for _name, statement, when in statements({"": {"Properties": properties}})
        if statement["Sid"].startswith("Invoke") and when
    ]
    assert invoked == [(condition, arn)]


@pytest.mark.parametrize("machine", MACHINES)
def test_machine_may_invoke_its_functions_and_no_others(machine: str) -> None:
    policies = RESOURCES[machine_resource(machine)]["Properties"]["Policies"]
    invoke = next(each for each in policies[0]["Statement"] if each["Sid"] == "InvokeSteps")
    assert invoke["Resource"] == [
        {"Fn::GetAtt": f"{pascal(state)}Function.Arn"}
        for state in tasks(machine)
        if state not in OPTIONAL_STEPS
    ]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reachable_and_every_next_exists(machine: str) -> None:
    states = MACHINES[machine]["States"]
    reached, waiting = set[str](), [MACHINES[machine]["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = states[name]
        branches = [*state.get("Choices", []), *state.get("Catch", []), state]
        waiting += [each["Next"] for each in branches if "Next" in each]
        waiting += [state["Default"]] if "Default" in state else []
    assert reached == set(states)
