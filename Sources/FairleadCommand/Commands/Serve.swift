package import Bytes
package import Reactor

/// `fairlead serve`.
package struct Serve: Command {
    private static let listen = OptionDeclaration(
        nil, "listen", .single(metavariable: "ADDR:PORT", .text), default: "127.0.0.1:8001",
        "where to serve; port 0 takes any that is free")
    private static let data = OptionDeclaration(
        nil, "data", .single(metavariable: "DIR", .file), default: "~/.local/share/fairlead",
        "the folder of the database, the audit log, known hosts, keys and files")
    private static let configuration = OptionDeclaration(
        nil, "config", .single(metavariable: "FILE", .file), "what docs/service.md describes; read again with SIGHUP")
    private static let certificate = OptionDeclaration(
        nil, "tls-certificate", .single(metavariable: "FILE", .file), "serve by TLS, with this chain (PEM)")
    private static let key = OptionDeclaration(
        nil, "tls-key", .single(metavariable: "FILE", .file), "the certificate's key (PEM)")
    private static let noAuth = OptionDeclaration(
        nil, "no-auth", "let everybody on this machine do everything; on loopback addresses only")
    private static let demo = OptionDeclaration(
        nil, "demo", "start a demo host as well, whose key the service knows")

    package static let declaration = CommandDeclaration(
        "serve", summary: "a service with an HTTP API for sessions with hosts",
        discussion: """
            Serves until it is stopped: SIGTERM and Ctrl-C let what is under way end, SIGHUP reads the configuration and \
            the certificate again. The first start makes an administrator and prints a link that signs in once.
            """,
        options: [
            OptionGroup("Options", [listen, data, configuration, certificate, key, noAuth, demo]), OutputOptions.group,
        ],
        examples: [
            .init("fairlead serve", "for this machine, at http://127.0.0.1:8001"),
            .init("fairlead serve --no-auth --demo --data /tmp/try", "to try things out"),
        ],
        exits: CommandDeclaration.Exit.offline + [
            .init("78", "configuration: a file or an option's value is wrong")
        ], alsoCalled: ["service", "api", "daemon"])

    /// Nil leaves it to the configuration file.
    package let address: SocketAddress?
    /// Nil for the usual folder.
    package let data: RawPath?
    package let configuration: RawPath?
    package let tls: (certificate: RawPath, key: RawPath)?
    package let isOpen: Bool
    package let hasDemo: Bool
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        if let text = arguments.text(Self.listen) {
            guard let address = Self.address(text) else {
                throw arguments.usageError("--listen needs ADDRESS:PORT, such as 127.0.0.1:8001 or [::1]:8001")
            }
            self.address = address
        } else {
            address = nil
        }
        data = arguments.path(Self.data)
        configuration = arguments.path(Self.configuration)
        switch (arguments.path(Self.certificate), arguments.path(Self.key)) {
        case (nil, nil): tls = nil
        case (let certificate?, let key?): tls = (certificate, key)
        case (nil, _?), (_?, nil):
            throw arguments.usageError("--tls-certificate and --tls-key belong together")
        }
        isOpen = arguments.has(Self.noAuth)
        hasDemo = arguments.has(Self.demo)
        output = OutputOptions(arguments)
    }

    /// The address that `text` spells: `127.0.0.1:8001`, `[::1]:8001` or `localhost:8001`.
    static func address(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return SocketAddress(host: host == "localhost" ? "127.0.0.1" : host, port: port)
    }
}
