"""PostgreSQL's settings for one machine that also runs Krong; rewritten at every start.

A city that wants others edits ``postgresql.conf`` after the include line, or moves to its own
server with ``DATABASE_URL``.
"""

import os
import shutil
import stat
from pathlib import Path

MEGABYTE = 1024 * 1024
SMALLEST_SHARED_MEMORY_MB = 512  # parallel queries of 60 sessions; containers often give 64 MB


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE


def _shared_memory_kind(shared: Path = Path("/dev/shm")) -> str:  # noqa: S108 - looked at only
    """Return ``posix`` where /dev/shm is open and has room, else ``mmap``, slower but sure."""
    if not shared.is_dir() or not shared.stat().st_mode & stat.S_IWOTH:
        return "mmap"
    has_room = shutil.disk_usage(shared).total // MEGABYTE >= SMALLEST_SHARED_MEMORY_MB
    return "posix" if has_room else "mmap"


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def configuration(socket_dir: Path, cluster_name: str, memory_mb: int | None = None) -> str:
    """Return ``krong.conf`` for a socket folder and a machine's memory [MB]."""
    memory = memory_mb or _memory_mb()
    settings: dict[str, object] = {
        "listen_addresses": "",
        "cluster_name": cluster_name,
        "port": 5432,
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "max_connections": 100,  # a Krong that serves holds up to 17
        "max_locks_per_transaction": 256,  # a statement over layers with own tables locks them all
        "shared_buffers": f"{min(256, memory // 8)}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": f"{min(256, memory // 8)}MB",
        "dynamic_shared_memory_type": _shared_memory_kind(),
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": 1.1,
        "jit": "off",  # compiling spatial queries costs more than it saves
        "client_connection_check_interval": 1000,  # [ms] a query ends when its client has died
        "fsync": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "log_line_prefix": "%m [%p] %d ",
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    return "# Written by Krong at every start; changes here are lost.\n" + "\n".join(lines) + "\n"
