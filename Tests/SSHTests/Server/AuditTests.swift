import Bytes
import Foundation
import Reactor
import TestHosts
import Testing

@testable import SSH

/// ssh-audit's judgement of what both sides offer by default. What it finds is written out here, with the reason why it stays:
/// anything else, more or less, is a failure.
@Suite(
    "ssh-audit", .serialized, .enabled(if: Installed.sshAudit, "ssh-audit is not installed"), .timeLimit(.minutes(3)))
struct AuditTests {
    private static let program = Repository.cache + "/venv/bin/ssh-audit"

    /// Exchanges without a post-quantum part, last in the order: for clients and servers that have no other, as libssh2, PuTTY
    /// 0.78, Paramiko and Dropbear 2022 do not.
    private static let classical = [
        "kex curve25519-sha256", "kex curve25519-sha256@libssh.org", "kex diffie-hellman-group16-sha512",
        "kex diffie-hellman-group18-sha512",
    ].map { "\($0): warn: does not provide protection against post-quantum attacks" }

    /// What the client offers behind everything better, for servers that have nothing else: those with NIST's curves only, by
    /// regulation or with an ECDSA host key alone, old appliances, and such without encrypt-then-MAC as ProFTPD.
    private static let lastResorts =
        ["nistp256", "nistp384", "nistp521"].flatMap { curve in
            [
                "kex ecdh-sha2-\(curve): fail: \(nist)",
                "kex ecdh-sha2-\(curve): warn: does not provide protection against post-quantum attacks",
                "key ecdsa-sha2-\(curve): fail: \(nist)",
                "key ecdsa-sha2-\(curve): warn: using weak random number generator could reveal the key",
                "key ecdsa-sha2-\(curve)-cert-v01@openssh.com: fail: \(nist)",
                "key ecdsa-sha2-\(curve)-cert-v01@openssh.com: warn: using weak random number generator could reveal the key",
            ]
        } + [
            "kex diffie-hellman-group-exchange-sha256: warn: does not provide protection against post-quantum attacks",
            "kex diffie-hellman-group14-sha256: warn: 2048-bit modulus only provides 112-bits of symmetric strength",
            "kex diffie-hellman-group14-sha256: warn: does not provide protection against post-quantum attacks",
            "mac hmac-sha2-256: warn: using encrypt-and-MAC mode",
            "mac hmac-sha2-512: warn: using encrypt-and-MAC mode",
        ]
    private static let nist =
        "using elliptic curves that are suspected as being backdoored by the U.S. National Security Agency"

    /// The findings in ssh-audit's report, as `kind name: level: text`, without information.
    private static func findings(in report: String) -> [String] {
        var findings: [String] = []
        var subject = ""
        for line in report.split(separator: "\n") {
            if line.hasPrefix("("), let end = line.firstIndex(of: ")") {
                let name = line[line.index(after: end)...].split(separator: " ").first ?? ""
                subject = "\(line[line.index(after: line.startIndex)..<end]) \(name)"
            }
            for level in ["fail", "warn"] {
                guard let mark = line.range(of: "[\(level)] ") else { continue }
                findings.append("\(subject): \(level): \(line[mark.upperBound...])")
            }
        }
        return findings.sorted()
    }

    /// Both of OpenSSH's counter-measures are seen: strict key exchange against Terrapin, and a limit for each source of strangers
    /// against floods of key exchanges (DHEat).
    @Test("finds no more in the server than exchanges for clients of yesterday")
    func server() async throws {
        try await ServedHost.with(
            admission: { $0 = AdmissionControl.Configuration() },
            configure: { $0.hostKeys.removeAll { $0.publicKey.algorithm == .ecdsaP256 } }
        ) { host in
            let result = try await runProgram(
                Self.program, ["--no-colors", "-p", "\(host.port)", "127.0.0.1"], timeout: 120)
            #expect(Self.findings(in: result.output) == Self.classical.sorted(), "\(result.output)")
            #expect(result.output.contains("properly supports the strict key exchange"), "\(result.output)")
            #expect(!result.output.contains("insufficient connection throttling"), "\(result.output)")
        }
    }

    @Test("finds no more in the client than last resorts for servers of yesterday")
    func client() async throws {
        let port = try freePort()
        async let audit = runProgram(
            Self.program, ["--no-colors", "-c", "-p", "\(port)", "-t", "30"], timeout: 60)
        let plan = AuthenticationPlan(user: "nobody", credentials: [], interaction: FixedAnswers())
        var isSeen = false
        // Until it listens.
        for _ in 0..<300 where !isSeen {
            guard
                let stream = try? await TCPStream.connect(
                    host: "127.0.0.1", port: port, on: EventLoopGroup.shared.next())
            else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            isSeen = true
            // It looks at our offer, and goes away.
            await #expect(throws: ConnectionError.self) { _ = try await Connection.open(over: stream, plan: plan) }
        }
        let result = try await audit
        #expect(
            Self.findings(in: result.output) == (Self.classical + Self.lastResorts).sorted(), "\(result.output)")
        #expect(result.output.contains("properly supports the strict key exchange"), "\(result.output)")
    }
}
