"""The change of a pool's endpoint in words, for messages and reports."""

from model_packager.stored import PoolChange


def pool_text(change: PoolChange, *, succeeded: bool, undone: bool = True) -> str:
    """Describe the change, and the models whose next drop changes the endpoint again.

    Args:
        change: the change that the drop requested.
        succeeded: whether the version is live.
        undone: after a failure, whether Roll Back has done all of its work.
    """
    if not succeeded:
        kept = ", which keeps" if undone else " instead of"
        return f"The drop requested {change.after} for the pool's endpoint{kept} {change.before}."
    text = f"The pool's endpoint changed from {change.before} to {change.after}."
    if not change.contradicted_by:
        return text
    models = ", ".join(change.contradicted_by[:5])
    return (
        f"{text} The deploy.yaml of other models sets other instances ({models}): their next drop "
        "changes the endpoint again."
    )
