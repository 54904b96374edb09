/// Sizes for people.
enum FileSize {
    /// `0 B`, `1023 B`, `1.0 KB`, `12.3 MB`, …: by 1024, one decimal.
    static func text(_ bytes: UInt64) -> String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var unit = 0
        var (whole, rest) = (bytes, UInt64(0))
        let units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"]
        while whole >= 1024, unit < units.count - 1 {
            (whole, rest) = (whole / 1024, whole % 1024)
            unit += 1
        }
        return "\(whole).\(rest * 10 / 1024) \(units[unit])"
    }
}
