import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's names of users and groups. The calls may ask a directory service: they are for a thread of the pool.
package enum SystemAccounts {
    /// The name of a user; nil when the system knows none.
    package static func userName(_ id: UInt32) -> String? {
        var entry = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Limits.accountEntryLength) { space in
            guard let start = space.baseAddress,
                unsafe getpwuid_r(id, &entry, start, space.count, &result) == 0,
                let entry = unsafe result, let name = unsafe entry.pointee.pw_name
            else { return nil }
            // The C library put the text, with its NUL, into the space.
            return unsafe String(validatingCString: name)
        }
    }

    /// The name of a group; nil when the system knows none.
    package static func groupName(_ id: UInt32) -> String? {
        var entry = unsafe group()
        var result: UnsafeMutablePointer<group>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Limits.accountEntryLength) { space in
            guard let start = space.baseAddress,
                unsafe getgrgid_r(id, &entry, start, space.count, &result) == 0,
                let entry = unsafe result, let name = unsafe entry.pointee.gr_name
            else { return nil }
            // The C library put the text, with its NUL, into the space.
            return unsafe String(validatingCString: name)
        }
    }

    /// The home folder of the user called `name`; nil when the system knows none.
    package static func homeFolder(of name: String) -> String? {
        var entry = unsafe passwd()
        var result: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Limits.accountEntryLength) { space in
            guard let start = space.baseAddress,
                unsafe getpwnam_r(name, &entry, start, space.count, &result) == 0,
                let entry = unsafe result, let folder = unsafe entry.pointee.pw_dir
            else { return nil }
            // The C library put the text, with its NUL, into the space.
            return unsafe String(validatingCString: folder)
        }
    }

    /// The TCP port of the service called `name` (services(5)); nil when the system knows none.
    package static func servicePort(of name: String) -> UInt16? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_INET
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var result: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(nil, name, &hints, &result) == 0, let found = unsafe result else { return nil }
        defer { unsafe freeaddrinfo(found) }
        guard let address = unsafe found.pointee.ai_addr else { return nil }
        // The family asked for is the one that comes.
        return unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port.bigEndian
    }
}
