import Bytes

/// What a server says that it can do beyond RFC 959 (FEAT, RFC 2389 §3).
package struct FTPFeatures: Sendable, Hashable {
    /// Names are UTF-8 (RFC 2640).
    package var utf8 = false
    /// MLST and MLSD (RFC 3659 §7).
    package var machineListings = false
    /// SIZE and MDTM (RFC 3659 §3, §4).
    package var size = false
    package var modificationTime = false
    /// MFMT sets the time of a file (draft-somers-ftp-mfxx-04 §3).
    package var setsModificationTime = false
    /// REST in stream mode (RFC 3659 §5).
    package var restarts = false
    /// HASH with SHA-256 (draft-bryan-ftp-hash), and the older XSHA256.
    package var hashes = false
    package var sha256 = false

    package init() {}

    /// The features in the lines of the reply to FEAT; what is not known here is left out.
    package init(lines: some Sequence<[UInt8]>) {
        for line in lines {
            let words = String(decoding: line, as: UTF8.self).uppercased().split(separator: " ")
            switch words.first {
            case "UTF8": utf8 = true
            case "MLST", "MLSD": machineListings = true
            case "SIZE": size = true
            case "MDTM": modificationTime = true
            case "MFMT": setsModificationTime = true
            case "REST": restarts = words.dropFirst().first == "STREAM"
            case "HASH": hashes = words.dropFirst().contains { $0.contains("SHA-256") }
            case "XSHA256": sha256 = true
            default: continue
            }
        }
    }
}
