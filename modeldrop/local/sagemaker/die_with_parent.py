"""Becomes another program that the kernel kills when the program that started it is gone.

`python die_with_parent.py PARENT_PID PROGRAM ARGUMENTS…`. A script of its own, since a
preexec_fn is unsafe in a process with threads. PR_SET_PDEATHSIG survives execve (prctl(2)); it
answers to the death of the *thread* that started us, so that thread has to live as long as we.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before we asked
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell
