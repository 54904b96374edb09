"""Called by Scripts/bench: fairlead and its peers by turns (A B A B …) on one server, so that whatever else the
machine does falls on both. Prints the medians of each, the medians of the pairs' ratios, and whether the bars hold."""
import argparse
import pathlib
import sys
import time

import material
import run
from cases import table
from peers import PEERS, Fairlead
from race import Race, Skipped
from report import Report, machine
from run import Failure
from sites import Sites

USUAL_PAIRS = 3
HURRY_AFTER = 16 * 60  # seconds, after which one pair each has to do: the whole is done in 25 minutes


def parse():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("fairlead")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--pairs", type=int, default=USUAL_PAIRS, help=f"pairs with each peer (default {USUAL_PAIRS})")
    parser.add_argument("--only", action="append", metavar="WORD", help="only cases with this in their name, as "
                        "'get', 'true', '50 ms', 'memory' (repeatable: any of them)")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only against this peer (repeatable)")
    parser.add_argument("--cipher", help="every client that can uses this cipher, instead of its best")
    parser.add_argument("--quick", action="store_true", help="small sizes, one pair: does everything work?")
    parser.add_argument("--json", metavar="FILE", help="all figures, of every run")
    return parser.parse_args()


def main():
    options = parse()
    run.adopt_orphans()
    pairs = 1 if options.quick else options.pairs
    ours = Fairlead(options.fairlead)
    sites = Sites(options.directory, options.port, options.cipher or "")
    report = Report()
    cases = [case for case in table(options.quick) if not options.only
             or any(word in f"{case.name}, {case.delay} ms" for word in options.only)]
    names = [name for name in PEERS if not options.peer or name in options.peer]
    raced = {name for case in cases for name in case.peers if name in names}
    versions = {name: PEERS[name].missing() or PEERS[name].version() for name in PEERS if name in raced}
    print(machine())
    for name, version in versions.items():
        print(f"  {name:9} {version[:80]}")
    scale = 0.06 if options.quick else 0.4 + 0.6 * pairs / USUAL_PAIRS
    print(f"{len(cases)} cases, about {max(1, round(sum(case.seconds for case in cases) * scale / 60))} min")
    try:
        stock, before, started = material.Material(options.directory), None, time.monotonic()
        for case in cases:
            if case.what and case.what != before:
                stock.forget()
            before = case.what or before
            begun = time.monotonic()
            if pairs == USUAL_PAIRS and begun - started > HURRY_AFTER:
                print("\nThis takes long: one pair each from here on.")
                pairs = 1
            race = Race(case, ours, [PEERS[name] for name in case.peers if name in names], sites.at(case.delay), stock,
                        pairs)
            print(f"\n{race.label}", flush=True)
            try:
                race.run()
                report.add(race)
            except Skipped as reason:
                report.skip(race.label, str(reason))
            except Failure as failure:
                report.fail(race.label, str(failure))
            print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
    finally:
        sites.close()
    found = report.failures + report.misses
    print(f"\n{(time.monotonic() - started) / 60:.1f} min; {len(report.skipped)} of {len(cases)} cases skipped; "
          f"{'MISS:' if found else 'every bar holds'}{' (the bars are for the whole sizes)' if options.quick else ''}")
    for line in found:
        print(f"  {line}")
    if options.json:
        report.write(options.json, versions)
    sys.exit(1 if report.failures or (report.misses and not options.quick) else 0)


main()
