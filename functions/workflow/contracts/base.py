"""What the contracts of both state machines have in common."""

from model_packager.stored import FrozenModel


class Contract(FrozenModel):
    """The input or the output of a state, or a part of one."""
