"""Called by Scripts/bench: `fairlead demo` and OpenSSH's sshd by turns (A B A B …) under the same clients. Prints the medians
of each, the medians and the spread of the pairs' ratios, and whether the bars hold."""
import argparse
import pathlib
import signal
import sys

from cases import table
from servers import Demo, Failure, OpenSSH

PAIRS = 5


def parse():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("fairlead")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("python", help="an interpreter that has asyncssh")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"pairs of each case (default {PAIRS})")
    parser.add_argument("--only", action="append", metavar="WORD", help="only cases with this in their name (repeatable)")
    parser.add_argument("--quick", action="store_true", help="small sizes, one pair: does everything work?")
    return parser.parse_known_args()[0]


def main():
    options = parse()
    # So that the server does not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pairs = 1 if options.quick else options.pairs
    sshd = OpenSSH(options.directory, options.port, options.pid)
    misses, failures = [], []
    for case in table(options.quick, options.python):
        if options.only and not any(word in case.name for word in options.only):
            continue
        print(f"\n{case.name}", flush=True)
        # A server of its own for each case: what one leaves in memory is not the next one's.
        ours = Demo(options.fairlead, options.directory)
        try:
            misses += [f"{case.name}: {text}" for text in case.run(ours, sshd, pairs)]
        except Failure as failure:
            failures.append(f"{case.name}: {failure}")
            print(f"  FAILED: {failure}")
        finally:
            ours.stop()
    found = failures + misses
    print(f"\nserver: {'MISS:' if found else 'every bar holds'}"
          f"{' (the bars are for the whole sizes)' if options.quick else ''}")
    for line in found:
        print(f"  {line}")
    sys.exit(1 if failures or (misses and not options.quick) else 0)


main()
