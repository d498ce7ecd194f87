"""Words what the operating system refuses, in the reader's language: its own words are English nearly everywhere."""

import errno
import socket

from translations import Message, lazy_gettext

_REASONS = {
    errno.ENOENT: lazy_gettext("there is no such file or folder"),
    errno.EACCES: lazy_gettext("this user may not"),
    errno.EPERM: lazy_gettext("this user may not"),
    errno.EROFS: lazy_gettext("the disk is read-only"),
    errno.ENOSPC: lazy_gettext("the disk is full"),
    errno.EISDIR: lazy_gettext("it is a folder"),
    errno.ENOTDIR: lazy_gettext("a part of its path is no folder"),
    errno.ENAMETOOLONG: lazy_gettext("its name is too long"),
    errno.EMFILE: lazy_gettext("too many files are open"),
    errno.ENFILE: lazy_gettext("too many files are open"),
    errno.EADDRINUSE: lazy_gettext("the address is in use"),
    errno.EADDRNOTAVAIL: lazy_gettext("this machine has no such address"),
}
_NO_HOST = lazy_gettext("there is no such host")
_OTHER = lazy_gettext("error {code} of the system")


def system_reason(error: OSError) -> Message:
    """Return the reason of an error of the operating system; its code for one that is rare."""
    if isinstance(error, socket.gaierror):  # its numbers are of another table
        return _NO_HOST
    return _REASONS.get(error.errno or 0) or _OTHER.format(
        code=errno.errorcode.get(error.errno or 0, type(error).__name__)
    )
