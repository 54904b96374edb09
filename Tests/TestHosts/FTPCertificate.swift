import Foundation

/// Certificates that sign themselves, made once for the tests.
package enum FTPCertificate {
    package struct Files: Sendable {
        package let certificate: String
        package let key: String
    }

    /// One that a server on 127.0.0.1 has, one that is nobody's, and one for another host.
    package static let server = Maker("IP:127.0.0.1")
    package static let stranger = Maker("IP:127.0.0.1")
    package static let elsewhere = Maker("DNS:elsewhere.example")

    package final class Maker: Sendable {
        private let made: Result<Files, any Error>

        init(_ name: String) {
            made = Result { try Self.make(name) }
        }

        package var files: Files { get throws { try made.get() } }

        /// The SHA-256 of the public key in Base64.
        package var pin: String {
            get throws {
                let file = try files.certificate
                let key = try runChecked("openssl", ["x509", "-in", file, "-pubkey", "-noout"])
                let folder = try TemporaryDirectory()
                try runChecked(
                    "openssl", ["pkey", "-pubin", "-outform", "der", "-out", folder.path("der")], input: Array(key.utf8)
                )
                try runChecked(
                    "openssl", ["dgst", "-sha256", "-binary", "-out", folder.path("sum"), folder.path("der")])
                return Data(try folder.read("sum")).base64EncodedString()
            }
        }

        private static func make(_ name: String) throws -> Files {
            let folder = try TemporaryDirectory()
            let files = Files(certificate: folder.path("certificate"), key: folder.path("key"))
            try runChecked(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", files.key, "-out", files.certificate,
                    "-days", "30", "-subj", "/CN=tests", "-addext", "subjectAltName=\(name)",
                ])
            return files
        }
    }
}
