"""The bars: what a case has to show. Each gives lines of (text, value, limit, whether it holds)."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Verdict:
    text: str
    value: float
    limit: str
    holds: bool


def median_ratio(pairs, what):
    """The median of ours / theirs over the pairs. One that was stopped would only have had a lower ratio."""
    return statistics.median(getattr(ours, what) / max(getattr(theirs, what), 1e-9) for ours, theirs in pairs)


def at_most(text, value, limit, unit="×"):
    return Verdict(text, value, f"≤ {limit:g} {unit}", value <= limit)


def at_least(text, value, limit, unit="×"):
    return Verdict(text, value, f"≥ {limit:g} {unit}", value >= limit)


def sftp_clients(race):
    return {name: pairs for name, pairs in race.pairs.items() if race.clients[name].is_sftp}


@dataclasses.dataclass(frozen=True)
class FasterThan:
    """Less wall time than each of these peers, or than every SFTP client."""

    peers: tuple = ()

    def judge(self, race):
        for name, pairs in (sftp_clients(race) if not self.peers else race.pairs).items():
            if not self.peers or name in self.peers:
                value = median_ratio(pairs, "wall")
                yield Verdict(f"wall time / {name}", value, "< 1 ×", value < 1)


@dataclasses.dataclass(frozen=True)
class ShareOfCPU:
    """At most this part of a peer's client CPU seconds."""

    peer: str
    limit: float

    def judge(self, race):
        if self.peer in race.pairs:
            yield at_most(f"CPU / {self.peer}", median_ratio(race.pairs[self.peer], "cpu"), self.limit)


@dataclasses.dataclass(frozen=True)
class TimesRate:
    """At least so many times a peer's rate; without a peer, the best SFTP client's."""

    limit: float
    peer: str = ""

    def judge(self, race):
        rates = {name: 1 / median_ratio(pairs, "wall") for name, pairs in sftp_clients(race).items()}
        if self.peer:
            rates = {name: rate for name, rate in rates.items() if name == self.peer}
        if rates:
            nearest = min(rates, key=rates.get)
            text = f"rate / {nearest}" if self.peer else f"rate / the best peer's, {nearest}"
            yield at_least(text, rates[nearest], self.limit)


@dataclasses.dataclass(frozen=True)
class SecondsMore:
    """At most so many seconds more than a peer."""

    peer: str
    limit: float

    def judge(self, race):
        if self.peer in race.pairs:
            value = statistics.median(ours.wall - theirs.wall for ours, theirs in race.pairs[self.peer])
            yield at_most(f"seconds more than {self.peer}", value, self.limit, "s")


@dataclasses.dataclass(frozen=True)
class Memory:
    """Less than so many MB at the peak."""

    limit: float

    def judge(self, race):
        value = max(run.memory for run in race.ours)
        yield Verdict("peak memory", value, f"< {self.limit:g} MB", value < self.limit)
