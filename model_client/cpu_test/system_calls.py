"""A seccomp filter that blocks network, other processes and changes of files.

The kernel rejects the listed system calls with EPERM, for the process and all of its threads, and
the filter cannot be removed (seccomp(2)). It needs no privileges, and must be installed before
libraries start threads.
"""

import ctypes
import platform
import struct

_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2  # linux/seccomp.h

# The numbers are for x86_64 (arch/x86/entry/syscalls/syscall_64.tbl).
_NETWORK = (41, 42, 43, 44, 45, 46, 47, 49, 50, 53, 288, 299, 307)
"""socket, connect, accept, sendto, recvfrom, sendmsg, recvmsg, bind, listen, socketpair, accept4,
recvmmsg, sendmmsg."""
_PROCESSES = (57, 58, 59, 62, 101, 129, 200, 234, 297, 310, 311, 322, 424, 434, 438, 440)
"""fork, vfork, execve, kill, ptrace, rt_sigqueueinfo, tkill, tgkill, rt_tgsigqueueinfo,
process_vm_readv, process_vm_writev, execveat, pidfd_send_signal, pidfd_open, pidfd_getfd,
process_madvise."""
_FILES = (76, 82, 83, 84, 85, 86, 87, 88, 90, 92, 133, 258, 259, 260, 263, 264, 265, 266, 268, 316)
"""truncate, rename, mkdir, rmdir, creat, link, unlink, symlink, chmod, chown, mknod, mkdirat,
mknodat, fchownat, unlinkat, renameat, linkat, symlinkat, fchmodat, renameat2."""
_KERNEL = (155, 161, 165, 166, 175, 246, 248, 249, 250, 272, 298, 304, 308, 313, 320, 321, 323)
"""pivot_root, chroot, mount, umount2, init_module, kexec_load, add_key, request_key, keyctl,
unshare, perf_event_open, open_by_handle_at, setns, finit_module, kexec_file_load, bpf,
userfaultfd."""
_WITHOUT_SUBSTITUTE = (425, 426, 427)
"""io_uring_setup, io_uring_enter, io_uring_register, which could make the other calls."""
_UNKNOWN_TO_LIBC = (435, 437)
"""clone3, openat2. Without them, libc uses clone and openat, whose arguments a filter can read."""
_OPEN, _OPENAT, _CLONE = 2, 257, 56
_WRITES = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_CLONE_THREAD = 0x10000  # linux/sched.h

_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_ARCH_X86_64, _X32 = 0xC000003E, 0x40000000
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000  # linux/seccomp.h
_EPERM, _ENOSYS = 1, 38


class NoFilter(Exception):
    """The kernel or the processor does not support the filter."""


def confine() -> None:
    """Install the filter in this process, permanently.

    Raises:
        NoFilter: the filter cannot be installed.
    """
    if platform.machine() != "x86_64":
        raise NoFilter(f"the processor is {platform.machine()}, not x86_64")
    program = b"".join(_filter())
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    )
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    for option, mode, address in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0),
        (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(header)),
    ):
        if prctl(option, mode, address, 0, 0) != 0:
            raise NoFilter(f"prctl {option} fails with the error {ctypes.get_errno()}")


def _filter() -> list[bytes]:
    """Return the program (Documentation/userspace-api/seccomp_filter.rst).

    It reads struct seccomp_data: the call's number, the architecture, and six arguments.
    """
    refuse, unknown = _return(_ERROR | _EPERM), _return(_ERROR | _ENOSYS)
    program = [_load(4), _jump(_EQUAL, _ARCH_X86_64, 1, 0), _return(_KILL)]
    program += [_load(0), _jump(_AT_LEAST, _X32, 0, 1), refuse]
    for number in (*_NETWORK, *_PROCESSES, *_FILES, *_KERNEL, *_WITHOUT_SUBSTITUTE):
        program += [_jump(_EQUAL, number, 0, 1), refuse]
    for number in _UNKNOWN_TO_LIBC:
        program += [_jump(_EQUAL, number, 0, 1), unknown]
    for number, argument, bits, if_set, otherwise in (
        (_OPEN, 1, _WRITES, refuse, _return(_ALLOW)),
        (_OPENAT, 2, _WRITES, refuse, _return(_ALLOW)),
        (_CLONE, 0, _CLONE_THREAD, _return(_ALLOW), refuse),
    ):
        program += [_jump(_EQUAL, number, 0, 4), _load(16 + 8 * argument)]
        program += [_jump(_HAS_BITS, bits, 0, 1), if_set, otherwise]
    return [*program, _return(_ALLOW)]


def _load(offset: int) -> bytes:
    return struct.pack("HBBI", _LOAD, 0, 0, offset)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _return(value: int) -> bytes:
    return struct.pack("HBBI", _RETURN, 0, 0, value)
