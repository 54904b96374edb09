import Bytes
import Testing

@testable import SSH

/// Every state of a channel with everything that the peer can send, and with everything that the driver can ask for.
@Suite("The states of a channel")
struct ChannelStateTableTests {
    enum State: Int, CaseIterable {
        case never, opening, abandoned, offered, open, inputEnded, outputEnded, bothEnded, closing, vacated
    }

    enum Message: CaseIterable {
        case confirmation, openFailure, adjust, data, errorData, unknownData, eof, close, request, requestWithReply
        case reply, unsolicitedReply
    }

    enum Operation: CaseIterable {
        case write, sendEOF, closeNow, closeAfter, request, accept, reject, acknowledge
    }

    /// One column per state in their order. Thrown: `U` unknown channel, `X` unexpected message. Events: `O` opened,
    /// `F` openFailed, `C` closed, `K` closed and CLOSE was sent, `W` windowAvailable, `D` data, `E` eof, `R` request,
    /// `S` requestReply, `!` failed and CLOSE was sent, `c` none and CLOSE was sent, `.` none.
    static let messages: [(Message, String)] = [
        (.confirmation, "UOcXXXXXXU"),
        (.openFailure, "UFCXXXXXXU"),
        (.adjust, "UXXXWWWW.."),
        (.data, "UXXXD!D!.U"),
        (.errorData, "UXXXD!D!.U"),
        (.unknownData, "UXXX.!.!.U"),
        (.eof, "UXXXE.E..U"),
        (.close, "UXXXKKKKCU"),
        (.request, "UXXXRRRR.U"),
        (.requestWithReply, "UXXXRRRR.U"),
        (.reply, "UXXXSSSS.U"),
        (.unsolicitedReply, "UXXX!!!!.U"),
    ]

    /// `n` not open, `e` output has ended; else the messages that were sent: `E` EOF, `C` CLOSE, `B` both, `R` request,
    /// `Y` confirmation, `N` open failure, `.` nothing.
    static let operations: [(Operation, String)] = [
        (.write, "n.nn..eenn"),
        (.sendEOF, "....EE...."),
        (.closeNow, "...NCCCC.."),
        (.closeAfter, "...NBBCC.."),
        (.request, "nnnnRRRRnn"),
        (.accept, "nnnYnnnnnn"),
        (.reject, "nnnNnnnnnn"),
        (.acknowledge, ".........."),
    ]

