import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Known hosts")
struct KnownHostsTests {
    private let first: PublicKey
    private let second: PublicKey
    private let ecdsa: PublicKey

    init() throws {
        first = try KeyPair.generate().publicKey
        second = try KeyPair.generate().publicKey
        ecdsa = try KeyPair.generate(.ecdsa(.p256)).publicKey
    }

    private func known(_ texts: String...) -> KnownHosts {
        KnownHosts(
            files: texts.enumerated().map { index, text in
                KnownHostsFile(path: RawPath("file\(index + 1)"), contents: [UInt8](text.utf8))
            })
    }

    private func location(_ file: Int, _ line: Int) -> KnownHostsLocation {
        KnownHostsLocation(file: RawPath("file\(file)"), line: line)
    }

    @Test("The verdict follows from every line about the host, in all files")
    func verdicts() {
        let hosts = known(
            "# c\na \(first.line())\nb,c \(ecdsa.line())\n",
            "d \(second.line())\na \(second.line())\nd \(first.line())\n")
        #expect(hosts.lookup(host: "a", key: first) == .match(location(1, 2)))
        #expect(hosts.lookup(host: "A", key: second) == .match(location(2, 2)))
        #expect(hosts.lookup(host: "c", key: ecdsa) == .match(location(1, 3)))
        #expect(
            hosts.lookup(host: "c", key: first)
                == .unknown(otherTypesKnown: [KnownHostKey(location: location(1, 3), key: hostsKey(ecdsa))]))
        #expect(hosts.lookup(host: "e", key: first) == .unknown(otherTypesKnown: []))
        #expect(
            known("a \(first.line())\n").lookup(host: "a", key: second)
                == .changed(KnownHostKey(location: location(1, 1), key: hostsKey(first))))
    }

    /// A key as a file carries it: not looked into.
    private func hostsKey(_ key: PublicKey) -> PublicKey {
        PublicKey(opaque: key.blob) ?? key
    }

    @Test("A revocation wins, wherever it stands, and may name the address")
    func revocation() {
        let hosts = known("a \(first.line())\n", "@revoked * \(first.line())\n@revoked 10.* \(second.line())\n")
        #expect(hosts.lookup(host: "a", key: first) == .revoked(location(2, 1)))
        #expect(hosts.lookup(host: "b", key: first) == .revoked(location(2, 1)))
        #expect(hosts.lookup(host: "b", address: "10.0.0.1", key: second) == .revoked(location(2, 2)))
        #expect(hosts.lookup(host: "b", address: "11.0.0.1", key: second) == .unknown(otherTypesKnown: []))
    }

    @Test("A certificate authority's key is nobody's own")
    func certificateAuthority() {
        let hosts = known("@cert-authority * \(first.line())\n")
        #expect(hosts.lookup(host: "a", key: first) == .unknown(otherTypesKnown: []))
        #expect(hosts.certificateAuthorities(for: KnownHostName(host: "a")).map(\.key.blob) == [first.blob])
    }

    @Test("Another port is another host, unless it has the same key as the plain name")
    func ports() {
        let hosts = known(
            "a \(first.line())\n[b]:2222 \(first.line())\n[a]:2200 \(ecdsa.line())\n@revoked c \(first.line())\n")
        #expect(hosts.lookup(host: "a", port: 2222, key: first) == .match(location(1, 1)))
        #expect(hosts.lookup(host: "a", port: 2222, key: second) == .unknown(otherTypesKnown: []))
        #expect(hosts.lookup(host: "b", port: 2222, key: first) == .match(location(1, 2)))
        #expect(hosts.lookup(host: "b", key: first) == .unknown(otherTypesKnown: []))
        #expect(hosts.lookup(host: "c", port: 2222, key: first) == .revoked(location(1, 4)))
        guard case .unknown(let others) = hosts.lookup(host: "a", port: 2200, key: second) else {
            Issue.record("a key of another type was not reported")
            return
        }
        #expect(others.map(\.location) == [location(1, 3)])
    }

    @Test("Algorithms of known keys come first, in their order")
    func preferredAlgorithms() throws {
        let rsa = try KeyPair.generate(.rsa(bits: 2048)).publicKey
        let hosts = known("a \(rsa.line())\na \(ecdsa.line())\n")
        let all: [KeyAlgorithm] = [.ed25519, .rsaSHA512, .ecdsaP256, .rsaSHA256, .ecdsaP384]
        #expect(
            hosts.preferredAlgorithms(host: "a", from: all)
                == [.rsaSHA512, .ecdsaP256, .rsaSHA256, .ed25519, .ecdsaP384])
        #expect(hosts.preferredAlgorithms(host: "b", from: all) == all)
        #expect(hosts.preferredAlgorithms(host: "a", port: 2222, from: all) == all)
    }

    @Test("Each policy decides on each verdict", arguments: HostKeyPolicy.allCases)
    func decisions(_ policy: HostKeyPolicy) {
        let hosts = known("a \(first.line())\nb \(ecdsa.line())\n@revoked * \(second.line())\n")
        let third = hostsKey(second)
        #expect(hosts.decide(policy: policy, host: "a", key: first) == .accept(location(1, 1)))
        guard case .refuse(let revoked) = hosts.decide(policy: policy, host: "a", key: third) else {
            Issue.record("a revoked key was accepted")
            return
        }
        #expect(revoked.reason == .revoked(location(1, 3)))
        switch (policy, hosts.decide(policy: policy, host: "new", key: first)) {
        case (.strict, .ask(let question)):
            #expect(question.text.contains(first.fingerprint.description))
            #expect(question.text.contains("file1:1: a"))
            #expect(question.randomart == Randomart(of: first).lines)
        case (.acceptNew, .acceptAndRemember), (.off, .acceptUnverified(warning: nil)):
            break
        case (_, let decision):
            Issue.record("\(decision)")
        }
        // Neither a changed key nor one of a type that is not known goes without being told.
        for host in ["b"] {
            switch (policy, hosts.decide(policy: policy, host: host, key: first)) {
            case (.strict, .refuse(let refusal)), (.acceptNew, .refuse(let refusal)):
                guard case .otherTypesKnown(let keys) = refusal.reason else {
                    Issue.record("\(refusal)")
                    return
                }
                #expect(keys.map(\.location) == [location(1, 2)])
            case (.off, .acceptUnverified(let warning?)):
                #expect(warning.contains(ecdsa.fingerprint.description))
            case (_, let decision):
                Issue.record("\(decision)")
            }
        }
    }

    @Test("A changed key stops everything, with file, line, both fingerprints and what to do")
    func changed() {
        let hosts = known("# c\n[a]:2222 \(first.line())\n")
        for policy in [HostKeyPolicy.strict, .acceptNew] {
            guard case .refuse(let refusal) = hosts.decide(policy: policy, host: "a", port: 2222, key: second) else {
                Issue.record("a changed key was accepted")
                return
            }
            guard case .changed(let known) = refusal.reason else {
                Issue.record("\(refusal.reason)")
                return
            }
            #expect(known.location == location(1, 2))
            #expect(refusal.offered == second.fingerprint)
            for part in [
                "file1:2", first.fingerprint.description, second.fingerprint.description, "[a]:2222 has changed",
            ] {
                #expect(refusal.text.contains(part))
            }
            #expect(refusal.hint.contains("ssh-keygen -R '[a]:2222' -f 'file1'"))
        }
    }
}
