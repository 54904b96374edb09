import Bytes
import Testing

@testable import Cryptography

@Suite("Secrets, comparison and random numbers") struct SecretTests {
    private struct Refusal: Error, Equatable {}

    @Test("A secret holds what it was made of, at every size around the slots'")
    func sizes() {
        for count in [0, 1, 31, 32, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 16384, 16385, 70000]
        {
            let bytes = SystemRandom.bytes(count)
            let secret = Secret(copying: bytes.rawSpan)
            #expect(secret.count == count)
            #expect(secret.copy == bytes)
        }
    }

    @Test("A text is held in UTF-8")
    func text() {
        #expect(Secret(utf8: "pässword").copy == [UInt8]("pässword".utf8))
        #expect(Secret(utf8: "").count == 0)
    }

    @Test("Memory that is used again starts with zeros")
    func wiped() {
        for _ in 0..<200 {
            for count in [40, 200, 900, 4000, 20000] {
                _ = Secret(copying: [UInt8](repeating: 0xA5, count: count).rawSpan)
                let next = Secret(count: count) { _ in }
                #expect(next.copy.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("What the filling throws comes out, and the slot is free again")
    func refusal() {
        for _ in 0..<1000 {
            #expect(throws: Refusal()) { try Secret(count: 32) { _ in throw Refusal() } }
        }
    }

    @Test("Secrets are equal when their bytes are")
    func equality() {
        let secret = Secret(utf8: "secret")
        #expect(secret == Secret(utf8: "secret"))
        #expect(secret != Secret(utf8: "secreT"))
        #expect(secret != Secret(utf8: "secret "))
        #expect(Secret(utf8: "") == Secret(utf8: ""))
    }

    @Test("A description of a secret does not show its bytes")
    func description() {
        let secret = Secret(utf8: "hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret)".contains("hunter2") && !dumped.contains("hunter2"))
    }

    @Test("Many threads make and drop secrets at once")
    func threads() async {
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    (0..<500).allSatisfy { round in
                        let bytes = [UInt8](repeating: UInt8(number), count: 16 + round)
                        let kept = [Secret(copying: bytes.rawSpan), Secret(copying: bytes.rawSpan)]
                        return kept.allSatisfy { $0.copy == bytes }
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test("Constant-time comparison sees each differing bit and length")
    func comparison() {
        let bytes = SystemRandom.bytes(33)
        let same = bytes
        #expect(equal(bytes, same))
        for bit in 0..<bytes.count * 8 {
            var other = bytes
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(!equal(bytes, other))
        }
        for count in 0..<bytes.count {
            #expect(!equal(bytes, Array(bytes.prefix(count))))
        }
        #expect(equal([], []))

        func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool { constantTimeEquals(a.rawSpan, b.rawSpan) }
    }

    @Test("Random bytes differ from call to call, and fill a span to its end")
    func random() {
        #expect(SystemRandom.bytes(0).isEmpty)
        #expect(SystemRandom.bytes(32) != SystemRandom.bytes(32))
        // One of 64 tries leaves a given byte non-zero but for a chance of 2⁻⁵¹².
        var seen = [UInt8](repeating: 0, count: 33)
        for _ in 0..<64 {
            var bytes = [UInt8](repeating: 0, count: 33)
            bytes.edit { SystemRandom.fill(&$0) }
            for index in bytes.indices { seen[index] |= bytes[index] }
        }
        #expect(!seen.contains(0))
    }

    @Test("Random numbers stay below their bound and reach all of it")
    func bound() {
        #expect(SystemRandom.uint32(below: 0) == 0)
        #expect(SystemRandom.uint32(below: 1) == 0)
        let numbers = Set((0..<2000).map { _ in SystemRandom.uint32(below: 5) })
        #expect(numbers == [0, 1, 2, 3, 4])
    }
}
