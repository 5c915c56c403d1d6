"""Becomes another program that gets a signal from the kernel when what started it is gone.

`python -IS die_with_parent.py SIGNAL PARENT_PID PROGRAM ARGUMENTS…`. A script of its own, since a
preexec_fn is unsafe in a process with threads. PR_SET_PDEATHSIG survives execve (prctl(2)); it
answers to the death of the *thread* that started us, so that thread has to live as long as we.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(sys.argv[1]))
    if os.getppid() != int(sys.argv[2]):  # it died before we asked
        sys.exit("the parent process is gone")
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - no shell
