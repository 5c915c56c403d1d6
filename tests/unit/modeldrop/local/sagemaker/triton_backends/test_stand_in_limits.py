import pytest

from modeldrop.local.sagemaker.triton_backends.stand_in_limits import require_supported


@pytest.mark.parametrize("section", ["sequence_batching", "batch_input", "batch_output"])
def test_section_that_only_tritons_own_backend_supports(section: str) -> None:
    sentence = f"modeldrop: the local stand-in for libtorch does not support {section}; "
    with pytest.raises(ValueError, match=sentence):
        require_supported({section: [{"kind": "x"}]}, "libtorch", ValueError)
    require_supported({section: []}, "libtorch", ValueError)
