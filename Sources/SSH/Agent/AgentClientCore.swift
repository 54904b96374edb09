package import Bytes

/// The client's side of the agent protocol (draft-miller-ssh-agent): requests to bytes, bytes to replies, no I/O.
///
/// An agent answers in the order of the requests. After an error that was thrown the connection is of no further use.
package struct AgentClientCore: ~Copyable, Sendable {
    /// What the next message has to answer.
    private enum Expected: Sendable {
        case identities
        case signature
        case extensionReply
    }

    private enum State: Sendable {
        /// The requests without an answer, oldest first.
        case open([Expected])
        case failed(AgentError)
    }

    private var state = State.open([])
    private var received = ByteBuffer()

    package init() {}

    /// How many requests wait for an answer.
    package var pendingCount: Int {
        switch state {
        case .open(let pending): pending.count
        case .failed: 0
        }
    }

    /// Appends the message that asks `request` to `output`.
    package mutating func send(_ request: AgentRequest, into output: inout ByteBuffer) throws(AgentError) {
        var pending: [Expected]
        switch state {
        case .failed(let error): throw error
        case .open(let requests): pending = requests
        }
        guard pending.count < AgentLimits.pendingRequests else { throw .tooManyRequests }
        var message = ByteBuffer(capacity: 256)
        request.write(into: &message)
        guard message.count <= AgentLimits.messageLength else { throw .messageTooLong(message.count) }
        output.append(string: message.bytes)
        switch request {
        case .identities: pending.append(.identities)
        case .sign: pending.append(.signature)
        case .sessionBind: pending.append(.extensionReply)
        }
        state = .open(pending)
    }

    /// Takes what the agent sent, in pieces of any size, and returns the replies that are now whole, in order.
    package mutating func receive(_ bytes: RawSpan) throws(AgentError) -> [AgentReply] {
        if case .failed(let error) = state { throw error }
        received.append(bytes)
        var replies: [AgentReply] = []
        do throws(AgentError) {
            while let reply = try nextReply() { replies.append(reply) }
        } catch {
            state = .failed(error)
            received.removeAll()
            throw error
        }
        return replies
    }

    /// The connection ended: every later call throws `.closed`. Returns how many requests stay without an answer.
    @discardableResult
    package mutating func end() -> Int {
        switch state {
        case .failed:
            return 0
        case .open(let pending):
            state = .failed(.closed)
            received.removeAll()
            return pending.count
        }
    }

    private mutating func nextReply() throws(AgentError) -> AgentReply? {
        guard received.count >= 4, case .open(var pending) = state else { return nil }
        let length = Int(received.bytes.integer(at: 0, as: UInt32.self))
        guard length <= AgentLimits.messageLength else { throw .messageTooLong(length) }
        guard length > 0 else { throw .wire(.truncated) }
        guard !pending.isEmpty else { throw .unexpectedReply }
        guard received.count >= 4 + length else { return nil }
        let expected = pending.removeFirst()
        let reply = try Self.reply(to: expected, received.bytes.extracting(4..<4 + length))
        received.consume(4 + length)
        state = .open(pending)
        return reply
    }

    private static func reply(to expected: Expected, _ message: RawSpan) throws(AgentError) -> AgentReply {
        let number = message[0]
        var reader = WireReader(message.extracting(droppingFirst: 1))
        do throws(WireError) {
            switch expected {
            case .identities where number == AgentMessageNumber.identitiesAnswer:
                let count = Int(try reader.integer(UInt32.self))
                guard count <= AgentLimits.identities else { throw .tooLong(count, limit: AgentLimits.identities) }
                let identities = try identities(count, &reader)
                try reader.expectEnd()
                return .identities(identities)
            case .signature where number == AgentMessageNumber.signResponse:
                let signature = try reader.bytes(limit: KeyLimits.signatureLength)
                try reader.expectEnd()
                return .signature(signature)
            case .identities where number == AgentMessageNumber.failure,
                .signature where number == AgentMessageNumber.failure:
                return .failure(.refused)
            case .extensionReply where number == AgentMessageNumber.success,
                // Whatever an agent adds to its success is not asked for.
                .extensionReply where number == AgentMessageNumber.extensionResponse:
                return .success
            case .extensionReply where number == AgentMessageNumber.failure,
                .extensionReply where number == AgentMessageNumber.extensionFailure:
                return .failure(.extensionFailed)
            case .identities, .signature, .extensionReply:
                throw .malformed("message \(number) does not answer the request")
            }
        } catch {
            throw .wire(error)
        }
    }

    private static func identities(_ count: Int, _ reader: inout WireReader) throws(WireError) -> [AgentIdentity] {
        var identities: [AgentIdentity] = []
        for _ in 0..<count {
            let blob = try reader.bytes(limit: KeyLimits.publicKeyLength)
            let comment = String(lossy: try reader.string(limit: KeyLimits.commentLength))
            // A key that cannot be used is passed over: it must not hide the others.
            guard let key = (try? PublicKey(blob: blob)) ?? PublicKey(opaque: blob) else { continue }
            identities.append(AgentIdentity(key: key, comment: comment))
        }
        return identities
    }
}
