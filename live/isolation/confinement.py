"""Confines a process before it works on untrusted data.

An exploited decoder can then only open Python's own libraries. It can't create or execute files or make connections;
the files it needs are already open. Uses Landlock and seccomp. If the kernel lacks one, the other still applies.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

MEMORY = 700_000_000  # bytes of address space, as needed for a 25 Mpx image in the most demanding format
MAX_FILE_BYTES = 32_000_000

# linux/prctl.h
_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES = 1, 4, 22, 38
# linux/landlock.h
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}  # all rights supported by each version
_ALL_FILE_RIGHTS, _TCP, _SIGNALS_AND_SOCKETS = 0xFFFF, 3, 3
# linux/filter.h, linux/seccomp.h
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE = 0, 4  # offsets in struct seccomp_data
_FILTER, _ALLOW, _REFUSE = 2, 0x7FFF0000, 0x00050000 | errno.EPERM
_OTHER_NUMBERS = 0x40000000  # the first of x86's x32 numbers for the same calls
_CONNECTING = {  # AUDIT_ARCH, and the call numbers of socket, connect and io_uring_setup
    "x86_64": (0xC000003E, (41, 42, 425)),
    "aarch64": (0xC00000B7, (198, 203, 425)),
}


def confine() -> None:
    """Irreversibly drop all privileges that decoding does not need."""
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")  # to be killed before the server
        library = ctypes.CDLL(None)
        library.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        library.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        library.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        _lock_files(library, {sys.prefix, sys.base_prefix})
        _lock_sockets(library)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _lock_files(library: ctypes.CDLL, readable: set[str]) -> None:
    version = library.syscall(_CREATE_RULESET, None, 0, _GET_VERSION)
    if version < 1:
        return
    rights = _FILE_RIGHTS.get(version, _ALL_FILE_RIGHTS)
    handled = struct.pack("QQQ", rights, _TCP, _SIGNALS_AND_SOCKETS)
    known = 8 if version < 4 else 16 if version < 6 else 24
    rules = library.syscall(_CREATE_RULESET, handled, known, 0)
    for path in readable:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        library.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", _READ_FILE | _READ_FOLDER, folder), 0)
        os.close(folder)
    library.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _lock_sockets(library: ctypes.CDLL) -> None:
    """Forbid sockets, because Landlock does not cover Unix sockets, which databases may use."""
    if platform.machine() not in _CONNECTING:
        return
    machine, refused = _CONNECTING[platform.machine()]
    # `last` is the index of the step that refuses the call. Jumps are numbers of steps to skip, if true and if false.
    last = len(refused) + 5
    steps = [(_LOAD, 0, 0, _MACHINE), (_IF_EQUAL, 0, last - 2, machine)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_IF_AT_LEAST, last - 4, 0, _OTHER_NUMBERS)]
    steps += [(_IF_EQUAL, last - 1 - index, 0, number) for index, number in enumerate(refused, start=4)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    library.prctl(_SET_SECCOMP, _FILTER, struct.pack("HP", len(steps), ctypes.addressof(program)), 0, 0)
