package import Bytes

/// The options for FTP servers (`ftp://` and `ftps://`).
package struct FTPOptions: Sendable, Hashable {
    /// TLS by AUTH TLS, for `ftp://`.
    package let usesTLS: Bool
    package let authorities: RawPath?
    /// The SHA-256 of the server's public key, 32 bytes.
    package let pinnedKey: [UInt8]?
    package let isInsecure: Bool

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        usesTLS = arguments.has(.tls)
        authorities = arguments.path(.authorities)
        isInsecure = arguments.has(.insecure)
        if isInsecure, authorities != nil {
            throw arguments.usageError("--ca-file and --insecure exclude each other")
        }
        guard let text = arguments.text(.pin) else {
            pinnedKey = nil
            return
        }
        var base64 = text[...]
        for prefix in ["sha256//", "sha256:", "SHA256:"] where base64.hasPrefix(prefix) {
            base64 = base64.dropFirst(prefix.count)
        }
        guard let key = Base64.decode(String(base64)), key.count == 32 else {
            throw arguments.usageError(
                "--pin needs the SHA-256 of a public key in Base64, not '\(text.visible())'",
                hint:
                    "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64"
            )
        }
        pinnedKey = key
    }

    package static let group = OptionGroup("FTP options", [.tls, .authorities, .pin, .insecure])
}

extension OptionDeclaration {
    package static let tls = OptionDeclaration(
        nil, "tls", "TLS for ftp://, by AUTH TLS; ftps:// has it from the start")
    package static let authorities = OptionDeclaration(
        nil, "ca-file", .single(metavariable: "FILE", .file), "certificates (PEM) that vouch for the server's")
    package static let pin = OptionDeclaration(
        nil, "pin", .single(metavariable: "SHA256", .text), "the server's public key has this SHA-256, in Base64")
    package static let insecure = OptionDeclaration(
        nil, "insecure", "do not check the server's certificate; --pin counts all the same")
}
