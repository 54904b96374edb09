package import Bytes
import Errors
package import Reactor
package import SSH
import Transfer

/// Evaluates ssh_config(5) with this system's files, shell and resolver.
package struct ConfigurationReader: Sendable {
    /// Which files are read.
    package enum Source: Sendable, Hashable {
        case none
        /// `~/.ssh/config` and `/etc/ssh/ssh_config`, where they exist.
        case standard
        case file(RawPath)
    }

    private static let systemFile: RawPath = "/etc/ssh/ssh_config"
    /// Files that one Include may mean.
    private static let maximumMatches = 1024

    private let facts: LocalFacts
    private let loop: EventLoop
    private let sources: ConfigurationSources

    /// Reads the files of `source` once; throws `SettingError` when a file that was named does not exist, and
    /// `FairleadError` when one cannot be read.
    package init(_ source: Source, facts: LocalFacts, on loop: EventLoop) async throws {
        self.facts = facts
        self.loop = loop
        switch source {
        case .none: sources = .none
        case .standard:
            sources = .standard(
                user: try await Self.read(RawPath(facts.home).appending(".ssh/config"), loop),
                system: try await Self.read(Self.systemFile, loop))
        case .file(let path):
            guard let file = try await Self.read(path, loop) else {
                throw SettingError("the configuration file \(path) does not exist", .option)
            }
            sources = .named(file)
        }
    }

    /// What is said about `host`, as the user named it; `lines` are those of the command line.
    package func configuration(of host: String, lines: [String] = []) async throws -> HostConfiguration {
        var evaluation = ConfigurationEvaluation(host: host, lines: lines, sources: sources, facts: facts)
        while true {
            switch try evaluation.next() {
            case .settled(let configuration): return configuration
            case .asks(let question): evaluation.answer(question, try await answer(question))
            }
        }
    }

    private func answer(_ question: ConfigurationQuestion) async throws -> ConfigurationAnswer {
        switch question {
        case .files(let pattern): .files(try await files(matching: pattern))
        case .execution(let command): .execution(try await run(command))
        case .lookup(let name):
            .lookup((try? await Resolver.resolve(host: name, port: 0, on: loop)).map { _ in HostLookup() })
        case .home(let user): .home(await loop.offload { SystemAccounts.homeFolder(of: user) })
        case .service(let name): .service(await loop.offload { SystemAccounts.servicePort(of: name) })
        }
    }

    private static func read(_ path: RawPath, _ loop: EventLoop) async throws -> ConfigurationFile? {
        guard let (bytes, status) = try await SmallFile.read(path, limit: ConfigurationLimits.fileLength, on: loop)
        else { return nil }
        return ConfigurationFile(
            path: path, contents: bytes.array, owner: status.user, permissions: status.permissions)
    }

    // MARK: Include

    private func files(matching pattern: String) async throws -> [ConfigurationFile] {
        var files: [ConfigurationFile] = []
        for path in try await paths(matching: pattern) {
            // A folder among them says nothing.
            if let status = try? await FileSystem(on: loop).stat(path), status.kind == .directory { continue }
            if let file = try await Self.read(path, loop) { files.append(file) }
        }
        return files
    }

    private func paths(matching text: String) async throws -> [RawPath] {
        let pattern: GlobPattern
        do throws(GlobError) { pattern = try GlobPattern(RawPath(Self.withoutExtensions(text))) } catch { return [] }
        var paths = [pattern.literalPrefix]
        for component in pattern.components {
            var next: [RawPath] = []
            for path in paths where next.count < Self.maximumMatches {
                if case .literal(let name) = component {
                    next.append(path.appending(RawPath(bytes: name)))
                } else if let entries = try? await FileSystem(on: loop).scandir(path) {
                    let names = entries.map(\.name.bytes).filter(component.matches(name:))
                    next += names.sorted { $0.lexicographicallyPrecedes($1) }.map { path.appending(RawPath(bytes: $0)) }
                }
            }
            guard next.count <= Self.maximumMatches else {
                throw SettingError("Include of '\(text.visible())' means too many files", .option)
            }
            paths = next
        }
        return paths
    }

    /// The pattern with what the shell's glob(7) does not know taken literally: braces, and `**` for folders.
    private static func withoutExtensions(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if !isEscaped, character == "{" || character == "}" { result.append("\\") }
            if !isEscaped, character == "*", result.last == "*" { continue }
            result.append(character)
            isEscaped = !isEscaped && character == "\\"
        }
        return result
    }

    // MARK: Match exec

    /// Runs a command of Match exec in the user's shell; nil when it did not end by itself.
    private func run(_ command: String) async throws -> Int32? {
        var shell = Command(
            RawPath(facts.environment["SHELL"] ?? "/bin/sh"), arguments: ["-c", RawPath(command)])
        shell.input = .null
        shell.output = .null
        guard let child = await loop.spawn(shell) else { return nil }
        let status = await withTaskCancellationHandler {
            await child.exitStatus()
        } onCancel: {
            child.loop.execute { try? child.kill(SystemSignal.terminate.number) }
        }
        try Task.checkCancellation()
        if case .exited(let code) = status { return code }
        return nil
    }
}

extension EventLoop {
    /// Starts a program from any executor; nil when that fails.
    fileprivate func spawn(_ command: Command) async -> ChildProcess? {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: try? ChildProcess.spawn(command, on: self)) }
        }
    }
}
