"""The entry point of the `modeldrop` command. It handles signals before anything is imported."""

import gc
import signal
import sys


def main() -> None:
    """Run the command and exit with one of the codes of `modeldrop.exit_code`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Python's handler would print a traceback. Our handler is installed a few milliseconds
        # later.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from modeldrop import interruption

    interruption.install()
    # The imports and botocore's models create a million permanent objects. Python's garbage
    # collector would scan them repeatedly, which would take a tenth of the command's time.
    gc.set_threshold(100_000, 50, 50)
    # Imported here, because Ctrl-C must not print a traceback during these slow imports.
    from modeldrop.command.terminal.standard_streams import close_streams, open_streams, report

    open_streams()
    from modeldrop.command.app import run

    exit_code = run()
    failure = close_streams()
    if failure is not None:
        report(failure)
        exit_code = exit_code or 1
    interruption.finish()
    sys.exit(exit_code)
