package import Errors

/// What the process ends with (the numbers of sysexits.h where they fit).
package struct ExitStatus: RawRepresentable, Hashable, Sendable {
    package var rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let done = ExitStatus(rawValue: 0)
    package static let partialFailure = ExitStatus(rawValue: 1)
    package static let usage = ExitStatus(rawValue: 2)
    package static let protocolViolation = ExitStatus(rawValue: 65)
    package static let fileSystem = ExitStatus(rawValue: 66)
    package static let network = ExitStatus(rawValue: 69)
    package static let internalError = ExitStatus(rawValue: 70)
    package static let timeout = ExitStatus(rawValue: 75)
    package static let permission = ExitStatus(rawValue: 77)
    package static let configuration = ExitStatus(rawValue: 78)
    package static let authentication = ExitStatus(rawValue: 79)
    /// Ctrl-C: 128 and the number of SIGINT, as shells do.
    package static let interrupted = ExitStatus(rawValue: 130)

    /// Nobody reads standard output any more: 128 and the number of SIGPIPE.
    package static let brokenPipe = ExitStatus(rawValue: 141)

    package init(_ category: FairleadError.Category) {
        self =
            switch category {
            case .network: .network
            case .authentication: .authentication
            case .permission: .permission
            case .fileSystem: .fileSystem
            case .protocol: .protocolViolation
            case .timeout: .timeout
            case .internal: .internalError
            }
    }

    /// The status of a remote command that ended with `status`, of which a process can pass on eight bits: 255 for what
    /// does not fit.
    package init(remote status: UInt32) {
        rawValue = status <= 255 ? Int32(status) : 255
    }
}
