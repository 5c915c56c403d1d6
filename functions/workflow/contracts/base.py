"""The base class of the contracts of both state machines."""

from model_packager.stored import FrozenModel


class Contract(FrozenModel):
    """The input or output of a state, or a part of one."""
