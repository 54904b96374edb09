"""One case, run: pairs with every peer by turns, and what came of it."""
import statistics
import time

import material as files
from run import Failure, measure

OURS_MAY_TAKE = 300.0  # seconds
PATIENCE = 30.0  # seconds of pairs with one peer, after which no further pair begins


class Skipped(Exception):
    """Why a case was not run."""


class Race:
    """The runs of one case: pairs of (ours, theirs) by the peer's name, and all of ours."""

    def __init__(self, case, ours, peers, site, material, pairs):
        self.case, self.site, self.material = case, site, material
        self.clients = {peer.name: peer for peer in peers}
        self.fairlead = ours
        self.wanted = case.pairs or pairs
        self.pairs, self.ours, self.absent = {}, [], {}
        self.source = self.target = None

    @property
    def label(self):
        return self.case.name + (f", {self.case.delay} ms" if self.case.delay else "")

    def prepare(self):
        case = self.case
        if verb := self.fairlead.missing_verb(case.verb):
            raise Skipped(f"this fairlead has no {verb}")
        if case.what:
            needed = 2 * case.what.size + (1 << 30)
            if files.free_space(self.site.directory) < needed:
                raise Skipped(f"it needs {needed >> 20} MiB of free memory or space")
            self.source = case.what.source(self.material)
            synchronizes = case.verb.startswith("sync")
            self.target = self.material.mirror(self.source) if synchronizes else self.site.directory / "target"

    def run(self):
        self.prepare()
        self.check(self.fairlead)
        for name, peer in self.clients.items():
            if not self.command(peer):
                continue
            if reason := peer.missing():
                self.absent[name] = reason
                continue
            try:
                self.race(name, peer)
            except Failure as failure:
                self.absent[name] = str(failure).strip()
        if not self.ours:
            for _ in range(self.wanted):
                self.once(self.fairlead, OURS_MAY_TAKE)

    def race(self, name, peer):
        pairs, started = [], time.monotonic()
        if self.case.warms_up:
            self.once(peer, self.case.limit)
        for _ in range(self.wanted):
            before = time.monotonic()
            ours = self.once(self.fairlead, OURS_MAY_TAKE)
            theirs = self.once(peer, self.case.limit)
            pairs.append((ours, theirs))
            now = time.monotonic()
            if theirs.stopped or now - started + (now - before) > PATIENCE:
                break
        self.pairs[name] = pairs

    def check(self, ours):
        """Once, uncounted or as the first run of a case without peers: every byte has arrived."""
        run = self.once(ours, OURS_MAY_TAKE, compares=True)
        if not self.clients:
            self.ours.append(run)
        else:
            self.ours.clear()

    def command(self, client):
        if not self.source:
            return client.true(self.site)
        return getattr(client, self.case.verb)(self.site, self.source, self.target)

    def once(self, client, limit, compares=False):
        """One run; its result is looked at and removed."""
        self.clear()
        run = measure(self.command(client), limit)
        if client is self.fairlead:
            if run.stopped:
                raise Failure(f"{self.label}: fairlead took more than {limit:g} s")
            self.ours.append(run)
        if self.source and not run.stopped:
            whole = files.is_same if compares else files.is_complete
            if not whole(self.source, self.target):
                raise Failure(f"{self.label}: {client.name} left something else than what it was to carry")
        self.clear()
        return run

    def clear(self):
        """Removes what a run left, unless it is the other side of a synchronization."""
        if self.target and self.target.parent == self.site.directory:
            files.remove(self.target)

    def figures(self):
        """By client: medians of wall and CPU seconds, peak memory, and the medians of the pairs' ratios."""
        rows = {"fairlead": self.row(self.ours)}
        for name, pairs in self.pairs.items():
            row = self.row([theirs for _, theirs in pairs])
            row["wall ratio"] = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
            row["cpu ratio"] = statistics.median(ours.cpu / max(theirs.cpu, 1e-9) for ours, theirs in pairs)
            rows[name] = row
        return rows

    @staticmethod
    def row(runs):
        return {"wall": statistics.median(run.wall for run in runs), "cpu": statistics.median(run.cpu for run in runs),
                "memory": max(run.memory for run in runs), "runs": len(runs),
                "stopped": any(run.stopped for run in runs)}

    def verdicts(self):
        return [verdict for bar in self.case.bars for verdict in bar.judge(self)]
