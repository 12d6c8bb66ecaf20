"""Landlock: this process opens no file but those named, and no TCP connection.

The kernel's own sandbox for unprivileged processes (Linux 5.13 and newer), by its three system
calls: landlock_create_ruleset, landlock_add_rule, landlock_restrict_self (man 7 landlock).
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from layers.ingest.confined.syscalls import PR_SET_NO_NEW_PRIVS, KernelError, libc_call, syscall

# The same numbers on every architecture (added after the tables were unified).
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _RULE_PATH_BENEATH = 1, 1

# linux/landlock.h, LANDLOCK_ACCESS_FS_*
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
# rights known to version 1 … 5 of the interface: how many bits
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_TCP = 0b11  # bind and connect, from version 4
_SCOPED = 0b11  # abstract sockets and signals, from version 6
_NET_FROM, _SCOPED_FROM, _TRUNCATE_FROM = 4, 6, 3

READ = _READ_FILE | _READ_DIR


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def version() -> int:
    """Return the version of the interface this kernel offers, 0 when it offers none."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    except KernelError:
        return 0


def restrict(*, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Leave this process only these files and folders, for good; writable ones for all but running.

    Raises
    ------
    KernelError
        The kernel does not offer Landlock.
    """
    offered = version()
    if not offered:
        raise KernelError("landlock_create_ruleset")
    known = (1 << _FS_BITS.get(offered, _FS_BITS[max(_FS_BITS)])) - 1
    ruleset = _Ruleset(
        known,
        _NET_TCP if offered >= _NET_FROM else 0,
        _SCOPED if offered >= _SCOPED_FROM else 0,
    )
    rules = syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        for path in readable:
            _allow(rules, path, READ)
        for path in writable:
            _allow(rules, path, known & ~_EXECUTE)
        libc_call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        syscall(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, access: int) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        access &= _READ_FILE | _WRITE_FILE | (_TRUNCATE if version() >= _TRUNCATE_FROM else 0)
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(access, opened)
        syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(opened)
