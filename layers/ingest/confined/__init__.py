"""Foreign files are read in a process that can do nothing else.

``host`` is the process, ``reader`` asks it; what the kernel offers to hold it is in ``limits``,
``landlock``, ``seccomp`` and ``defences``.
"""
