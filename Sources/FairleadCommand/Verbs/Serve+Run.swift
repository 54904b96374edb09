import API
import Bytes
import Errors
import Reactor
import SSH
import Sessions

extension Serve: Verb {
    /// How long requests that are under way may still take at the end.
    private static let drainTime = Duration.seconds(10)

    package func run(_ console: Console) async throws -> ExitStatus {
        let start = ServiceStart(self)
        let configuration = try await start.configuration()
        try await makeParents(of: configuration.data)
        let log = log()
        let service = try await Service.open(configuration, on: CommandLoop.shared, log: log)
        var demo: DemoHost?
        do {
            if hasDemo { demo = try await startDemo(service.configuration.data) }
            let address = try await listen(service)
            let link = isOpen ? nil : try await service.firstAdministratorLink()
            try show(address, isSecure: configuration.tls != nil, link, demo, console)
            Interruption.shared.onHangUp { Task { await Self.reload(service, start, log) } }
            // Until a signal cancels it.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        } catch {
            await demo?.stop()
            await service.shutdown(within: .zero)
            throw error
        }
        log.notice(.service, "stopping")
        // The cancelled task would not wait.
        let (stopping, host) = (service, demo)
        await Task {
            await stopping.shutdown(within: Self.drainTime)
            await host?.stop()
        }.value
        return .done
    }

    private func log() -> ServiceLog {
        let level: ServiceLog.Level =
            output.isQuiet ? .error : output.verbosity > 1 ? .debug : output.verbosity > 0 ? .info : .notice
        return ServiceLog(level, form: output.isJSON ? .json : .text) { Console.complain($0) }
    }

    private func listen(_ service: Service) async throws -> SocketAddress {
        do { return try await service.listen() } catch let error as ReactorError {
            throw FairleadError(
                .network, "cannot listen at \(service.configuration.listen.host): \(error.text)", operation: "serve",
                hint: "another program may use the port: choose one with --listen", isRetryable: false)
        }
    }

    /// The folders above the data folder, as far as they are missing.
    private func makeParents(of path: RawPath) async throws {
        var folder: RawPath = path.isAbsolute ? "/" : ""
        for component in path.parent.components {
            folder = folder.appending(component)
            try? await FileSystem(on: CommandLoop.shared).mkdir(folder, permissions: 0o700)
        }
    }

    private static func reload(_ service: Service, _ start: ServiceStart, _ log: ServiceLog) async {
        do {
            service.reload(try await start.settings())
            log.notice(.service, "the configuration was read again")
        } catch {
            let reason = (error as? ConfigurationError)?.message ?? "\(error)"
            log.error(.service, "the configuration could not be read again; the old one stays", [("reason", reason)])
        }
    }

    // MARK: Demo host

    private func startDemo(_ data: RawPath) async throws -> DemoHost {
        let host = try await DemoHost.start(port: 0, allowsExec: true, on: EventLoopGroup(count: 1)) { _ in }
        let line = "[\(host.address.host)]:\(host.address.port) \(host.hostKey.line())\n"
        do throws(ReactorError) {
            let file = try await File.open(
                data.appending("known_hosts"), [.write, .create, .append], permissions: 0o600, on: CommandLoop.shared)
            try await file.write(ByteBuffer(Array(line.utf8)), at: try await file.stat().size)
            try await file.close()
        } catch {
            await host.stop()
            throw FairleadError(local: error, operation: "demo")
        }
        return host
    }

    // MARK: What is shown

    private func show(
        _ address: SocketAddress, isSecure: Bool, _ link: AccessToken?, _ demo: DemoHost?, _ console: Console
    ) throws {
        let base = "\(isSecure ? "https" : "http")://\(address)"
        let signIn = link.map { "\(base)/sign-in/\($0.text)" }
        guard !output.isJSON else {
            var members: [(String, JSON)] = [("url", .string(base))]
            if let signIn { members.append(("sign_in", .string(signIn))) }
            if let demo {
                members.append(
                    (
                        "demo",
                        .object([
                            ("host", .string(demo.address.host)), ("port", .integer(Int64(demo.address.port))),
                            ("username", .string(DemoHost.user)), ("password", .string(demo.password)),
                        ])
                    ))
            }
            return try console.out(JSON.object(members).text + "\n")
        }
        var text = "Fairlead serves at \(base). Ctrl-C ends it.\n"
        if let signIn {
            text += "\nSign in as the administrator, once and within an hour:\n\n  \(signIn)\n\n"
        }
        if isOpen { text += "Nobody has to sign in: everybody on this machine may do everything.\n" }
        if let demo {
            text += """

                A demo host is up:

                  host      \(demo.address.host)
                  port      \(demo.address.port)
                  user      \(DemoHost.user)
                  password  \(demo.password)


                """
        }
        try console.out(text)
    }
}
