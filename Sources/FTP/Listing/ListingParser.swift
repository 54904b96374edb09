import Bytes

/// Makes entries of the bytes of a directory listing as they come: MLSD, or LIST in the styles of Unix and Windows.
///
/// A value without I/O. What it holds is bounded by the limits that it was made with; lines that are no entries, such as
/// `total 12`, are left out.
package struct ListingParser: Sendable {
    /// Which command the listing answers.
    package enum Form: Sendable {
        case machine
        case list
    }

    private let form: Form
    private let limit: Int
    private let now: Int64
    private var line: [UInt8] = []
    private var bytesTaken = 0
    private var listing = FTPListing()

    /// - Parameters:
    ///   - limit: how many entries are taken, at most.
    ///   - now: seconds since 1970, for dates without a year.
    package init(_ form: Form, limit: Int, now: Int64) {
        self.form = form
        self.limit = limit
        self.now = now
    }

    /// Takes the next bytes. Throws `listingTooLong`, or `protocolViolation` for a line without an end.
    package mutating func append(_ bytes: RawSpan) throws(FTPError) {
        bytesTaken += bytes.byteCount
        guard bytesTaken <= max(Limits.smallestListing, limit.multipliedClamping(Limits.listingBytesPerEntry)) else {
            throw .listingTooLong(limit: limit)
        }
        var offset = 0
        while offset < bytes.byteCount {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x0A {
                try endLine()
            } else {
                guard line.count < Limits.listingLine else {
                    throw .protocolViolation("a line of a listing has no end")
                }
                line.append(byte)
            }
        }
    }

    /// The listing, when no more bytes come.
    package mutating func finish() throws(FTPError) -> FTPListing {
        if !line.isEmpty { try endLine() }
        return listing
    }

    private mutating func endLine() throws(FTPError) {
        defer { line.removeAll(keepingCapacity: true) }
        if line.last == 0x0D { line.removeLast() }
        guard let entry = entry(line[...]) else { return }
        if entry.name == "." || entry.name == ".." { return }
        guard listing.entries.count + listing.refusals.count < limit else { throw .listingTooLong(limit: limit) }
        if entry.name.isSafeName, !entry.name.bytes.contains(0x0D) {
            listing.entries.append(entry)
        } else {
            listing.refusals.append(
                FTPNameRefusal(name: RawPath(bytes: Array(entry.name.bytes.prefix(Limits.nameLength)))))
        }
    }

    private func entry(_ line: ArraySlice<UInt8>) -> FTPEntry? {
        switch form {
        case .machine:
            guard case .entry(let entry)? = MachineListing.parse(line) else { return nil }
            return entry
        case .list: return UnixListingLine.parse(line, now: now) ?? WindowsListingLine.parse(line)
        }
    }
}

extension Int {
    fileprivate func multipliedClamping(_ other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }
}
