import Bytes

/// What went wrong, in a form that a program can act on and a person can read: the one error of Fairlead's public API.
///
/// Modules have typed errors of their own; they are translated to this one where they leave the library, and kept as
/// `cause`. Texts may hold what a peer sent: they are kept as they came, and `description` and `details` make control
/// characters visible.
///
/// ```swift
/// do {
///     try await connect()
/// } catch let error as FairleadError where error.isRetryable {
///     print(error)  // "network: the host did not answer (check the address and the port)"
/// }
/// ```
public struct FairleadError: Error, Sendable {
    /// What kind of thing failed; decides the exit status of the command and whether a retry can help by default.
    public enum Category: String, Sendable, CaseIterable {
        /// The peer cannot be reached, or the connection broke.
        case network
        /// Either side could not prove who it is: credentials refused, a host key unknown or changed.
        case authentication
        /// The peer knows who asks, and does not allow it.
        case permission
        /// A file or a file system, here or there: not found, exists already, full, …
        case fileSystem
        /// The peer broke the protocol, or both sides have nothing in common.
        case `protocol`
        /// Something took longer than allowed.
        case timeout
        /// A defect or an exhausted resource on this side.
        case `internal`
    }

    /// What kind of thing failed.
    public var category: Category
    /// One sentence in plain words, without a full stop: what failed.
    public var message: String
    /// What was being done, such as `open` or `exec`.
    public var operation: String?
    /// The host that it was done with, as the user named it.
    public var host: String?
    /// The file or folder that it was done to.
    public var path: String?
    /// What to do next.
    public var hint: String?
    /// Whether doing the same again can succeed, and does no harm.
    public var isRetryable: Bool
    /// The error underneath, if there is one.
    public var cause: (any Error)?

    /// An error of `category`; `isRetryable` follows from the category unless it is given.
    public init(
        _ category: Category, _ message: String, operation: String? = nil, host: String? = nil, path: String? = nil,
        hint: String? = nil, isRetryable: Bool? = nil, cause: (any Error)? = nil
    ) {
        self.category = category
        self.message = message
        self.operation = operation
        self.host = host
        self.path = path
        self.hint = hint
        self.isRetryable = isRetryable ?? category.isRetryableByDefault
        self.cause = cause
    }

    /// This error with what is known one layer up; what it says already stays.
    public func adding(operation: String? = nil, host: String? = nil, path: String? = nil, hint: String? = nil) -> Self
    {
        var error = self
        error.operation = self.operation ?? operation
        error.host = self.host ?? host
        error.path = self.path ?? path
        error.hint = self.hint ?? hint
        return error
    }
}

extension FairleadError.Category {
    /// Whether errors of this category usually pass: a network or a peer that is slow may be better in a moment; a wrong
    /// password, a missing file or a broken protocol will not.
    public var isRetryableByDefault: Bool {
        switch self {
        case .network, .timeout: true
        case .authentication, .permission, .fileSystem, .protocol, .internal: false
        }
    }
}

extension FairleadError: CustomStringConvertible {
    /// One line, safe for a terminal: `authentication: message (hint)`.
    public var description: String {
        let line = "\(category.rawValue): \(message)"
        return (hint.map { "\(line) (\($0))" } ?? line).visible()
    }

    /// What `description` leaves out, a line each and safe for a terminal: operation, host, path, then the causes from
    /// the nearest to the first, at most 16 of them.
    public var details: [String] {
        var lines: [String] = []
        if let operation { lines.append("operation: \(operation)") }
        if let host { lines.append("host: \(host)") }
        if let path { lines.append("path: \(path)") }
        var next = cause
        for _ in 0..<Self.maximumCauses {
            guard let error = next else { break }
            lines.append("cause: \(error)")
            next = (error as? FairleadError)?.cause
        }
        return lines.map { $0.visible() }
    }

    /// How many causes `details` follows.
    private static let maximumCauses = 16
}
