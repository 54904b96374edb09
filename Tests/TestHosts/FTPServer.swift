import Foundation

/// A real FTP server that others wrote, on a loopback port, for one user with a password.
package final class FTPServer: Sendable {
    package enum Product: String, Sendable, CaseIterable, CustomStringConvertible {
        case vsftpd, proFTPD, pureFTPd

        package var description: String { rawValue }

        package static let installed = allCases.filter { product in
            switch product {
            case .vsftpd: Installed.vsftpd
            case .proFTPD: Installed.proFTPDWithTLS
            case .pureFTPd: Installed.pureFTPd
            }
        }
    }

    package enum Security: String, Sendable, CaseIterable, CustomStringConvertible {
        case none, explicit, implicit

        package var description: String { rawValue }
    }

    /// What it is made as, besides.
    package struct Options: Sendable {
        package var isReadOnly = false
        /// Lines of the configuration; arguments for Pure-FTPd.
        package var more: [String] = []

        package init() {}
    }

    package let product: Product
    package let port: UInt16
    package let user: String
    package let password = "a password for tests"
    /// The user's folder on this disk.
    package let directory: String
    /// What that folder is called on the server.
    package let root: String
    package let process: ChildProcess
    private let logFile: String

    package var host: String { "127.0.0.1" }
    package var log: String { readText(logFile) }

    /// Starts a server; with TLS it takes nothing without, and demands the control connection's session on data connections.
    package static func start(
        _ product: Product, _ security: Security = .none, options: Options = Options()
    ) async throws -> FTPServer {
        try await onThread { try FTPServer(product, security, options) }
    }

    package func stop() { process.stop() }

    /// The programs, from the trees that `Scripts/setup` makes or from the system.
    static let vsftpd = program("vsftpd")
    static let pureFTPd = program("pure-ftpd")

    private static func program(_ name: String) -> String? {
        let own = "\(Repository.cache)/\(name)/usr/sbin/\(name)"
        return FileManager.default.isExecutableFile(atPath: own) ? own : Installed.path(of: name)
    }

    private init(_ product: Product, _ security: Security, _ options: Options) throws {
        self.product = product
        let temporary = try TemporaryDirectory()
        directory = temporary.path("files")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        logFile = temporary.path("log")
        let setup = FTPSetup(
            temporary: temporary, home: directory, security: security, options: options, password: password,
            certificate: try FTPCertificate.server.files)
        switch product {
        case .vsftpd: (user, root) = (CurrentUser.name, directory)
        case .proFTPD: (user, root) = ("somebody", directory)
        case .pureFTPd: (user, root) = ("somebody", "")
        }
        let launch = Launch(name: product.rawValue) { socket in
            security == .implicit || socket.readLine()?.hasPrefix("220") == true
        }
        (process, port) = try launch.run(log: logFile) { port, output in
            switch product {
            case .vsftpd: try setup.vsftpd(port, output)
            case .proFTPD: try setup.proFTPD(port, output)
            case .pureFTPd: try setup.pureFTPd(port, output)
            }
        }
    }
}
