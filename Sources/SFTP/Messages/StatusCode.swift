/// How a request ended (`SSH_FX_…`, draft-ietf-secsh-filexfer-02 §7).
package enum StatusCode: Hashable, Sendable, CustomStringConvertible {
    case ok
    case endOfFile
    case noSuchFile
    case permissionDenied
    case failure
    case badMessage
    case noConnection
    case connectionLost
    case operationUnsupported
    /// A number that version 3 does not define.
    case other(UInt32)

    package init(rawValue: UInt32) {
        self =
            switch rawValue {
            case 0: .ok
            case 1: .endOfFile
            case 2: .noSuchFile
            case 3: .permissionDenied
            case 4: .failure
            case 5: .badMessage
            case 6: .noConnection
            case 7: .connectionLost
            case 8: .operationUnsupported
            default: .other(rawValue)
            }
    }

    package var rawValue: UInt32 {
        switch self {
        case .ok: 0
        case .endOfFile: 1
        case .noSuchFile: 2
        case .permissionDenied: 3
        case .failure: 4
        case .badMessage: 5
        case .noConnection: 6
        case .connectionLost: 7
        case .operationUnsupported: 8
        case .other(let number): number
        }
    }

    /// The code in words, for a server that sends none.
    package var description: String {
        switch self {
        case .ok: "success"
        case .endOfFile: "end of file"
        case .noSuchFile: "no such file"
        case .permissionDenied: "permission denied"
        case .failure: "failure"
        case .badMessage: "bad message"
        case .noConnection: "no connection"
        case .connectionLost: "connection lost"
        case .operationUnsupported: "operation unsupported"
        case .other(let number): "status \(number)"
        }
    }
}
