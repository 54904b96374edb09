import Bytes
import Errors
import Reactor
import SFTP
import SSH
import Sessions

/// A folder that clients of a server see as `/`: no name, symbolic link or race leads out of it.
public struct SharedFolder: Sendable {
    /// Where it is on this machine; it has to exist.
    public var path: String
    /// Whether everything that changes something is refused.
    public var isReadOnly = false
    /// How many bytes may be stored in it, by all clients together; nil for as much as the disk takes.
    public var quota: UInt64?
    /// The permission bits that new files and folders never get.
    public var umask: UInt32 = 0o022

    /// The folder at `path`.
    public init(_ path: String, isReadOnly: Bool = false, quota: UInt64? = nil) {
        self.path = path
        self.isReadOnly = isReadOnly
        self.quota = quota
    }

    struct Opened: Sendable {
        let files: RootedFileSystem
        let quota: StorageQuota?
    }

    /// Opens it, and counts what is in it if there is a quota.
    func open() async throws(FairleadError) -> Opened {
        let (path, limit) = (RawPath(path), quota)
        let loop = EventLoopGroup.shared.next()
        let result = await loop.offload { () -> Result<Opened, ReactorError> in
            Result { () throws(ReactorError) in
                let files = try RootedFileSystem(at: path)
                return Opened(files: files, quota: limit.map { StorageQuota(limit: $0, counting: files) })
            }
        }
        do throws(ReactorError) { return try result.get() } catch {
            throw FairleadError(local: error, operation: "open the shared folder")
        }
    }
}

/// Files, and nothing else.
struct FolderServices: ServerServices {
    private let opened: SharedFolder.Opened
    private let folder: SharedFolder

    init(_ opened: SharedFolder.Opened, _ folder: SharedFolder) {
        self.opened = opened
        self.folder = folder
    }

    func handler(for program: SessionProgram, in session: SessionContext) -> (any SessionHandler)? {
        switch program {
        case .subsystem(let name):
            guard name == "sftp" else { return nil }
            var options = FileServerOptions()
            options.isReadOnly = folder.isReadOnly
            options.quota = opened.quota
            options.umask = folder.umask
            options.userName = session.user.name
            options.showsAccountNames = false
            return FileServerSession(files: opened.files, options: options)
        case .shell, .exec: return nil
        }
    }
}
