package import Bytes
package import Reactor

/// The folders on this machine that requests may name files in.
package struct LocalFolders: Sendable {
    /// Why a name is not taken.
    package enum Refusal: Error, Sendable, Hashable {
        /// It is outside of the folders, or leads out of them.
        case outside
        case malformed
    }

    /// The first one is where names that are not absolute begin.
    private let folders: [RawPath]
    private let loop: EventLoop

    package init(_ folders: [RawPath], on loop: EventLoop) {
        self.folders = folders
        self.loop = loop
    }

    /// The path that `name` stands for, with the links before its last component followed, within one of the folders.
    ///
    /// The last component may be missing, but is no link that leads out. The folders belong to the service: nobody else
    /// changes them meanwhile.
    package func resolve(_ name: String) async throws(Refusal) -> RawPath {
        guard !name.isEmpty, name.utf8.count <= 4096, !name.utf8.contains(0), let first = folders.first else {
            throw .malformed
        }
        let given = RawPath(name).withoutTrailingSlashes
        let path = given.isAbsolute ? given : first.appending(given)
        let last = path.lastComponent
        guard last.isSafeName else { throw .malformed }
        let files = FileSystem(on: loop)
        do throws(ReactorError) {
            // Of the file itself where there is one: it may be a link.
            let real: RawPath
            do throws(ReactorError) { real = try await files.realpath(path) } catch {
                guard error.kind == .notFound else { throw error }
                // A link that leads to nothing would be followed when it is written to.
                if (try? await files.lstat(path)) != nil { throw error }
                real = try await files.realpath(path.parent).appending(last)
            }
            for folder in folders {
                guard let root = try? await files.realpath(folder) else { continue }
                if real.components.starts(with: root.components), real.components.count > root.components.count {
                    return real
                }
            }
        } catch {
            // Whether something outside is there is nobody's business.
            throw .outside
        }
        throw .outside
    }
}
