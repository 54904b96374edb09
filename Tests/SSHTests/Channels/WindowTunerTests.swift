import Bytes
import Testing

@testable import SSH

/// One receiver at the end of a long path, in steps of one millisecond.
private struct SimulatedPath {
    static let roundTrip = 50
    var window: ReceiveWindow
    /// Bytes per millisecond that the path carries.
    let bandwidth: Int
    /// Bytes that have arrived in all.
    private(set) var arrived = 0
    private var time = 0
    private var credit: Int
    private var data: [Int] = Array(repeating: 0, count: roundTrip / 2)
    private var adjustments: [Int] = Array(repeating: 0, count: roundTrip / 2)

    init(_ window: ReceiveWindow, bandwidth: Int) {
        self.window = window
        self.bandwidth = bandwidth
        credit = Int(window.remaining)
    }

    /// Lets `milliseconds` pass; the reader takes what `reads` says at each of them, of what is there, in 32 KiB
    /// pieces.
    mutating func run(_ milliseconds: Int, offered: Int = .max, mayGrow: Bool = true, reads: (Int) -> Int) throws {
        for _ in 0..<milliseconds {
            let slot = time % (Self.roundTrip / 2)
            let arriving = data[slot]
            credit += adjustments[slot]
            adjustments[slot] = 0
            let fits = window.receive(arriving)
            try #require(fits)
            arrived += arriving
            let sent = min(credit, bandwidth, offered)
            credit -= sent
            data[slot] = sent
            var readable = min(window.held, reads(time))
            while readable > 0 {
                let piece = min(readable, 32 << 10)
                readable -= piece
                adjustments[slot] += Int(
                    window.acknowledge(
                        piece, now: UInt64(time) * 1_000_000, roundTrip: UInt64(Self.roundTrip) * 1_000_000,
                        mayGrow: mayGrow))
            }
            time += 1
        }
    }
}

@Suite("The receive window")
struct WindowTunerTests {
    private func window(initial: UInt32 = 2 << 20, maximum: UInt32 = 64 << 20) -> ReceiveWindow {
        ReceiveWindow(tuner: WindowTuner(initial: initial, maximum: maximum), packetSize: 128 << 10)
    }

    @Test(
        "At 50 ms it reaches bandwidth times round trip within ten round trips, and the path is full then",
        arguments: [100_000, 400_000, 1_000_000])
    func growth(bytesPerMillisecond: Int) throws {
        var path = SimulatedPath(window(), bandwidth: bytesPerMillisecond)
        try path.run(10 * SimulatedPath.roundTrip) { _ in .max }
        #expect(Int(path.window.tuner.target) >= bytesPerMillisecond * SimulatedPath.roundTrip)
        #expect(path.window.tuner.target <= 64 << 20)
        // Let the last growth take effect, then measure.
        try path.run(5 * SimulatedPath.roundTrip) { _ in .max }
        let before = path.arrived
        try path.run(1000) { _ in .max }
        #expect(path.arrived - before >= bytesPerMillisecond * 950)
    }

    @Test("It never exceeds its bound, however fast the path is")
    func bound() throws {
        var path = SimulatedPath(window(maximum: 5_000_000), bandwidth: 1_000_000)
        try path.run(3000) { _ in .max }
        #expect(path.window.tuner.target == 5_000_000)
        #expect(Int(path.window.remaining) + path.window.held <= 5_000_000)
    }

    @Test("A path that does not fill the window does not make it grow")
    func slowPath() throws {
        // 10 MB/s at 50 ms are half a megabyte in flight.
        var path = SimulatedPath(window(), bandwidth: 10_000)
        try path.run(3000) { _ in .max }
        #expect(path.window.tuner.target == 2 << 20)
    }

    @Test("A slow reader does not make it grow, whether it reads a little always or much rarely")
    func slowReader() throws {
        var steady = SimulatedPath(window(), bandwidth: 400_000)
        try steady.run(5000) { _ in 5000 }
        #expect(steady.window.tuner.target == 2 << 20)
        #expect(steady.arrived > 20_000_000)
        var rare = SimulatedPath(window(), bandwidth: 400_000)
        try rare.run(5000) { $0 % 500 == 499 ? .max : 0 }
        #expect(rare.window.tuner.target == 2 << 20)
        #expect(rare.arrived >= 9 * (2 << 20))
    }

    @Test("It does not grow while it may not, nor without a known round trip")
    func growthForbidden() throws {
        var path = SimulatedPath(window(), bandwidth: 400_000)
        try path.run(2000, mayGrow: false) { _ in .max }
        #expect(path.window.tuner.target == 2 << 20)
        var tuner = WindowTuner(initial: 100, maximum: 1000)
        for time in 0..<100 as Range<UInt64> {
            tuner.receive(100)
            tuner.consume(100, now: time, roundTrip: nil, mayGrow: true)
        }
        #expect(tuner.target == 100)
    }

    @Test("After a pause it is small again, and what was granted is not granted anew")
    func shrinking() throws {
        var path = SimulatedPath(window(), bandwidth: 400_000)
        try path.run(1000) { _ in .max }
        #expect(path.window.tuner.target >= 20_000_000)
        try path.run(3000, offered: 0) { _ in .max }
        let granted = path.window.remaining
        try path.run(100, offered: 1000) { _ in .max }
        #expect(path.window.tuner.target == 2 << 20)
        #expect(path.window.remaining < granted)
    }

    @Test("A doubling past the bound, and clocks that go backwards, do not overflow")
    func extremes() {
        var tuner = WindowTuner(initial: 0xC000_0000, maximum: .max)
        for time in [5, 4, UInt64.max, 0, 1] as [UInt64] {
            tuner.receive(1 << 40)
            tuner.consume(1 << 40, now: time, roundTrip: .max, mayGrow: true)
        }
        #expect(tuner.target >= 0xC000_0000)
        #expect(WindowTuner(initial: 0, maximum: 0).target == 1)
        #expect(WindowTuner(initial: 10, maximum: 1).maximum == 10)
    }

    @Test("More than the window is refused and changes nothing; small windows open byte by byte")
    func smallWindows() {
        var window = window(initial: 1, maximum: 1)
        func receive(_ count: Int) -> Bool { window.receive(count) }
        func acknowledge(_ count: Int) -> UInt32 { window.acknowledge(count, now: 0, roundTrip: nil, mayGrow: true) }
        #expect(!receive(2))
        #expect(window.remaining == 1)
        #expect(receive(1))
        #expect(!receive(1))
        #expect(acknowledge(0) == 0)
        #expect(acknowledge(1) == 1)
        #expect(receive(1))
    }

    @Test(
        "It opens again in sizeable parts: a quarter, or three packets where that is less",
        arguments: [(1000 as UInt32, 250), (10000, 300)])
    func adjustments(size: UInt32, part: Int) {
        var window = ReceiveWindow(tuner: WindowTuner(initial: size, maximum: size), packetSize: 100)
        func acknowledge(_ count: Int) -> UInt32 { window.acknowledge(count, now: 0, roundTrip: nil, mayGrow: true) }
        let isReceived = window.receive(1000)
        #expect(isReceived)
        #expect(acknowledge(part - 1) == 0)
        #expect(acknowledge(1) == part)
    }
}
