import Bytes
import Cryptography
import TestHosts
import Testing

@testable import SSH

/// Clients that attack the server's key exchange and its ciphers.
@Suite("Clients that attack a server's key exchange", .serialized, .timeLimit(.minutes(3)))
struct HostileExchangeClientTests {
    /// What the server makes of `messages` in place of those of `method`, and what it costs.
    private static func meet(
        _ method: KeyExchangeAlgorithm, _ messages: [[UInt8]]
    ) async throws -> (end: ConnectionError, duration: Duration, memory: Int) {
        try await ServedHost.with(configure: { $0.transport.algorithms = .defaults }) { host in
            let before = residentMemory()
            let duration = try await ContinuousClock().measure {
                try await onThread {
                    let socket = try BlockingSocket(port: host.port, timeout: 10)
                    var preferences = AlgorithmPreferences.defaults
                    preferences.keyExchange = [method]
                    let offer = KeyExchangeInit(preferences, role: .client, isFirst: true)
                    socket.write(Array("SSH-2.0-hostile\r\n".utf8) + plainPacket(offer.encoded()))
                    for message in messages { socket.write(plainPacket(message)) }
                    socket.drain()
                }
            }
            let end = await host.ended()[0]
            // Others are served as before.
            _ = try await host.visit { $0.logIn() }
            return (end, duration, max(0, residentMemory() - before))
        }
    }

    private static func value(_ bytes: [UInt8]) -> [UInt8] {
        payload {
            $0.append(30 as UInt8)
            $0.append(string: bytes)
        }
    }

    private static func expectRefusal(_ method: KeyExchangeAlgorithm, _ messages: [[UInt8]]) async throws {
        let met = try await meet(method, messages)
        print("\(method.rawValue): ended by \(met.end) after \(met.duration), memory grew by \(met.memory >> 10) KiB")
        switch met.end {
        case .transport(.violation), .transport(.limitExceeded), .transport(.cryptography): break
        default: Issue.record("\(met.end)")
        }
        #expect(met.duration < .seconds(5) && met.memory < 16 << 20)
    }

    @Test(
        "A Curve25519 point of low order is refused (RFC 7748 §6.1)",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ])
    func lowOrder(point: String) async throws {
        let bytes = try #require(Hexadecimal.decode(point))
        try await Self.expectRefusal(.curve25519SHA256, [Self.value(bytes)])
        // Behind a key for the encapsulation that is as long as it should be.
        try await Self.expectRefusal(
            .mlkem768X25519SHA256, [Self.value([UInt8](repeating: 0, count: 1184) + bytes)])
    }

    @Test(
        "Values of another length, or none of the group, are refused",
        arguments: [
            (.curve25519SHA256, []), (.curve25519SHA256, [UInt8](repeating: 9, count: 33)),
            (.ecdhP256, [UInt8](repeating: 4, count: 65)), (.ecdhP256, [0]),
            (.ecdhP384, [4] + [UInt8](repeating: 0xFF, count: 96)), (.ecdhP521, [UInt8](repeating: 2, count: 67)),
            (.mlkem768X25519SHA256, [UInt8](repeating: 0xFF, count: 1216)),
            (.sntrup761X25519SHA512, [UInt8](repeating: 0xFF, count: 1189)),
            (.mlkem768X25519SHA256, [UInt8](repeating: 1, count: 100_000)),
        ] as [(KeyExchangeAlgorithm, [UInt8])])
    func values(method: KeyExchangeAlgorithm, bytes: [UInt8]) async throws {
        try await Self.expectRefusal(method, [Self.value(bytes)])
    }

    @Test("Diffie-Hellman values out of range are refused (RFC 4253 §8)", arguments: 0...3)
    func groupValues(kind: Int) async throws {
        let prime = DiffieHellmanGroup.group14.prime
        let number: [UInt8] =
            switch kind {
            case 0: []
            case 1: [1]
            case 2: Array(prime.dropLast()) + [prime[prime.count - 1] - 1]
            case _: prime
            }
        let message = payload {
            $0.append(30 as UInt8)
            $0.append(positiveInteger: number)
        }
        try await Self.expectRefusal(.group14SHA256, [message])
    }

    @Test(
        "Groups that nobody could want are refused (RFC 4419 §3)",
        arguments: [(8192, 4096, 2048), (1024, 1024, 1024), (0, 0, 0), (1 << 31, 1 << 31, 1 << 31)])
    func groups(minimum: Int, preferred: Int, maximum: Int) async throws {
        let message = payload {
            $0.append(34 as UInt8)
            $0.append(UInt32(minimum))
            $0.append(UInt32(preferred))
            $0.append(UInt32(maximum))
        }
        try await Self.expectRefusal(.groupExchangeSHA256, [message])
    }

    @Test("Messages of the exchange out of order are refused", arguments: [21, 31, 32, 33, 20, 49] as [UInt8])
    func order(number: UInt8) async throws {
        try await Self.expectRefusal(.curve25519SHA256, [[number, 0, 0, 0, 0]])
    }

    @Test(
        "A packet that does not authenticate ends the connection, whatever it says", arguments: CipherAlgorithm.defaults
    )
    func tampering(cipher: CipherAlgorithm) async throws {
        try await ServedHost.with(configure: { $0.transport.algorithms = .defaults }) { host in
            for place in [5, 12, -1] {
                let met = try await host.visit({ $0.algorithms.ciphers = [cipher] }) { client in
                    client.exchangeKeys()
                    client.side.inject(payload { ServiceRequest(service: "ssh-userauth").encode(into: &$0) })
                    var bytes = client.side.sent()
                    bytes[place < 0 ? bytes.count + place : place] ^= 1
                    client.socket.write(bytes)
                    client.socket.drain()
                }
                guard case .transport(.corruptedPacket) = met.end else {
                    Issue.record("\(cipher.rawValue), byte \(place): \(met.end)")
                    continue
                }
            }
        }
    }
}