    /// A side with one channel in `state`; where it is open, `requests` requests of ours wait for replies.
    private func side(in state: State, requests: Int) throws -> (ChannelSide, ChannelID) {
        let side = ChannelSide()
        switch state {
        case .never: return (side, ChannelID(number: 0, generation: 0))
        case .opening, .abandoned:
            let id = try side.open()
            if state == .abandoned { side.close(id) }
            _ = side.sent()
            return (side, id)
        case .offered:
            guard case .peerOpen(let id, .session) = try side.receiveOpen() else {
                throw ChannelError.notOpen
            }
            return (side, id)
        case .open, .inputEnded, .outputEnded, .bothEnded, .closing, .vacated:
            let id = try side.opened()
            for _ in 0..<requests { _ = try side.request(.shell, id, wantReply: true) }
            if state == .inputEnded || state == .bothEnded { _ = try side.receive(.eof, id) }
            if state == .outputEnded || state == .bothEnded { side.sendEOF(id) }
            if state == .closing || state == .vacated { side.close(id) }
            if state == .vacated { #expect(try side.receive(.close, id) == .closed(id)) }
            _ = side.sent()
            return (side, id)
        }
    }

    private func outcome(_ side: ChannelSide, _ message: Message, _ id: ChannelID) -> Character {
        do {
            let event: ChannelEvent
            switch message {
            case .confirmation: event = try side.receiveConfirmation(id)
            case .openFailure:
                event = try side.receive {
                    ChannelOpenFailureMessage(recipient: id.number, reason: .connectFailed, description: "no")
                        .encode(into: &$0)
                }
            case .adjust: event = try side.receive(adjust: 5, id)
            case .data: event = try side.receive(data: [1, 2], id)
            case .errorData: event = try side.receive(data: [1, 2], id, stream: .error)
            case .unknownData: event = try side.receive([95, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 1])
            case .eof: event = try side.receive(.eof, id)
            case .close: event = try side.receive(.close, id)
            case .request: event = try side.receive(request: .shell, id, wantReply: false)
            case .requestWithReply: event = try side.receive(request: .shell, id, wantReply: true)
            case .reply: event = try side.receive(.success, id)
            case .unsolicitedReply: event = try side.receive(.failure, id)
            }
            let sent = side.sentNumbers()
            switch (event, sent) {
            case (.none, []): return "."
            case (.none, [97]): return "c"
            case (.opened(id), []): return "O"
            case (.openFailed(id, .connectFailed, description: "no"), []): return "F"
            case (.data(id, .output, 9..<11), []): return "D"
            case (.data(id, .error, 13..<15), []): return "D"
            case (.windowAvailable(id), []): return "W"
            case (.eof(id), []): return "E"
            case (.request(id, .shell, wantReply: message == .requestWithReply), []): return "R"
            case (.requestReply(id, number: 1, success: true), []): return "S"
            case (.closed(id), []): return "C"
            case (.closed(id), [97]): return "K"
            case (.failed(id, let error), [97]): return error.scope == .channel ? "!" : "?"
            case _: return "?"
            }
        } catch {
            guard side.sent().isEmpty else { return "?" }
            switch error {
            case .unknownChannel(_, channel: id.number): return "U"
            case .unexpectedMessage(_, channel: id.number): return "X"
            case _: return "?"
            }
        }
    }

    @Test("Each message of the peer does what the table says", arguments: messages)
    func message(message: Message, expected: String) throws {
        for (state, expected) in zip(State.allCases, expected) {
            let (side, id) = try side(in: state, requests: message == .reply ? 1 : 0)
            let outcome = outcome(side, message, id)
            #expect(outcome == expected, "\(message) in \(state)")
            if "UX".contains(expected) {
                #expect(throws: ChannelError.self) { try side.receive(global: .keepalive, wantReply: false) }
            } else {
                let event = try side.receive(global: .keepalive, wantReply: false)
                #expect(event == .globalRequest(.keepalive, wantReply: false))
            }
            switch expected {
            case "F", "C", "K": #expect(side.channelIDs == [])
            case "!", "c":
                // It waits for the peer's CLOSE, and nothing else comes of it.
                #expect(try side.receive(data: [1], id) == .none)
                #expect(try side.receive(.close, id) == .closed(id))
                #expect(side.sent() == [])
            case _: break
            }
        }
    }

    @Test("Each operation does what the table says", arguments: operations)
    func operation(operation: Operation, expected: String) throws {
        for (state, expected) in zip(State.allCases, expected) {
            let (side, id) = try side(in: state, requests: 0)
            var outcome: Character
            do throws(ChannelError) {
                switch operation {
                case .write: try side.write([1], id)
                case .sendEOF: side.sendEOF(id)
                case .closeNow: side.close(id)
                case .closeAfter: side.close(id, .afterQueuedData)
                case .request: _ = try side.request(.shell, id, wantReply: true)
                case .accept: try side.accept(id)
                case .reject: try side.reject(id, .administrativelyProhibited)
                case .acknowledge: side.acknowledge(id, 0)
                }
                switch side.sentNumbers() {
                case []: outcome = "."
                case [91]: outcome = "Y"
                case [92]: outcome = "N"
                case [96]: outcome = "E"
                case [97]: outcome = "C"
                case [96, 97]: outcome = "B"
                case [98]: outcome = "R"
                case _: outcome = "?"
                }
            } catch {
                switch error {
                case .notOpen: outcome = "n"
                case .outputEnded: outcome = "e"
                case _: outcome = "?"
                }
            }
            #expect(outcome == expected, "\(operation) in \(state)")
        }
    }

    @Test("The tables cover every message and every operation")
    func tablesAreComplete() {
        #expect(Self.messages.map(\.0) == Message.allCases)
        #expect(Self.operations.map(\.0) == Operation.allCases)
        #expect(Self.messages.allSatisfy { $0.1.count == State.allCases.count })
        #expect(Self.operations.allSatisfy { $0.1.count == State.allCases.count })
    }

    @Test("An offered channel becomes open when it is accepted, and its number is free when it is rejected")
    func offered() throws {
        let side = ChannelSide()
        guard case .peerOpen(let id, .session) = try side.receiveOpen(sender: 42) else {
            Issue.record("no channel was offered")
            return
        }
        try side.accept(id)
        let confirmation = try #require(side.sent().first)
        #expect(
            try ChannelOpenConfirmationMessage(decoding: confirmation.rawSpan)
                == .init(recipient: 42, sender: id.number, window: 2 << 20, maximumPacketSize: 128 << 10))
        #expect(try side.receive(data: [1], id) == .data(id, .output, 9..<10))
        guard case .peerOpen(let second, _) = try side.receiveOpen(sender: 43) else {
            Issue.record("no channel was offered")
            return
        }
        try side.reject(second, .administrativelyProhibited)
        let refusal = try #require(side.sent().first)
        #expect(
            try ChannelOpenFailureMessage(decoding: refusal.rawSpan)
                == .init(recipient: 43, reason: .administrativelyProhibited, description: "no"))
        #expect(side.channelIDs == [id])
    }

    @Test("Nothing is accepted before authentication, and nothing can be asked for")
    func beforeAuthentication() {
        let side = ChannelSide(begins: false)
        #expect(throws: ChannelError.beforeAuthentication) { try side.receiveOpen() }
        #expect(throws: ChannelError.beforeAuthentication) { try side.open() }
        #expect(throws: ChannelError.beforeAuthentication) { try side.requestGlobally(.keepalive, wantReply: true) }
        #expect(side.sent() == [])
        #expect(side.channelIDs == [])
    }

    @Test("When the connection ends each channel is reported once, and nothing is sent or accepted after it")
    func connectionEnd() throws {
        let side = ChannelSide()
        let opening = try side.open()
        let open = try side.opened()
        let closing = try side.opened()
        side.close(closing)
        let gone = try side.opened()
        side.close(gone)
        _ = try side.receive(.close, gone)
        guard case .peerOpen(let offered, _) = try side.receiveOpen() else {
            Issue.record("no channel was offered")
            return
        }
        try side.write([1], open)
        _ = side.sent()
        #expect(Set(side.connectionDidEnd()) == [opening, open, closing, offered])
        #expect(side.connectionDidEnd() == [])
        #expect(side.channelCount == 0)
        #expect(throws: ChannelError.connectionEnded) { try side.receive(.eof, open) }
        #expect(throws: ChannelError.connectionEnded) { try side.open() }
        #expect(throws: ChannelError.connectionEnded) { try side.write([1], open) }
        #expect(throws: ChannelError.connectionEnded) { try side.accept(offered) }
        side.sendEOF(open)
        side.close(open)
        side.acknowledge(open, 1)
        side.reply(open, true)
        side.replyGlobally(.failure)
        side.flush()
        #expect(side.sent() == [])
        #expect(side.nextWritable() == nil)
    }

    @Test("A number is used again only after both closes, and the old id does not reach the new channel")
    func reuse() throws {
        let side = ChannelSide()
        let first = try side.opened()
        side.close(first)
        #expect(try side.open().number == 1)
        #expect(try side.receive(.close, first) == .closed(first))
        let second = try side.opened()
        #expect(second.number == first.number)
        #expect(second != first)
        #expect(throws: ChannelError.notOpen) { try side.write([1], first) }
        side.close(first)
        #expect(side.sent() == [])
        try side.write([1], second)
        #expect(side.pendingCount(first) == 0)
        #expect(side.pendingCount(second) == 1)
    }

    @Test("Data and EOF that are queued before the confirmation follow it")
    func queuedWhileOpening() throws {
        let side = ChannelSide()
        let id = try side.open()
        try side.write([1, 2, 3], id)
        side.sendEOF(id)
        side.flush()
        #expect(side.sentNumbers() == [90])
        #expect(try side.receiveConfirmation(id) == .opened(id))
        side.flush()
        #expect(side.sentNumbers() == [94, 96])
        #expect(throws: ChannelError.outputEnded) { try side.write([1], id) }
    }

    @Test("EOF and CLOSE wait for the queued data; a CLOSE at once drops them")
    func closeAfterQueuedData() throws {
        let side = ChannelSide()
        let id = try side.opened(window: 2)
        try side.write([1, 2, 3], id)
        side.sendEOF(id)
        side.close(id, .afterQueuedData)
        side.flush()
        #expect(side.sentNumbers() == [94])
        #expect(try side.receive(adjust: 5, id) == .windowAvailable(id))
        side.flush()
        #expect(side.sentNumbers() == [94, 96, 97])
        let other = try side.opened(window: 0)
        try side.write([1, 2, 3], other)
        side.close(other)
        #expect(side.sentNumbers() == [97])
        #expect(side.pendingCount(other) == 0)
        #expect(try side.receive(adjust: 5, other) == .none)
        #expect(side.flush() == 0)
    }
}
