import Bytes
import Reactor

/// Why the server could not do what it was asked for.
enum FileFailure: Error {
    case system(ReactorError)
    /// The quota has fewer bytes left.
    case overQuota
    case notOpenForWriting
    /// The handle is a directory's.
    case noFile
    case linkSize
    /// The request makes no sense; the text says why.
    case refused(String)

    /// Runs `body`, whose errors are the system's.
    static func wrap<Value>(_ body: () throws(ReactorError) -> Value) throws(FileFailure) -> Value {
        do throws(ReactorError) {
            return try body()
        } catch {
            throw .system(error)
        }
    }

    /// The status that tells it; for the system's errors OpenSSH's choice, which clients know.
    var status: Status {
        switch self {
        case .system(let error): Status(Self.code(error), message: error.text)
        case .overQuota: Status(.failure, message: "the quota is used up")
        case .notOpenForWriting: Status(.permissionDenied, message: "the handle is not one for writing")
        case .noFile: Status(.failure, message: "the handle is no file's")
        case .refused(let reason): Status(.failure, message: reason)
        case .linkSize: Status(.badMessage, message: "the size of a link cannot be set")
        }
    }

    private static func code(_ error: ReactorError) -> StatusCode {
        switch error.name {
        case "ENOENT", "ENOTDIR", "EBADF", "ELOOP": .noSuchFile
        case "EPERM", "EACCES", "EROFS": .permissionDenied
        case "ENAMETOOLONG", "EINVAL": .badMessage
        case "ENOSYS": .operationUnsupported
        case _: .failure
        }
    }
}

extension ByteBuffer {
    /// Appends the STATUS message that tells `failure`.
    mutating func append(_ failure: FileFailure, _ id: RequestID) {
        append(ServerMessage.reply(id, .status(failure.status)))
    }
}
