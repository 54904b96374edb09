package import Bytes

/// The sending side of the protocol, as `scp -f` has it: what to announce in, bytes to send out, answers in.
///
/// Only the answer to an announcement has to be waited for, as it says whether the content is wanted; all others are taken
/// as they come, which saves a round trip a file.
package struct SCPSource: ~Copyable {
    /// What an answer is about, in the order in which answers come.
    package enum Question: Hashable, Sendable {
        /// Whether the far end is ready at all.
        case greeting
        case times
        case file
        case folder
        /// Whether the file is on the far end's disk.
        case fileEnd
        case folderEnd
    }

    package enum Answer: Hashable, Sendable {
        case accepted
        /// Why not, made visible.
        case refused(String)
    }

    package enum Step: Equatable, Sendable {
        case answer(Question, Answer, consumed: Int)
        case needsMore
    }

    private enum State {
        case idle
        /// The greeting, or the answer to an announcement, is due.
        case waiting
        case data(left: UInt64)
    }

    private var state = State.waiting
    /// What is not answered yet.
    private var open: [Question] = [.greeting]
    private var waitingSize: UInt64 = 0
    /// How many folders are open.
    package private(set) var depth = 0
    private var output = ByteBuffer()

    package init() {}

    /// Whether every question was answered.
    package var isSettled: Bool { open.isEmpty }

    /// Whether `begin` and `endFolder` may be called.
    package var isIdle: Bool {
        switch state {
        case .idle: true
        case .waiting, .data: false
        }
    }

    /// Whether a file was accepted and not ended.
    package var isSending: Bool {
        switch state {
        case .data: true
        case .idle, .waiting: false
        }
    }

    /// Bytes of the file that are still to be sent.
    package var left: UInt64 {
        switch state {
        case .data(let left): left
        case .idle, .waiting: 0
        }
    }

    /// Takes what is to be sent.
    package mutating func takeOutput() -> ByteBuffer {
        output.split(output.count)
    }

    /// Whether a name can be said: no line can hold a newline, and OpenSSH sends `\n` as other names that it does not
    /// read back.
    package static func canExpress(_ name: RawPath) -> Bool {
        name.isSafeName && !name.bytes.contains(UInt8(ascii: "\n"))
    }

    /// Announces a file, behind which its bytes follow when it is accepted; its name can be expressed.
    package mutating func beginFile(_ entry: SCPEntry) {
        announce(.file(entry), entry, .file)
        waitingSize = entry.size
    }

    /// Announces a folder, behind which what is in it follows when it is accepted; its name can be expressed.
    package mutating func beginFolder(_ entry: SCPEntry) {
        announce(.folder(entry), entry, .folder)
    }

    private mutating func announce(_ line: SCPLine, _ entry: SCPEntry, _ question: Question) {
        precondition(isIdle, "something else is under way")
        precondition(Self.canExpress(entry.name), "the name cannot be expressed")
        // A far end that keeps times answers each line; nobody refuses times.
        if let times = entry.times {
            output.append(SCPLine.times(times).bytes)
            open.append(.times)
        }
        output.append(line.bytes)
        open.append(question)
        state = .waiting
    }

    /// Notes that `count` bytes of the file were sent; at most `left`.
    package mutating func sent(_ count: Int) {
        guard case .data(let left) = state else { preconditionFailure("no file is under way") }
        precondition(count >= 0 && UInt64(count) <= left, "more than was announced")
        state = .data(left: left - UInt64(count))
    }

    /// Ends the file, all of whose bytes were sent; `complaint` tells what is wrong with them.
    package mutating func endFile(complaint: String? = nil) {
        guard case .data(0) = state else { preconditionFailure("bytes of the file are missing") }
        if let complaint {
            output.append(1 as UInt8)
            output.append(Array("scp: \(complaint.visible().prefix(SCPLimits.shownLength))\n".utf8))
        } else {
            output.append(0 as UInt8)
        }
        open.append(.fileEnd)
        state = .idle
    }

    /// Ends the innermost folder.
    package mutating func endFolder() {
        precondition(isIdle && depth > 0, "no folder is open")
        depth -= 1
        output.append(SCPLine.folderEnd.bytes)
        open.append(.folderEnd)
    }

    /// The next answer in `bytes`, the front of what has arrived and was not used up.
    package mutating func next(_ bytes: RawSpan) throws(SCPError) -> Step {
        guard !bytes.isEmpty else { return .needsMore }
        var consumed = 1
        var answer = Answer.accepted
        switch bytes[0] {
        case 0: break
        case 1, 2:
            guard let line = try SCPSink.line(bytes) else { return .needsMore }
            let text = SCPError.shown(line.dropFirst())
            if bytes[0] == 2 { throw .ended(text) }
            consumed = line.count + 1
            answer = .refused(text)
        default:
            // As a rule that is what a start-up file of the shell there prints.
            guard let line = try SCPSink.line(bytes) else { return .needsMore }
            throw .violation("it sent \"\(SCPError.shown(line))\"")
        }
        guard let question = open.first else { throw .violation("an answer that nothing was asked for") }
        open.removeFirst()
        switch question {
        case .greeting:
            if case .refused(let text) = answer { throw .ended(text) }
            state = .idle
        case .file: state = answer == .accepted ? .data(left: waitingSize) : .idle
        case .folder:
            if answer == .accepted { depth += 1 }
            state = .idle
        case .times, .fileEnd, .folderEnd: break
        }
        return .answer(question, answer, consumed: consumed)
    }
}
