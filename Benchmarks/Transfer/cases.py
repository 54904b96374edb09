"""The table of cases: what is done, over which path, against whom, and what it has to show."""
import dataclasses

from bars import FasterThan, Memory, SecondsMore, ShareOfCPU, TimesRate

FILE_PEERS = ("sftp", "scp", "rclone", "lftp", "asyncssh", "curl")
FAR_PEERS = ("sftp", "rclone", "lftp", "asyncssh", "curl")  # scp is sftp's code
TREE_PEERS = ("tar pipe", "sftp", "rclone", "lftp", "asyncssh")


@dataclasses.dataclass(frozen=True)
class File:
    mebibytes: int

    @property
    def size(self):
        return self.mebibytes << 20

    def source(self, material):
        return material.file(self.mebibytes)


@dataclasses.dataclass(frozen=True)
class Tree:
    count: int
    folders: int
    each: int  # bytes

    @property
    def size(self):
        # What it takes on a disk or in memory: whole pages.
        return self.count * max(self.each, 4096)

    def source(self, material):
        return material.tree(self.count, self.folders, self.each)


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    verb: str
    what: File | Tree | None = None
    delay: int = 0  # milliseconds of a round trip
    peers: tuple = ()
    bars: tuple = ()
    pairs: int | None = None  # instead of the usual number
    limit: float = 60  # seconds that a peer may take; ours may take more
    seconds: float = 60  # what it takes in all, about, on two cores
    warms_up: bool = False  # once each, uncounted, before


def table(quick):
    """All cases; `quick` ones are small, for a look at whether everything works."""
    big, far, huge = (64, 8, 1024) if quick else (1024, 256, 4096)
    small, many, most = (200, 1000, 5000) if quick else (1000, 20_000, 100_000)
    folders = Tree(small, 20, 4096)
    crowd = Tree(many, 200, 4096)
    cases = []
    for verb in ("get", "put"):
        cases.append(Case(
            f"{verb} {big} MiB", verb, File(big), 0, FILE_PEERS, (FasterThan(), ShareOfCPU("sftp", 0.6), Memory(64)),
            seconds=90))
    cases.append(Case("connect and run true", "true", None, 0, ("ssh",), (FasterThan(("ssh",)),), 15,
                      seconds=10, warms_up=True))
    for verb in ("get", "put"):
        cases.append(Case(
            f"{verb} {far} MiB", verb, File(far), 50, FAR_PEERS, (TimesRate(4, "sftp"), TimesRate(2)), limit=30,
            seconds=130))
        for delay in (10, 150):
            cases.append(Case(
                f"{verb} {far} MiB", verb, File(far), delay, ("sftp", "rclone", "lftp"), (), 1, limit=30, seconds=35))
    cases.append(Case("connect and run true", "true", None, 50, ("ssh",), (FasterThan(("ssh",)),), 5,
                      seconds=10, warms_up=True))
    for verb in ("get", "put"):
        cases.append(Case(
            f"{verb} {small} files of 4 KiB in 20 folders", verb + "_tree", folders, 50, TREE_PEERS,
            (SecondsMore("tar pipe", 2), TimesRate(5)), limit=30, seconds=130))
    for verb in ("get", "put"):
        cases.append(Case(
            f"{verb} {many} files of 4 KiB", verb + "_tree", crowd, 0, TREE_PEERS, (FasterThan(),), limit=60,
            seconds=140))
    for verb, way in (("sync_down", "from"), ("sync_up", "to")):
        cases.append(Case(
            f"sync of {many} unchanged files {way} the server", verb, crowd, 0, ("rclone", "lftp", "rsync"),
            (FasterThan(("rclone", "lftp")),), seconds=30))
    for verb in ("get", "put"):
        cases.append(Case(f"{verb} {huge} MiB, memory", verb, File(huge), 0, (), (Memory(64),), 1, seconds=15))
    for verb in ("get", "put"):
        cases.append(Case(f"{verb} {most} files of 1 KiB, memory", verb + "_tree", Tree(most, 1000, 1024), 0, (),
                          (Memory(150),), 1, seconds=50))
    return cases
