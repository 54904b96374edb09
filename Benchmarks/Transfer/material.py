"""The files and trees that are carried around, made when first asked for."""
import os
import pathlib
import shutil

BLOCK = 1 << 20


class Material:
    """Sources below `directory`/sources; a file is named by its size in MiB, a tree by its number of files."""

    def __init__(self, directory):
        self.sources = directory / "sources"
        self.sources.mkdir()
        self.mirrors = directory / "mirrors"
        self.mirrors.mkdir()
        self.noise = os.urandom(BLOCK)

    def file(self, mebibytes):
        path = self.sources / f"{mebibytes}-MiB"
        if not path.exists():
            with open(path, "wb") as file:
                for _ in range(mebibytes):
                    file.write(os.urandom(BLOCK))
        return path

    def tree(self, count, folders, size):
        """`count` files of `size` bytes in so many folders."""
        root = self.sources / f"{count}-files"
        if not root.exists():
            for number in range(count):
                folder = root / f"folder-{number % folders:04}"
                if number < folders:
                    folder.mkdir(parents=True)
                start = number * 4099 % (BLOCK - size)
                with open(folder / f"file-{number:06}", "wb") as file:
                    file.write(self.noise[start:start + size])
        return root

    def mirror(self, source):
        """A copy of a tree that has the same times: what an earlier synchronization left."""
        copy = self.mirrors / source.name
        if not copy.exists():
            shutil.copytree(source, copy)
            for path in source.rglob("*"):
                shutil.copystat(path, copy / path.relative_to(source))
            shutil.copystat(source, copy)
        return copy

    def forget(self):
        """Removes all, for the next case needs other ones."""
        for folder in (self.sources, self.mirrors):
            shutil.rmtree(folder)
            folder.mkdir()


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_complete(source, copy):
    """Whether the copy has the source's size, or as many files: quick, after every run."""
    if source.is_dir():
        return copy.is_dir() and count(copy) == count(source)
    return copy.is_file() and copy.stat().st_size == source.stat().st_size


def is_same(source, copy):
    """Whether every byte is the same."""
    try:
        return is_complete(source, copy) and all(
            same_bytes(path, copy / path.relative_to(source)) for path in files_of(source))
    except FileNotFoundError:
        return False


def files_of(source):
    """One by one: what this program keeps in memory shows as the clients' (see `Run`)."""
    if source.is_file():
        yield source
    for folder, _, names in os.walk(source):
        for name in names:
            yield pathlib.Path(folder, name)


def same_bytes(one, other):
    with open(one, "rb") as left, open(other, "rb") as right:
        while block := left.read(BLOCK):
            if block != right.read(BLOCK):
                return False
        return not right.read(1)


def count(root):
    return sum(len(files) for _, _, files in os.walk(root))


def free_space(directory: pathlib.Path):
    """Bytes that may still be written there, and in memory when that is what the file system is made of."""
    free = shutil.disk_usage(directory).free
    try:
        with open("/proc/meminfo") as file:
            available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return free
    return min(free, available) if str(directory).startswith("/dev/shm") else free
