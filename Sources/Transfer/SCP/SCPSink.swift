package import Bytes
import SFTP

/// The receiving side of the protocol, as `scp -t` has it: bytes in, events out, answers to send.
///
/// Every announcement waits for `accept` or `refuse`; so does the end of every file. Names are checked here: what nobody
/// asked for, and what would lead out of its folder, ends the run (CVE-2018-20685, CVE-2019-6111). The name of the one
/// file or folder that was asked for by name does not matter, and is not to be used.
package struct SCPSink: ~Copyable {
    /// What was asked for.
    package enum Request: Sendable {
        /// One file or folder, by its path.
        case path
        /// Any number of them, whose last names match.
        case pattern(GlobPattern.Component)
    }

    package enum Event: Equatable, Sendable {
        /// To be answered.
        case file(SCPEntry)
        /// To be answered. When it is accepted, what is in it follows.
        case folder(SCPEntry)
        /// The end of the innermost folder.
        case folderEnd
        /// So many bytes of the file, at the front of what was given.
        case data(Int)
        /// All bytes have come; what the source says against them, if anything, made visible. To be answered.
        case fileEnd(complaint: String?)
        /// The source could not read something, and goes on; made visible.
        case complaint(String)
    }

    package enum Step: Equatable, Sendable {
        /// What happened, and how many bytes were used up for it.
        case event(Event, consumed: Int)
        /// So many bytes were used up, and there is nothing to do but to send the output.
        case consumed(Int)
        case needsMore
    }

    private enum State {
        case announcement
        case deciding(Announced)
        case data(left: UInt64)
        case status
        case concluding
    }

    private enum Announced {
        case file(size: UInt64)
        case folder
    }

    private let request: Request
    private let maximumDepth: Int
    private var state = State.announcement
    private var times: SCPTimes?
    /// How many folders are open.
    package private(set) var depth = 0
    private var topCount = 0
    private var complaintCount = 0
    /// What is to be sent; it begins with the word that this side is ready.
    private var output = ByteBuffer([0])

    package init(_ request: Request, maximumDepth: Int) {
        self.request = request
        self.maximumDepth = maximumDepth
    }

    /// Takes what is to be sent.
    package mutating func takeOutput() -> ByteBuffer {
        output.split(output.count)
    }

    /// What `bytes`, the front of what has arrived and was not used up, mean. Nothing is used up while an answer is due.
    package mutating func next(_ bytes: RawSpan) throws(SCPError) -> Step {
        switch state {
        case .deciding, .concluding: return .needsMore
        case .data(let left) where left > 0:
            guard !bytes.isEmpty else { return .needsMore }
            let count = Int(min(left, UInt64(bytes.byteCount)))
            state = .data(left: left - UInt64(count))
            return .event(.data(count), consumed: count)
        case .data:
            state = .status
            return try status(bytes)
        case .status: return try status(bytes)
        case .announcement: return try announcement(bytes)
        }
    }

    /// Answers that this side is ready for it, or has it.
    package mutating func accept() {
        switch state {
        case .deciding(.file(let size)): state = .data(left: size)
        case .deciding(.folder):
            depth += 1
            state = .announcement
        case .concluding: state = .announcement
        case .announcement, .data, .status: preconditionFailure("nothing waits for an answer")
        }
        output.append(0 as UInt8)
    }

    /// Answers that it failed on this side: what was announced is not sent.
    package mutating func refuse(_ reason: String) {
        switch state {
        case .deciding, .concluding: state = .announcement
        case .announcement, .data, .status: preconditionFailure("nothing waits for an answer")
        }
        output.append(1 as UInt8)
        output.append(Array("scp: \(reason.visible().prefix(SCPLimits.shownLength))\n".utf8))
    }

    /// The source sends nothing more; `left` bytes were not used up. Throws unless everything has come.
    package mutating func finish(left: Int) throws(SCPError) {
        guard case .announcement = state, depth == 0, left == 0, times == nil else {
            throw .ended("the host ended the transfer in the middle")
        }
    }

    private mutating func announcement(_ bytes: RawSpan) throws(SCPError) -> Step {
        guard let line = try Self.line(bytes) else { return .needsMore }
        let consumed = line.count + 1
        if line.first == 1 || line.first == 2 {
            let text = SCPError.shown(line.dropFirst())
            if line.first == 2 { throw .ended(text) }
            complaintCount += 1
            guard complaintCount <= SCPLimits.complaints else {
                throw .violation("more than \(SCPLimits.complaints) messages")
            }
            times = nil
            return .event(.complaint(text), consumed: consumed)
        }
        switch SCPLine(line) {
        case .times(let told):
            guard times == nil else { throw .violation("times after times") }
            times = told
            output.append(0 as UInt8)
            return .consumed(consumed)
        case .folderEnd:
            guard depth > 0, times == nil else { throw .violation("the end of a folder that has not begun") }
            depth -= 1
            output.append(0 as UInt8)
            return .event(.folderEnd, consumed: consumed)
        case .file(var entry):
            try check(entry.name)
            entry.times = times.take()
            state = .deciding(.file(size: entry.size))
            return .event(.file(entry), consumed: consumed)
        case .folder(var entry):
            try check(entry.name)
            guard depth < maximumDepth else { throw .violation("more than \(maximumDepth) folders within each other") }
            entry.times = times.take()
            state = .deciding(.folder)
            return .event(.folder(entry), consumed: consumed)
        case nil: throw .violation("it sent \"\(SCPError.shown(line))\"")
        }
    }

    private mutating func status(_ bytes: RawSpan) throws(SCPError) -> Step {
        guard !bytes.isEmpty else { return .needsMore }
        if bytes[0] == 0 {
            state = .concluding
            return .event(.fileEnd(complaint: nil), consumed: 1)
        }
        guard bytes[0] == 1 || bytes[0] == 2 else { throw .violation("no status behind a file") }
        guard let line = try Self.line(bytes) else { return .needsMore }
        let text = SCPError.shown(line.dropFirst())
        if line.first == 2 { throw .ended(text) }
        state = .concluding
        return .event(.fileEnd(complaint: text), consumed: line.count + 1)
    }

    private mutating func check(_ name: RawPath) throws(SCPError) {
        if depth == 0 {
            topCount += 1
            switch request {
            case .path:
                guard topCount == 1 else { throw .unexpectedName(Self.shown(name)) }
                return
            case .pattern(let component):
                guard component.matches(name: name.bytes) else { throw .unexpectedName(Self.shown(name)) }
            }
        }
        do throws(NameRefusal) { try NameValidator.validate(name) } catch { throw .unsafeName(error) }
    }

    private static func shown(_ name: RawPath) -> String {
        RawPath(bytes: Array(name.bytes.prefix(255))).description
    }

    /// The line at the front, without its newline; nil when it has not come to its end.
    static func line(_ bytes: RawSpan) throws(SCPError) -> [UInt8]? {
        for offset in 0..<min(bytes.byteCount, SCPLimits.lineLength + 1) where bytes[offset] == UInt8(ascii: "\n") {
            return [UInt8](bytes.extracting(first: offset))
        }
        guard bytes.byteCount <= SCPLimits.lineLength else {
            throw .violation("a line of more than \(SCPLimits.lineLength) bytes")
        }
        return nil
    }
}
