/// Why a test host did not start, or a helper program did not run.
package enum TestHostError: Error, CustomStringConvertible {
    /// A system call failed: its name and `errno`'s text.
    case system(String, String)
    /// A program ended, or was not ready in time; what it said.
    case notReady(String, log: String)
    /// A program that has to succeed ended with another status.
    case failed(String, status: Int32, log: String)
    /// A program did not end in time and was killed; what it said.
    case timedOut(String, log: String)

    package var description: String {
        switch self {
        case .system(let call, let reason): "\(call): \(reason)"
        case .notReady(let name, let log): "\(name) was not ready in time; it said:\n\(log)"
        case .failed(let name, let status, let log): "\(name) ended with status \(status):\n\(log)"
        case .timedOut(let name, let log): "\(name) did not end in time; it said:\n\(log)"
        }
    }
}
