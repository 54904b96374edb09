import Foundation

/// Host and user keys of every type, made by `ssh-keygen` once per process.
package struct TestKeys: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case ed25519, ecdsa256, ecdsa384, ecdsa521, rsa

        var arguments: [String] {
            switch self {
            case .ed25519: ["-t", "ed25519"]
            case .ecdsa256: ["-t", "ecdsa", "-b", "256"]
            case .ecdsa384: ["-t", "ecdsa", "-b", "384"]
            case .ecdsa521: ["-t", "ecdsa", "-b", "521"]
            case .rsa: ["-t", "rsa", "-b", "3072"]
            }
        }
    }

    /// The passphrase of every encrypted key.
    package static let passphrase = "correct horse battery staple"

    /// Keys whose public halves every test host accepts.
    package static var user: TestKeys { get throws { try userKeys.get() } }
    /// Keys of hosts.
    package static var host: TestKeys { get throws { try hostKeys.get() } }

    private static let userKeys = Result { try TestKeys(encrypted: true) }
    private static let hostKeys = Result { try TestKeys(encrypted: false) }

    private let directory: TemporaryDirectory

    private init(encrypted: Bool) throws {
        directory = try TemporaryDirectory()
        for kind in Kind.allCases {
            let path = directory.path(kind.rawValue)
            try runChecked("ssh-keygen", kind.arguments + ["-q", "-N", "", "-C", "test-\(kind)", "-f", path])
            guard encrypted else { continue }
            try FileManager.default.copyItem(atPath: path, toPath: path + "-encrypted")
            try FileManager.default.copyItem(atPath: path + ".pub", toPath: path + "-encrypted.pub")
            try runChecked("ssh-keygen", ["-q", "-p", "-P", "", "-N", Self.passphrase, "-f", path + "-encrypted"])
        }
        try directory.write(Kind.allCases.map(publicKey).joined(), to: "authorized_keys")
    }

    /// The private key's file, in OpenSSH's format; the public key is beside it in `.pub`.
    package func path(_ kind: Kind, encrypted: Bool = false) -> String {
        directory.path(kind.rawValue + (encrypted ? "-encrypted" : ""))
    }

    /// The public key as a line of `authorized_keys`.
    package func publicKey(_ kind: Kind) -> String { readText(path(kind) + ".pub") }

    /// A file with the public keys of all kinds.
    package var authorizedKeys: String { directory.path("authorized_keys") }
}
