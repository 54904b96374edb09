#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

import Bytes

extension LocalUser {
    /// The user who runs this process; the home folder is `HOME`'s, or the account's.
    package static var current: LocalUser {
        let id = geteuid()
        let account = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            // The C library fills `entry`, whose strings lie in `buffer`; both are copied before they go.
            guard let base = buffer.baseAddress, unsafe getpwuid_r(id, &entry, base, buffer.count, &found) == 0,
                unsafe found != nil
            else { return nil as (name: String, home: String)? }
            return unsafe (String(cString: entry.pw_name), String(cString: entry.pw_dir))
        }
        let home = environment("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? account?.home ?? "/"
        let socket = environment("SSH_AUTH_SOCK").flatMap { $0.isEmpty ? nil : RawPath($0) }
        return LocalUser(
            name: account?.name ?? environment("USER") ?? "\(id)", id: id, home: RawPath(home), agentSocket: socket)
    }

    private static func environment(_ name: String) -> String? {
        // The string is copied at once; nothing in this program changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
