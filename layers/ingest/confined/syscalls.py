"""Calls to the kernel that Python does not wrap."""

import ctypes
import os
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUSER = 0x40000000, 0x08000000, 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class KernelError(OSError):
    """The kernel refused a call, or does not know it."""


def syscall(number: int, *arguments: Any) -> int:  # noqa: ANN401 - numbers, pointers, None
    """Make a system call by number; raise KernelError when it fails."""
    return _checked(f"syscall {number}", _libc.syscall(ctypes.c_long(number), *_wide(arguments)))


def libc_call(name: str, *arguments: Any) -> int:  # noqa: ANN401
    """Make a call of the C library; raise KernelError when it fails."""
    return _checked(name, getattr(_libc, name)(*_wide(arguments)))


def _wide(arguments: tuple[Any, ...]) -> list[Any]:
    """Return numbers as wide as a register: the kernel checks that unused ones are zero."""
    return [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]


def _checked(name: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise KernelError(code, f"{name}: {os.strerror(code)}")
    return int(result)
