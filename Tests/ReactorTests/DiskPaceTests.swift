import Reactor
import Testing

@Suite("The pace of a disk")
struct DiskPaceTests {
    private static let quick: UInt64 = 20_000
    private static let slow: UInt64 = 200_000
    private static let stall: UInt64 = 20_000_000

    /// A pace that is trusted.
    private static func trusted() -> DiskPace {
        var pace = DiskPace()
        pace.note(quick * 16, count: 16, now: 0)
        return pace
    }

    @Test("is trusted when enough work in a row was quick, and no longer when some was slow")
    func trust() {
        var pace = DiskPace()
        for number in 1...20 {
            pace.note(Self.quick, count: 1, now: 0)
            #expect(pace.allowsDirectWork(now: 0) == (number >= 16))
        }
        pace.note(Self.slow, count: 1, now: 0)
        #expect(!pace.allowsDirectWork(now: 0))
        // What was slow and did not hold anybody up costs no rest.
        pace.note(Self.quick * 16, count: 16, now: 0)
        #expect(pace.allowsDirectWork(now: 0))
        pace.note(0, count: 0, now: 0)
        #expect(pace.allowsDirectWork(now: 0))
        // One slow among many does no harm, several do.
        pace.note(Self.quick * 100, count: 100, now: 0)
        for number in 1...5 {
            pace.note(Self.slow, count: 1, now: 0)
            #expect(pace.allowsDirectWork(now: 0) == (number < 4))
        }
    }

    @Test("rests after a stall, longer with each, up to a minute")
    func rests() {
        var pace = DiskPace()
        var now: UInt64 = 0
        var rests: [UInt64] = []
        for _ in 0..<10 {
            pace.note(Self.quick * 16, count: 16, now: now)
            #expect(pace.allowsDirectWork(now: now))
            pace.note(Self.stall, count: 1, now: now)
            pace.note(Self.quick * 16, count: 16, now: now)
            var low: UInt64 = 0
            var high: UInt64 = 120_000_000_000
            while low < high {
                let middle = (low + high) / 2
                if pace.allowsDirectWork(now: now + middle) { high = middle } else { low = middle + 1 }
            }
            rests.append(low)
            now += low
        }
        #expect(rests[0] == 250_000_000 && rests[1] == 500_000_000 && rests[9] == 60_000_000_000)
    }

    @Test("forgives who was quick for long")
    func forgiving() {
        var pace = Self.trusted()
        for _ in 0..<4 {
            pace.note(Self.stall, count: 1, now: 0)
            pace.note(Self.quick * 16, count: 16, now: 0)
        }
        for _ in 0..<20 { pace.note(Self.quick * 256, count: 256, now: 0) }
        let now: UInt64 = 100_000_000_000
        #expect(pace.allowsDirectWork(now: now))
        pace.note(Self.stall, count: 1, now: now)
        pace.note(Self.quick * 16, count: 16, now: now)
        #expect(!pace.allowsDirectWork(now: now + 249_999_999) && pace.allowsDirectWork(now: now + 250_000_000))
    }
}
