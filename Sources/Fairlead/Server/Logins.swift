import Bytes
import Cryptography
public import Errors
import SSH
import Sessions

/// Who may sign in to a server: what the embedding program knows of its users.
///
/// `Accounts` is one for a few users who are known from the start. Others look users up where they are:
///
/// ```swift
/// struct Members: Logins {
///     let database: Database
///
///     func allows(_ attempt: LoginAttempt) async -> Bool {
///         switch attempt.proof {
///         case .password(let password): await database.isPassword(password, of: attempt.user)
///         case .key(let key): await database.keys(of: attempt.user).contains(key.line)
///         }
///     }
/// }
/// ```
public protocol Logins: Sendable {
    /// Whether the proof is that user's; called off the event loops, one attempt of a connection at a time.
    ///
    /// An unknown user has to take as long as one with a wrong password. Refusals are sent at fixed steps of 150 ms, which
    /// hides smaller differences.
    @concurrent func allows(_ attempt: LoginAttempt) async -> Bool
}

/// Somebody's attempt to sign in.
public struct LoginAttempt: Sendable {
    /// What is offered as proof. That a key is the client's has been verified, or will be before anybody is let in.
    public enum Proof: Sendable {
        case password(Password)
        case key(UserKey)
    }

    /// Who wants in, as the client says. Not yet safe to print.
    public let user: String
    /// What is offered for it.
    public let proof: Proof
    /// Where the client is, as `host:port`.
    public let source: String
}

/// The public key of a user.
public struct UserKey: Sendable, Hashable {
    let key: PublicKey

    init(_ key: PublicKey) {
        self.key = key
    }

    /// The key in a line of a `.pub` or authorized_keys file; nil when there is none that can be used. Options in front of
    /// the key are not understood: such lines count as none.
    public init?(line: String) {
        guard let (key, _) = try? PublicKey.parse(line: Array(line.utf8)) else { return nil }
        self.init(key)
    }

    /// The keys in the text of an authorized_keys file; other lines are passed over.
    public static func all(in text: String) -> [UserKey] {
        text.split(whereSeparator: \.isNewline).compactMap { UserKey(line: String($0)) }
    }

    /// The keys in the authorized_keys file at `path`, of at most 1 MiB.
    public static func all(inFileAt path: String) async throws(FairleadError) -> [UserKey] {
        all(in: try await TextFile.read(path))
    }

    /// Type and key, as in a `.pub` file, without comment.
    public var line: String { key.line() }
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    public var fingerprint: String { key.fingerprint.description }
}

/// A few users who are known from the start.
public struct Accounts: Logins {
    /// One user, and what is enough to be that user.
    public struct Account: Sendable {
        /// As clients say it.
        public var name: String
        /// nil admits no password.
        public var password: Password?
        /// Each of them is enough.
        public var keys: [UserKey]

        /// A user who is known by a password, by keys, or by either.
        public init(_ name: String, password: Password? = nil, keys: [UserKey] = []) {
            self.name = name
            self.password = password
            self.keys = keys
        }
    }

    let accounts: [Account]

    /// The users who may sign in; of those with one name the first.
    public init(_ accounts: [Account]) {
        self.accounts = accounts
    }

    /// Whether the proof is that user's.
    @concurrent public func allows(_ attempt: LoginAttempt) async -> Bool {
        let account = accounts.first { $0.name == attempt.user }
        switch attempt.proof {
        case .key(let key): return account?.keys.contains(key) ?? false
        case .password(let password):
            let isRight = password.isEqual(to: account?.password ?? Self.nobody)
            return isRight && account?.password != nil
        }
    }

    /// Compared with where there is no password, so that it takes as long.
    private static let nobody = Password(Secret(copying: SystemRandom.bytes(32).rawSpan))
}
