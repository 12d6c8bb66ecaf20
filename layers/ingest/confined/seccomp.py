"""Seccomp: the kernel refuses this process the calls that reading a file never needs.

A filter in the kernel's packet-filter language (man 2 seccomp): running programs, sockets, looking
into other processes, mounting, new namespaces and the like fail with "not permitted".
"""

import ctypes
import errno
import platform
import struct

from layers.ingest.confined.syscalls import (
    PR_SET_NO_NEW_PRIVS,
    PR_SET_SECCOMP,
    KernelError,
    libc_call,
)

_MODE_FILTER = 2
# linux/bpf_common.h and linux/seccomp.h
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_X32_FROM = 0x40000000  # the second table of x86-64, which no program needs

# Each call by its name, its number on x86-64 and on arm64 (the kernel's own call tables).
_REFUSED: tuple[tuple[str, int, int], ...] = (
    ("execve", 59, 221),
    ("execveat", 322, 281),
    ("socket", 41, 198),
    ("socketpair", 53, 199),
    ("connect", 42, 203),
    ("bind", 49, 200),
    ("listen", 50, 201),
    ("accept", 43, 202),
    ("accept4", 288, 242),
    ("sendto", 44, 206),
    ("sendmsg", 46, 211),
    ("sendmmsg", 307, 269),
    ("ptrace", 101, 117),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("pidfd_open", 434, 434),
    ("pidfd_getfd", 438, 438),
    ("pidfd_send_signal", 424, 424),
    ("mount", 165, 40),
    ("umount2", 166, 39),
    ("pivot_root", 155, 41),
    ("chroot", 161, 51),
    ("unshare", 272, 97),
    ("setns", 308, 268),
    ("open_by_handle_at", 304, 265),
    ("bpf", 321, 280),
    ("perf_event_open", 298, 241),
    ("userfaultfd", 323, 282),
    ("io_uring_setup", 425, 425),
    ("keyctl", 250, 219),
    ("add_key", 248, 217),
    ("request_key", 249, 218),
    ("init_module", 175, 105),
    ("finit_module", 313, 273),
    ("delete_module", 176, 106),
    ("kexec_load", 246, 104),
    ("reboot", 169, 142),
    ("swapon", 167, 224),
    ("swapoff", 168, 225),
    ("syslog", 103, 116),
    ("acct", 163, 89),
    ("settimeofday", 164, 170),
    ("clock_settime", 227, 112),
    ("sethostname", 170, 161),
    ("quotactl", 179, 60),
)
_ARCHITECTURES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def is_known_here() -> bool:
    """Tell whether the call numbers of this machine's architecture are known."""
    return platform.machine() in _ARCHITECTURES


def restrict() -> None:
    """Refuse this process and its children the calls of the list, for good.

    Raises
    ------
    KernelError
        Another architecture, or a kernel without seccomp filters.
    """
    if not is_known_here():
        raise KernelError(errno.ENOSYS, f"call numbers of {platform.machine()} are not known")
    program = _program()
    libc_call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prepared = _Filter(len(program) // 8, program)
    libc_call("prctl", PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(prepared), 0, 0)


def _program() -> bytes:
    audit_number, column = _ARCHITECTURES[platform.machine()]
    numbers = [int(entry[column]) for entry in _REFUSED]
    steps = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, audit_number),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 0, 1, _X32_FROM),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in numbers:
        steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _FAIL | errno.EPERM)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
