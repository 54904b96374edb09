"""What people and programs read."""
import json
import os
import platform


class Report:
    def __init__(self):
        self.cases, self.misses, self.failures, self.skipped = [], [], [], []

    def add(self, race):
        figures, verdicts = race.figures(), race.verdicts()
        print(f"  {'client':9} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {self.unit(race):>8}"
              f"   ours/theirs: wall    CPU  pairs")
        for name, row in figures.items():
            mark = ">" if row["stopped"] else " "
            line = f"  {name:9}{mark}{row['wall']:8.2f} {row['cpu']:8.2f} {row['memory']:8.1f} "
            line += f"{self.rate(race, row):8.1f}" if race.case.what else " " * 8
            if "wall ratio" in row:
                line += f"  {'≤' if row['stopped'] else ' '}{row['wall ratio']:17.3f}"
                line += f" {row['cpu ratio']:6.3f}  {row['runs']:5}"
            print(line)
        for name, reason in race.absent.items():
            print(f"  {name}: {reason}")
        for verdict in verdicts:
            print(f"  {verdict.text:42} {verdict.value:8.2f}  {verdict.limit:10} {'ok' if verdict.holds else 'MISS'}")
            if not verdict.holds:
                self.misses.append(f"{race.label}: {verdict.text} {verdict.value:.2f} ({verdict.limit})")
        self.cases.append({
            "name": race.case.name, "delay_ms": race.case.delay, "clients": figures, "absent": race.absent,
            "bars": [{"text": each.text, "value": each.value, "limit": each.limit, "holds": each.holds}
                     for each in verdicts],
            "pairs": {name: [[vars(ours), vars(theirs)] for ours, theirs in pairs]
                      for name, pairs in race.pairs.items()},
        })

    @staticmethod
    def unit(race):
        return "" if race.case.what is None else "files/s" if hasattr(race.case.what, "count") else "MiB/s"

    @staticmethod
    def rate(race, row):
        what = race.case.what
        return (what.count if hasattr(what, "count") else what.mebibytes) / row["wall"]

    def skip(self, label, reason):
        print(f"  skipped: {reason}")
        self.skipped.append({"name": label, "reason": reason})

    def fail(self, label, reason):
        print(f"  FAILED: {reason}")
        self.failures.append(f"{label}: failed")

    def write(self, path, versions):
        with open(path, "w") as file:
            json.dump({"machine": machine(), "versions": versions, "cases": self.cases, "skipped": self.skipped,
                       "misses": self.misses, "failures": self.failures}, file, indent=1)


def machine():
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
