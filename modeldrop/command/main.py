"""The entry point of the `modeldrop` command. It handles signals before anything is imported."""

import sys

from modeldrop import interruption


def main() -> None:
    """Run the command and exit with one of the codes of `modeldrop.exit_code`."""
    interruption.install()
    # Here, not above: these imports take a second, in which Ctrl-C must not print a traceback.
    from modeldrop.command.app import run

    exit_code = run()
    interruption.finish()
    sys.exit(exit_code)
