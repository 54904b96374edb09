import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Agent protocol")
struct AgentClientCoreTests {
    private static func message(_ number: UInt8, _ fields: (inout ByteBuffer) -> Void = { _ in }) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendString { content in
            content.append(number)
            fields(&content)
        }
        return [UInt8](buffer.bytes)
    }

    private static func identities(_ keys: [(blob: [UInt8], comment: String)]) -> [UInt8] {
        message(12) {
            $0.append(UInt32(keys.count))
            for (blob, comment) in keys {
                $0.append(string: blob)
                $0.append(string: comment)
            }
        }
    }

    /// A request of each kind.
    private static func requests() throws -> [AgentRequest] {
        let key = try KeyPair.generate().publicKey
        return [
            .identities, .sign(key: key, data: [1], flags: []),
            .sessionBind(hostKey: key, sessionID: [1], signature: [2], isForwarding: false),
        ]
    }

    private static func core(asking requests: [AgentRequest]) throws -> AgentClientCore {
        var core = AgentClientCore()
        var output = ByteBuffer()
        for request in requests { try core.send(request, into: &output) }
        return core
    }

    @Test("Requests have the bytes of draft-miller-ssh-agent")
    func requestBytes() throws {
        let key = try #require(PublicKey(opaque: [0, 0, 0, 1, 0x61, 9]))
        for (request, expected) in [
            (.identities, [0, 0, 0, 1, 11]),
            (
                .sign(key: key, data: [7, 8], flags: AgentSignatureFlags(.rsaSHA512)),
                [0, 0, 0, 21, 13, 0, 0, 0, 6, 0, 0, 0, 1, 0x61, 9, 0, 0, 0, 2, 7, 8, 0, 0, 0, 4]
            ),
            (
                .sessionBind(hostKey: key, sessionID: [1], signature: [2, 3], isForwarding: true),
                [0, 0, 0, 51, 27, 0, 0, 0, 24] + [UInt8]("session-bind@openssh.com".utf8)
                    + [0, 0, 0, 6, 0, 0, 0, 1, 0x61, 9, 0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 3, 1]
            ),
        ] as [(AgentRequest, [UInt8])] {
            var core = AgentClientCore()
            var output = ByteBuffer()
            try core.send(request, into: &output)
            #expect([UInt8](output.bytes) == expected)
            #expect(core.pendingCount == 1)
        }
        #expect(AgentSignatureFlags(.rsaSHA256).rawValue == 2)
        #expect(AgentSignatureFlags(.ed25519).rawValue == 0)
    }

    @Test("Replies arrive whole, whatever the pieces", arguments: [1, 2, 3, 7, 1000])
    func fragmentation(_ size: Int) throws {
        let key = try KeyPair.generate().publicKey
        var core = try Self.core(asking: Self.requests() + [.identities])
        let stream =
            Self.identities([(key.blob, "one"), ([0, 0, 0, 1, 0x61], "two")])
            + Self.message(14) { $0.append(string: [5, 6]) } + Self.message(6) + Self.message(5)
        var replies: [AgentReply] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            replies += try core.receive(Array(stream[start..<min(start + size, stream.count)]).rawSpan)
        }
        let other = try #require(PublicKey(opaque: [0, 0, 0, 1, 0x61]))
        #expect(
            replies == [
                .identities([AgentIdentity(key: key, comment: "one"), AgentIdentity(key: other, comment: "two")]),
                .signature([5, 6]), .success, .failure(.refused),
            ])
        #expect(core.pendingCount == 0)
    }

    @Test("Each request takes its own answers and no others", arguments: 0...255 as ClosedRange<UInt8>)
    func pairs(_ number: UInt8) throws {
        let bodies: [UInt8: [UInt8]] = [12: [0, 0, 0, 0], 14: [0, 0, 0, 0]]
        let message = Self.message(number) { $0.append(bodies[number] ?? []) }
        let expected: [[UInt8: AgentReply]] = [
            [12: .identities([]), 5: .failure(.refused)], [14: .signature([]), 5: .failure(.refused)],
            [6: .success, 29: .success, 5: .failure(.extensionFailed), 28: .failure(.extensionFailed)],
        ]
        for (request, replies) in zip(try Self.requests(), expected) {
            var core = try Self.core(asking: [request])
            if let reply = replies[number] {
                #expect(try core.receive(message.rawSpan) == [reply])
            } else {
                do {
                    _ = try core.receive(message.rawSpan)
                    Issue.record("message \(number) was taken as an answer")
                } catch {
                    #expect(core.pendingCount == 0)
                }
            }
        }
    }

    @Test("A message that nothing asked for breaks the connection for good")
    func unsolicited() throws {
        var core = AgentClientCore()
        var output = ByteBuffer()
        var errors: [AgentError] = []
        do { _ = try core.receive(Self.message(6).rawSpan) } catch { errors.append(error) }
        do { _ = try core.receive(Self.message(5).rawSpan) } catch { errors.append(error) }
        do { try core.send(.identities, into: &output) } catch { errors.append(error) }
        #expect(errors == [.unexpectedReply, .unexpectedReply, .unexpectedReply])
        #expect(output.isEmpty)
    }

    @Test("Lengths and counts beyond the limits are refused before anything is kept")
    func limits() throws {
        for (bytes, expected) in [
            ([0, 4, 0, 1], .messageTooLong(256 << 10 + 1)), ([0xFF, 0xFF, 0xFF, 0xFF], .messageTooLong(0xFFFF_FFFF)),
            ([0, 0, 0, 0], .wire(.truncated)),
            (Self.message(12) { $0.append(2049 as UInt32) }, .wire(.tooLong(2049, limit: 2048))),
            (Self.message(12) { $0.append(UInt32.max) }, .wire(.tooLong(Int(UInt32.max), limit: 2048))),
            (Self.identities([([1], "")]) + [9], .wire(.trailingBytes(1))),
        ] as [([UInt8], AgentError)] {
            var core = try Self.core(asking: [.identities, .identities])
            do {
                _ = try core.receive(bytes.rawSpan)
                #expect(expected == .wire(.trailingBytes(1)))
            } catch {
                #expect(error == expected)
            }
        }
        var core = AgentClientCore()
        var output = ByteBuffer()
        let key = try KeyPair.generate().publicKey
        do {
            try core.send(.sign(key: key, data: [UInt8](repeating: 0, count: 256 << 10), flags: []), into: &output)
            Issue.record("an over-long message was sent")
        } catch {
            #expect(output.isEmpty)
        }
        for _ in 0..<AgentLimits.pendingRequests { try core.send(.identities, into: &output) }
        do {
            try core.send(.identities, into: &output)
            Issue.record("too many requests were sent")
        } catch {
            #expect(error == .tooManyRequests)
        }
    }

    @Test("The end of the connection leaves requests without an answer")
    func end() throws {
        var core = try Self.core(asking: Self.requests())
        #expect(core.end() == 3)
        #expect(core.end() == 0)
        do {
            _ = try core.receive([1].rawSpan)
            Issue.record("bytes were taken after the end")
        } catch {
            #expect(error == .closed)
        }
    }

    @Test("A list of keys cut off anywhere or with a flipped bit never traps")
    func damage() throws {
        let key = try KeyPair.generate(.ecdsa(.p384)).publicKey
        let whole = Self.identities([(key.blob, "one"), (key.blob, "two")])
        for count in 0..<whole.count {
            // The length says that more is to come.
            var core = try Self.core(asking: [.identities])
            #expect(try core.receive(Array(whole.prefix(count)).rawSpan).isEmpty)
            // The length is right for what is left.
            guard count > 4 else { continue }
            core = try Self.core(asking: [.identities])
            var cut = ByteBuffer()
            cut.append(string: Array(whole[4..<count]))
            do {
                _ = try core.receive(cut.bytes)
                Issue.record("a cut message was taken")
            } catch {
                #expect(error == .wire(.truncated))
            }
        }
        for flipped in whole.bitFlips {
            var core = try Self.core(asking: [.identities])
            let replies = try? core.receive(flipped.rawSpan)
            if let reply = replies?.first {
                #expect(
                    reply
                        != .identities([
                            AgentIdentity(key: key, comment: "one"), AgentIdentity(key: key, comment: "two"),
                        ]))
            }
        }
    }
}
