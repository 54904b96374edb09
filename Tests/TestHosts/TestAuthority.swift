import Foundation

/// An authority whose certificates and lists of revoked keys OpenSSH's `ssh-keygen` makes.
package struct TestAuthority: Sendable {
    private let directory: TemporaryDirectory

    package init(_ kind: TestKeys.Kind = .ed25519) throws {
        directory = try TemporaryDirectory()
        try runChecked("ssh-keygen", kind.arguments + ["-q", "-N", "", "-C", "authority", "-f", directory.path("ca")])
    }

    /// The public key as a line, with its end.
    package var publicKey: String { readText(directory.path("ca.pub")) }

    /// A certificate over the key in `line`, as a line with its end; `options` are more arguments of `ssh-keygen`.
    package func certificate(
        over line: String, isHost: Bool = false, principals: [String], id: String = "test", serial: Int = 7,
        validity: String = "-1h:+1h", options: [String] = []
    ) throws -> String {
        let folder = try TemporaryDirectory()
        let path = try folder.write(line, to: "key.pub")
        try runChecked(
            "ssh-keygen",
            ["-q", "-s", directory.path("ca"), "-I", id, "-z", "\(serial)", "-V", validity] + (isHost ? ["-h"] : [])
                + (principals.isEmpty ? [] : ["-n", principals.joined(separator: ",")]) + options + [path])
        return readText(folder.path("key-cert.pub"))
    }

    /// A binary list of revoked keys; `specification` as ssh-keygen(1) has it under KEY REVOCATION LISTS.
    package func revocationList(_ specification: String) throws -> [UInt8] {
        let folder = try TemporaryDirectory()
        let path = try folder.write(specification, to: "specification")
        try runChecked("ssh-keygen", ["-q", "-k", "-f", folder.path("krl"), "-s", directory.path("ca.pub"), path])
        return try folder.read("krl")
    }
}
