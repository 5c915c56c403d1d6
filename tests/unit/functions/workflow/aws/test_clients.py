from workflow.aws import clients


def test_clients_are_made_once() -> None:
    assert clients.s3() is clients.s3()


def test_s3_repeats_in_place_and_others_leave_that_to_the_state_machine() -> None:
    def attempts(client: object) -> int:
        return client.meta.config.retries["total_max_attempts"]  # type: ignore[attr-defined,no-any-return]

    assert attempts(clients.s3()) == 5
    assert attempts(clients.sagemaker()) == 1


def test_an_invocation_may_take_as_long_as_sagemaker_allows() -> None:
    assert clients.sagemaker_runtime().meta.config.read_timeout > 60  # type: ignore[attr-defined]
