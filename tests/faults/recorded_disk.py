#!/usr/bin/env python3
"""A disk that remembers every write and every flush, so that the power can be cut afterwards at any of them.

usage: recorded_disk.py IMAGE RECORD PLACE    serves the image as the file PLACE/disk (for a loop device) until unmounted
The record is one line for each write (`w`, when, offset, length, and where its bytes are in RECORD.bytes) and for each
flush (`f`, when); when: CLOCK_MONOTONIC in ns, before the write is done and after all before a flush was.
"""
import errno, os, random, stat, sys, time

SECTOR = 512


class Record:
    """What was written, read back: the disk as it was at any moment, and as a power cut may leave it."""

    def __init__(self, record):
        self.bytes = open(f"{record}.bytes", "rb")
        self.steps = []
        for line in open(record):
            kind, when, *numbers = line.split()
            self.steps.append((kind, int(when), *map(int, numbers)))

    def flushes(self):
        return [at for at, step in enumerate(self.steps) if step[0] == "f"]

    def write(self, disk, step, chance=1.0, rng=random):
        """All of a write, or each sector of it by chance: a disk promises no more about what was not flushed."""
        _, _, offset, length, place = step
        self.bytes.seek(place)
        data = self.bytes.read(length)
        if chance >= 1.0:
            os.pwrite(disk, data, offset)
            return
        for start in range(0, length, SECTOR):
            if rng.random() < chance:
                os.pwrite(disk, data[start:start + SECTOR], offset + start)


def serve(image, record, place):
    import fusepy as fuse

    disk = os.open(image, os.O_RDWR)
    log, written = open(record, "w", buffering=1), open(f"{record}.bytes", "wb", buffering=0)
    known = {"/": {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}, "/disk": {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": os.fstat(disk).st_size}}

    class Disk(fuse.Operations):
        def getattr(self, path, handle=None):
            if path not in known:
                raise fuse.FuseOSError(errno.ENOENT)
            return known[path]

        def readdir(self, path, handle):
            return [".", "..", "disk"]

        def read(self, path, size, offset, handle):
            return os.pread(disk, size, offset)

        def write(self, path, data, offset, handle):
            log.write(f"w {time.monotonic_ns()} {offset} {len(data)} {written.tell()}\n")
            written.write(data)
            return os.pwrite(disk, data, offset)

        def fsync(self, path, only_data, handle):
            log.write(f"f {time.monotonic_ns()}\n")
            return 0

    fuse.FUSE(Disk(), place, foreground=True, nothreads=True, big_writes=True)


if __name__ == "__main__":
    serve(*sys.argv[1:4])
