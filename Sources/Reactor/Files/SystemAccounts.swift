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
}
