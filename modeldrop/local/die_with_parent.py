"""Runs a program that the kernel sends a signal when its parent ends.

`python -IS die_with_parent.py SIGNAL PARENT_PID PROGRAM ARGUMENTS…`. This is a separate script
because preexec_fn is unsafe in a process with threads. PR_SET_PDEATHSIG survives execve (prctl(2)).
It fires when the *thread* that started this process ends, so that thread must outlive the program.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(sys.argv[1]))
    if os.getppid() != int(sys.argv[2]):  # the parent ended before the call of prctl
        sys.exit("the parent process has ended")
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - no shell
