import Bytes
import Reactor
import SSH

/// Copies the content of one open file into another, wherever each of them is, with as much under way as fills the path.
///
/// Runs on the loop of both. How much is asked of a server ahead is found out as a receive window is, from what arrives in a
/// round trip; how much may wait for a server is what its windows take. What is asked for and what waits to be written
/// together stay within `TransferLimits.bytesUnderWay`. A disk gets what has come while it was busy, in one piece. Holes of
/// the source are not read where it tells them, and runs of zeros become holes again where the sink is a fresh local file.
actor FileCopy {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// What lies behind the ranges that are known.
    private enum Tail {
        /// Nothing, or nobody wants to know.
        case none
        /// Perhaps something from this offset on.
        case unknown(UInt64)
        /// It was asked for, as far as one request goes.
        case asked(UInt64)
    }

    /// What all files of a transfer share.
    struct Conditions {
        let limits: TransferLimits
        let budget: TransferBudget
        let limiter: RateLimiter?
        let control: TransferControl
        let progress: TransferProgress
    }

    /// Where the source ends.
    enum End {
        /// Where its size says; less is an error of who asks.
        case known
        /// Behind the ranges to be copied, and perhaps later: it is read until nothing comes.
        case open(from: UInt64)
    }

    private let source: any OpenFile
    private let sink: any OpenFile
    private let sourceIsLocal: Bool
    private let conditions: Conditions
    private let ticket: TransferProgress.Ticket
    private let journal: JournalFile?
    private let pieceLength: Int
    /// Below this, zeros are written like other data, since something else may be there.
    private let zerosFrom: UInt64?

    private var waiter: CheckedContinuation<Result<UInt64?, TransferError>, Never>?
    private var failure: TransferError?
    /// Whether the failure is the source's, so that what has come may still be written.
    private var sinkWorks = true
    /// What is still to be asked for, the first range first.
    private var todo: ArraySlice<Range<UInt64>>
    private var tail = Tail.none
    /// The end of the source, once it has shown.
    private var end: UInt64?
    private var reads = 0
    private var bytesUnderWay = 0
    /// Where the pieces begin that were asked for, and those that came; a server gets them in this order.
    private var order = ArraySlice<UInt64>()
    private var arrived: [UInt64: ByteBuffer] = [:]
    /// What the sink has not acknowledged yet, by where it begins.
    private var atSink: [UInt64: Int] = [:]
    private var allowance: WindowTuner
    /// The request whose answer tells the round trip, and when it was made, in monotonic nanoseconds.
    private var timed: (offset: UInt64, at: UInt64)?
    private var roundTrip: UInt64?
    /// While it is set, the rate allows no further request.
    private var rateTimer: LoopTimer?

    /// What the sink has.
    private(set) var done: ByteRangeSet

    /// - Parameters:
    ///   - ranges: what is to be copied, in order.
    ///   - done: what the sink has already.
    ///   - zerosFrom: from where on nothing is in the sink, so that zeros need not be written; nil where they always are.
    init(
        from source: any OpenFile, to sink: any OpenFile, sourceIsLocal: Bool, ranges: [Range<UInt64>], end: End,
        done: ByteRangeSet, zerosFrom: UInt64?, ticket: TransferProgress.Ticket, journal: JournalFile?,
        on loop: EventLoop, _ conditions: Conditions
    ) {
        self.loop = loop
        self.source = source
        self.sink = sink
        self.sourceIsLocal = sourceIsLocal
        self.conditions = conditions
        self.ticket = ticket
        self.journal = journal
        self.zerosFrom = zerosFrom
        self.done = done
        todo = ranges.filter { !$0.isEmpty }[...]
        if case .open(let from) = end { tail = .unknown(from) }
        let limits = conditions.limits
        pieceLength = min(source.readLength, sink.writeLength, limits.pieceLength)
        // A long path is taken for a fast one until it shows.
        let path =
            source.roundTrip.map { Int(clamping: min($0, 1_000_000_000) * limits.assumedRate / 1_000_000_000) } ?? 0
        let initial = max(limits.initialBytesUnderWay, min(path, limits.bytesUnderWay / 2))
        allowance = WindowTuner(
            initial: UInt32(clamping: min(initial, limits.bytesUnderWay)),
            maximum: UInt32(clamping: limits.bytesUnderWay))
    }

    /// Copies; returns where the source turned out to end, if that had to be found out.
    func run() async throws(TransferError) -> UInt64? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: self) { continuation in
                waiter = continuation
                pump()
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.fail(.cancelled, atSink: true) } }
        }
        return try result.get()
    }

    /// What was given to the sink and perhaps not taken, after a failure.
    var suspects: [Range<UInt64>] {
        atSink.map { $0.key..<$0.key + UInt64($0.value) }.sorted { $0.lowerBound < $1.lowerBound }
    }

    // MARK: Reading

    /// Asks for as much as may be under way.
    private func pump() {
        if sourceIsLocal, !isWorthADiskJob { return finishIfDone() }
        var batch: [(offset: UInt64, length: Int)] = []
        while failure == nil, end == nil, rateTimer == nil, mayAsk, let piece = nextPiece() {
            if let limiter = conditions.limiter {
                let delay = limiter.take(piece.length, now: loop.monotonicNanoseconds)
                if delay > .milliseconds(20) { pause(delay) }
            }
            order.append(piece.offset)
            reads += 1
            hold(piece.length)
            if sourceIsLocal {
                batch.append(piece)
                if batch.count == conditions.limits.piecesPerDiskJob { ask(batch.take()) }
            } else {
                ask(piece.offset, piece.length)
            }
        }
        if !batch.isEmpty { ask(batch) }
        finishIfDone()
    }

    /// Asks a disk for several pieces in one piece of work: waking its threads costs more than reading.
    private func ask(_ batch: [(offset: UInt64, length: Int)]) {
        source.read(batch.map { $0.offset..<$0.offset + UInt64($0.length) }) { results in
            self.assumeIsolated { copy in
                for (piece, result) in zip(batch, results) { copy.received(result, at: piece.offset, of: piece.length) }
            }
        }
    }

    private var mayAsk: Bool {
        let control = conditions.control
        if control.isPaused {
            control.whenResumed { self.loop.execute { self.assumeIsolated { $0.pump() } } }
            return false
        }
        // One request is always allowed, or small limits would stop everything.
        guard bytesUnderWay > 0 else { return true }
        let limit = min(bytesWanted, conditions.limits.bytesUnderWay)
        return bytesUnderWay + pieceLength <= limit && conditions.budget.hasRoom(for: pieceLength)
    }

    /// Whether as much may be asked of a disk as is worth waking it for, half of what may be under way at most.
    private var isWorthADiskJob: Bool {
        let limit = min(bytesWanted, conditions.limits.bytesUnderWay)
        let job = min(conditions.limits.piecesPerDiskJob * pieceLength, limit / 2)
        return bytesUnderWay == 0 || bytesUnderWay + job <= limit
    }

    /// What keeps source and sink busy.
    private var bytesWanted: Int {
        switch (sourceIsLocal, sink.gathersWrites) {
        case (true, true): conditions.limits.initialBytesUnderWay
        case (true, false): sink.bytesWanted
        case (false, true): Int(allowance.target)
        case (false, false): Int(allowance.target) + sink.bytesWanted
        }
    }

    private func nextPiece() -> (offset: UInt64, length: Int)? {
        guard let range = todo.first else {
            // How much comes shows when it is there: one at a time; of a device nothing else meanwhile.
            guard case .unknown(let offset) = tail, !sourceIsLocal || reads == 0 else { return nil }
            tail = .asked(offset)
            return (offset, pieceLength)
        }
        let length = min(UInt64(pieceLength), range.upperBound - range.lowerBound)
        if length == range.upperBound - range.lowerBound {
            todo.removeFirst()
        } else {
            todo[todo.startIndex] = range.lowerBound + length..<range.upperBound
        }
        return (range.lowerBound, Int(length))
    }

    private func ask(_ offset: UInt64, _ length: Int) {
        if timed == nil { timed = (offset, loop.monotonicNanoseconds) }
        source.read(at: offset, length: length) { result in
            self.assumeIsolated { $0.received(result, at: offset, of: length) }
        }
    }

    private func pause(_ delay: Duration) {
        rateTimer = loop.schedule(after: delay) {
            self.assumeIsolated { copy in
                copy.rateTimer?.cancel()
                copy.rateTimer = nil
                copy.pump()
            }
        }
    }

    private func received(_ result: Result<ByteBuffer, TransferError>, at offset: UInt64, of length: Int) {
        // After the end nobody waits for what still comes.
        guard waiter != nil else { return }
        reads -= 1
        if let timed, timed.offset == offset {
            roundTrip = min(roundTrip ?? .max, loop.monotonicNanoseconds - timed.at)
            self.timed = nil
        }
        switch result {
        case .failure(let error):
            release(length)
            fail(error, atSink: false)
        case .success(let data) where data.isEmpty:
            release(length)
            order.remove(offset)
            end = min(end ?? .max, offset)
            writeArrived()
        case .success(let data):
            allowance.receive(data.count)
            release(length - data.count)
            arrived[offset] = data
            let rest = offset + UInt64(data.count)
            if case .asked(offset) = tail {
                tail = .unknown(rest)
            } else if data.count < length, failure == nil {
                // Servers may give less than is asked for, in the middle of a file too.
                order.insert(rest, at: (order.firstIndex(of: offset) ?? order.endIndex - 1) + 1)
                reads += 1
                hold(length - data.count)
                ask(rest, length - data.count)
            }
            writeArrived()
        }
        pump()
    }

    // MARK: Writing

    private func writeArrived() {
        guard sinkWorks else { return }
        if sink.gathersWrites { gather() } else { sendInOrder() }
    }

    /// Writes what has come and lies together, unless the disk is busy, or so little has come that more is worth waiting for.
    private func gather() {
        guard atSink.isEmpty, arrived.count >= piecesWorthWriting || reads == 0 || failure != nil,
            let first = order.first(where: { arrived[$0] != nil })
        else { return }
        var pieces: [ByteBuffer] = []
        var offset = first
        while pieces.count < 256, let piece = arrived.removeValue(forKey: offset) {
            order.remove(offset)
            if pieces.isEmpty, isHole(piece, at: offset) {
                stored(offset, piece.count)
                return gather()
            }
            pieces.append(piece)
            offset += UInt64(piece.count)
        }
        write(pieces, at: first, count: Int(offset - first))
    }

    private var piecesWorthWriting: Int {
        min(conditions.limits.piecesPerDiskJob, max(1, bytesWanted / pieceLength / 2))
    }

    private func sendInOrder() {
        while let offset = order.first, let piece = arrived.removeValue(forKey: offset) {
            order.removeFirst()
            if isHole(piece, at: offset) {
                stored(offset, piece.count)
                continue
            }
            write([piece], at: offset, count: piece.count)
        }
    }

    private func isHole(_ piece: ByteBuffer, at offset: UInt64) -> Bool {
        guard let zerosFrom, offset >= zerosFrom else { return false }
        return piece.bytes.isAllZeros
    }

    private func write(_ pieces: [ByteBuffer], at offset: UInt64, count: Int) {
        atSink[offset] = count
        sink.write(pieces, at: offset) { result in
            self.assumeIsolated { copy in
                guard copy.waiter != nil else { return }
                switch result {
                case .success:
                    copy.atSink[offset] = nil
                    copy.stored(offset, count)
                    copy.writeArrived()
                case .failure(let error):
                    // What a server that is gone had been given it may have taken.
                    if !error.endsConnection { copy.atSink[offset] = nil }
                    copy.fail(error, atSink: true)
                }
                copy.pump()
            }
        }
    }

    private func stored(_ offset: UInt64, _ count: Int) {
        release(count)
        let range = offset..<offset + UInt64(count)
        done.insert(range)
        journal?.assumeIsolated { $0.record(range) }
        allowance.consume(count, now: loop.monotonicNanoseconds, roundTrip: roundTrip, mayGrow: true)
        conditions.progress.advance(ticket, by: count)
    }

    // MARK: End

    private func hold(_ count: Int) {
        bytesUnderWay += count
        conditions.budget.hold(count)
    }

    private func release(_ count: Int) {
        bytesUnderWay -= count
        conditions.budget.release(count)
    }

    private func fail(_ error: TransferError, atSink: Bool) {
        if failure == nil { failure = error }
        if atSink { sinkWorks = false }
        // What has come before the source was lost need not come again.
        writeArrived()
        finishIfDone()
    }

    private func finishIfDone() {
        guard let waiter else { return }
        // A disk that is writing has to be waited for; a server that fails tells so of everything.
        let isWriting = sink.gathersWrites && !atSink.isEmpty
        if failure != nil {
            guard !isWriting, !sinkWorks || !sink.gathersWrites || arrived.isEmpty else { return }
        } else {
            guard reads == 0, atSink.isEmpty, arrived.isEmpty, end != nil || todo.isEmpty && isTailKnown else { return }
        }
        self.waiter = nil
        rateTimer?.cancel()
        rateTimer = nil
        arrived = [:]
        release(bytesUnderWay)
        waiter.resume(returning: failure.map { .failure($0) } ?? .success(end))
    }

    private var isTailKnown: Bool {
        switch tail {
        case .none: true
        case .unknown, .asked: false
        }
    }
}

extension Array {
    /// All elements; the array is empty afterwards.
    fileprivate mutating func take() -> [Element] {
        defer { self = [] }
        return self
    }
}

extension ArraySlice<UInt64> {
    /// Takes the first `offset` out, which mostly is the first element.
    fileprivate mutating func remove(_ offset: UInt64) {
        if let index = firstIndex(of: offset) { remove(at: index) }
    }
}

extension RawSpan {
    /// Whether every byte is 0; for data that is not, this is known after a few bytes.
    var isAllZeros: Bool {
        var offset = 0
        while offset + 8 <= byteCount {
            if integer(at: offset, as: UInt64.self) != 0 { return false }
            offset += 8
        }
        while offset < byteCount {
            if self[offset] != 0 { return false }
            offset += 1
        }
        return true
    }
}
