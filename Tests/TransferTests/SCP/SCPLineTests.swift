import Bytes
import Testing
import Transfer

@Suite("Lines of the SCP protocol")
struct SCPLineTests {
    private static func entry(
        _ name: RawPath, _ permissions: UInt32, _ size: UInt64 = 0
    ) -> SCPEntry {
        SCPEntry(name: name, permissions: permissions, size: size)
    }

    @Test(
        "Lines mean what OpenSSH means by them, and are written as it does",
        arguments: [
            ("C0644 12 a b", .file(entry("a b", 0o644, 12))),
            ("C0000 0 x", .file(entry("x", 0))),
            ("C0600 9223372036854775807 -", .file(entry("-", 0o600, 9_223_372_036_854_775_807))),
            ("D0755 0 d", .folder(entry("d", 0o755))),
            ("E", .folderEnd),
            (
                "T1700000000 999999 0 5",
                .times(
                    SCPTimes(
                        modificationSeconds: 1_700_000_000, modificationMicroseconds: 999_999, accessSeconds: 0,
                        accessMicroseconds: 5))
            ),
        ] as [(String, SCPLine)])
    func table(text: String, line: SCPLine) {
        #expect(SCPLine(Array(text.utf8)) == line)
        #expect(line.bytes == Array((text + "\n").utf8))
    }

    @Test("Names are any bytes, and bits above the lower nine are dropped")
    func names() {
        let name: [UInt8] = [0xFF, 0x20, 0x20, 0x1B, 0x80]
        let line = SCPLine(Array("C7777 3 ".utf8) + name)
        #expect(line == .file(Self.entry(RawPath(bytes: name), 0o777, 3)))
        #expect(line?.bytes == Array("C0777 3 ".utf8) + name + [0x0A])
    }

    @Test(
        "Other lines are refused",
        arguments: [
            "", "C", "C0644", "C0644 ", "C0644 1", "C644 1 x", "C00644 1 x", "C0844 1 x", "C0644  1 x", "C0644 -1 x",
            "C0644 +1 x", "C0644 1x x", "C0644 0x10 x", "C0644 9223372036854775808 x", "C0644 99999999999999999999 x",
            "C0644 18446744073709551616 x", "D0755 0", "E ", "EE", "E0", "T", "T1", "T1 0 1", "T1 0 1 0 ", "T1 0 1 0 0",
            "T-1 0 1 0", "T1 1000000 1 0", "T9223372036854775808 0 1 0", "c0644 1 x", "S0644 1 x", "Welcome!",
        ])
    func refused(text: String) {
        #expect(SCPLine(Array(text.utf8)) == nil)
    }

    @Test("Random files come back")
    func roundTrip() {
        for _ in 0..<1000 {
            let name = (0..<Int.random(in: 1...255)).map { _ in UInt8.random(in: 11...255) }
            let entry = SCPEntry(
                name: RawPath(bytes: name), permissions: .random(in: 0...0o777),
                size: .random(in: 0...UInt64(Int64.max)))
            let line = SCPLine.file(entry)
            #expect(SCPLine(line.bytes.dropLast()) == line)
        }
    }
}
