import Foundation
import HTTP
import TestHosts

/// A certificate for `localhost` and 127.0.0.1 that signs itself, with its key, made for the test.
struct TestCertificate {
    let directory: TemporaryDirectory
    var certificateFile: String { directory.path("certificate.pem") }
    var keyFile: String { directory.path("key.pem") }

    init(name: String = "localhost") async throws {
        directory = try TemporaryDirectory()
        try await make(name: name)
    }

    /// Makes another one in its place.
    func make(name: String = "localhost") async throws {
        let result = try await runProgram(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name),IP:127.0.0.1", "-keyout", keyFile, "-out",
                certificateFile,
            ])
        guard result.status == 0 else { throw TestHostError.system("openssl req", result.errors) }
    }

    func context(allowsHTTP2: Bool = true) throws -> TLSServerContext {
        try TLSServerContext(certificateFile: certificateFile, keyFile: keyFile, allowsHTTP2: allowsHTTP2)
    }
}
