import Testing

@testable import SSH

@Suite("When new keys are due")
struct RekeyPolicyTests {
    @Test(
        "The cipher's own limit holds where none is set, and cannot be raised",
        arguments: [
            (CipherAlgorithm.aes128GCM, nil, 1 << 36 as UInt64), (.chacha20Poly1305, nil, 1 << 36),
            (.tripleDESCBC, nil, 1 << 30), (.tripleDESCBC, .max, 1 << 30), (.aes256CTR, .max, 1 << 36),
            (.aes256CTR, 1000, 1000), (.tripleDESCBC, 1000, 1000),
        ] as [(CipherAlgorithm, UInt64?, UInt64)])
    func bytes(cipher: CipherAlgorithm, setting: UInt64?, limit: UInt64) {
        let policy = RekeyPolicy(bytes: setting)
        #expect(!policy.isDue(bytes: limit - 1, packets: 0, cipher: cipher))
        #expect(policy.isDue(bytes: limit, packets: 0, cipher: cipher))
    }

    @Test("Packets are limited to 2^31 at most", arguments: [10, 1 << 31, .max] as [UInt64])
    func packets(setting: UInt64) {
        let policy = RekeyPolicy(packets: setting)
        let limit = min(setting, 1 << 31)
        #expect(!policy.isDue(bytes: 0, packets: limit - 1, cipher: .aes128GCM))
        #expect(policy.isDue(bytes: 0, packets: limit, cipher: .aes128GCM))
    }

    @Test("A used-up policy begins an exchange, once, on the side that watches", arguments: [Role.client, .server])
    func automatic(role: Role) throws {
        let pair = try TransportPair.open { $0.rekeyPolicy = RekeyPolicy(packets: 5, interval: nil) }
        let watching = role == .client ? pair.client : pair.server
        for round in 2...4 {
            for _ in 0..<4 {
                pair.client.send([94])
                watching.machine.startKeyExchangeIfDue()
                #expect(!watching.isDeferring)
            }
            pair.client.send([94])
            try pair.run()
            watching.machine.startKeyExchangeIfDue()
            watching.machine.startKeyExchangeIfDue()
            #expect(watching.isDeferring)
            try pair.run()
            #expect(pair.client.keyExchangeCount == round)
            #expect(pair.server.keyExchangeCount == round)
        }
    }

    @Test("Nothing is due before the first exchange is over")
    func early() {
        let side = TransportSide(.client) { $0.rekeyPolicy = RekeyPolicy(bytes: 1, interval: nil) }
        let before = side.sent()
        side.machine.startKeyExchangeIfDue()
        #expect(!before.isEmpty && side.sent().isEmpty)
    }
}
