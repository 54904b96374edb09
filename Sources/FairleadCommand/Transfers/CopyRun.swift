import Bytes
import Errors
import SFTP
import Sessions
import Transfer

/// Copies between places, as `get`, `put` and `cp` do: a run of the engine for each place that sources are at.
struct CopyRun {
    let operation: String
    let sources: [Location]
    let destination: Location
    let options: TransferOptions
    let connection: ConnectionOptions
    let console: Console

    func callAsFunction() async throws -> ExitStatus {
        let names = try options.names()
        var engineOptions = try options.engineOptions()
        // Also without --resume: where a tree was begun helps a later run that has it.
        engineOptions.journalFolder = await TransferJournals.folder()
        let places = Places(
            HostAccess(connection, console), reconnects: options.reconnects,
            scp: options.usesSCP ? .always : .withoutSFTP, asksForTimes: options.preserves)
        let run = TransferRun(options, console, operation: operation, engineOptions: engineOptions)
        do {
            try await copy(by: run, places, names)
        } catch {
            await places.close()
            throw error
        }
        await places.close()
        return run.finish()
    }

    private func copy(by run: TransferRun, _ places: Places, _ names: [RawPath]?) async throws {
        let target = try await places.place(destination.host)
        // Several sources go into a folder, also when those of one host are one.
        let path = sources.count > 1 ? destination.path.asFolder : destination.path
        if names != nil { try await makeFolder(path, at: target) }
        let groups = sources.byHost
        for (index, group) in groups.enumerated() {
            let source = try await places.place(group.host)
            let context = Self.context(operation, source, target)
            if group.host == destination.host { try await checkNesting(group.paths, source, context) }
            let paths = group.paths
            let isLast = index == groups.count - 1
            guard let from = source.files, let to = target.files else {
                try await copyBySCP(paths, source, to: path, target, by: run, context, isLast: isLast)
                continue
            }
            try await run(context, isLast: isLast) { engine in
                if let names {
                    return await engine.copy(
                        listed: names, below: paths.first ?? RawPath(bytes: []), from: from, to: path, at: to)
                }
                return await engine.copy(paths, from: from, to: path, at: to)
            }
        }
    }

    /// Copies from or to a host that has no SFTP.
    private func copyBySCP(
        _ paths: [RawPath], _ source: Places.Place, to path: RawPath, _ target: Places.Place, by run: TransferRun,
        _ context: FailureContext, isLast: Bool
    ) async throws {
        guard source.ftp == nil, target.ftp == nil else {
            throw ConfigurationError(
                "to and from FTP a host needs SFTP, which one does not offer", hint: "copy to this machine first")
        }
        let (options, progress) = (run.engineOptions, run.progress)
        if self.options.list != nil {
            throw ConfigurationError("--files-from needs SFTP, which the host does not offer")
        }
        switch (source.session, target.session) {
        case (let session?, nil):
            let paths = paths.map { $0.isEmpty ? "." : $0 }
            try await run(context, isLast: isLast) { _ in
                await SCPTransfer.get(
                    paths, to: path, expandsPatterns: true, over: session.connection, options: options,
                    progress: progress)
            }
        case (nil, let session?):
            let path = path.isEmpty ? "." : path
            try await run(context, isLast: isLast) { _ in
                await SCPTransfer.put(
                    paths, to: path, over: session.connection, options: options, progress: progress)
            }
        case (nil, nil), (.some, .some):
            throw ConfigurationError(
                "between two hosts both need SFTP, which one does not offer", hint: "copy to this machine first")
        }
    }

    /// Makes the folder that what is listed goes to, unless something is there.
    private func makeFolder(_ path: RawPath, at target: Places.Place) async throws {
        guard let files = target.files else { return }
        let path: RawPath = path.isEmpty ? "." : path
        do throws(TransferError) {
            if try await files.facts(of: path, followingLinks: true) == nil {
                _ = try await files.makeFolder(path, permissions: 0o777)
            }
        } catch {
            throw FairleadError(error, Self.context(operation, target, target))
        }
    }

    /// For messages about what goes from `source` to `target`.
    static func context(_ operation: String, _ source: Places.Place, _ target: Places.Place) -> FailureContext {
        switch (source.context(operation), target.context(operation)) {
        case (let context?, nil), (nil, let context?): return context
        case (nil, nil): return FailureContext(host: "this machine", port: 22, operation: operation)
        case (var first?, let second?):
            if source.host != target.host { first.host = "\(first.host) or \(second.host)" }
            return first
        }
    }

    /// Throws when a folder would be copied into itself, which has no end.
    private func checkNesting(
        _ paths: [RawPath], _ place: Places.Place, _ context: FailureContext
    ) async throws {
        guard let files = place.files else { return }
        let destination: RawPath = destination.path.isEmpty ? "." : destination.path
        do throws(TransferError) {
            var existing = destination
            if try await files.facts(of: destination, followingLinks: true) == nil { existing = destination.parent }
            guard let inner = try? await files.realPath(existing.isEmpty ? "." : existing) else { return }
            for path in paths {
                let path: RawPath = path.isEmpty ? "." : path
                guard try await files.facts(of: path, followingLinks: true)?.kind == .directory else { continue }
                let outer = try await files.realPath(path)
                guard inner.asFolder.bytes.starts(with: outer.asFolder.bytes) else { continue }
                throw .wrongKind(path: path, "a folder cannot be copied into itself, \(destination)")
            }
        } catch {
            throw FairleadError(error, context)
        }
    }
}

extension RawPath {
    /// With a slash at its end; `./` when it is empty.
    var asFolder: RawPath {
        if isEmpty { return "./" }
        return bytes.last == UInt8(ascii: "/") ? self : RawPath(bytes: bytes + [UInt8(ascii: "/")])
    }
}
