#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A moment on a calendar.
package struct CalendarTime: Sendable, Hashable {
    package enum Zone: Sendable, Hashable {
        case local, utc
    }

    package let year: Int
    /// 1 to 12.
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int

    /// The moment `seconds` after 1970-01-01 00:00 UTC; nil when the system's calendar does not reach that far.
    package init?(seconds: Int64, in zone: Zone) {
        guard var time = time_t(exactly: seconds) else { return nil }
        var parts = unsafe tm()
        // The C library fills `parts`, which lives on this frame, and keeps no pointer.
        let result =
            switch zone {
            case .local: unsafe localtime_r(&time, &parts)
            case .utc: unsafe gmtime_r(&time, &parts)
            }
        guard unsafe result != nil else { return nil }
        (year, month, day) = unsafe (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
        (hour, minute, second) = unsafe (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
    }

    /// `Mar  4 12:05` within half a year before `now`, else `Mar  4  2019`, as `ls -l` in the POSIX locale.
    package static func listing(_ seconds: Int64, now: Int64, in zone: Zone) -> String {
        guard let time = CalendarTime(seconds: seconds, in: zone) else { return String(seconds) }
        let month = months[(time.month - 1) % 12]
        let day = TextWidth.aligned(String(time.day), to: 2)
        let (halfYear, future) = (Int64(31_556_952 / 2), Int64(3600))
        let isRecent = seconds > now - halfYear && seconds <= now + future
        let last =
            isRecent
            ? "\(DurationText.twoDigits(time.hour)):\(DurationText.twoDigits(time.minute))"
            : TextWidth.aligned(String(time.year), to: 5)
        return "\(month) \(day) \(last)"
    }

    /// `2026-03-04T12:05:06Z` (RFC 3339), for JSON; nil for years that the format does not have.
    package static func timestamp(_ seconds: Int64) -> String? {
        guard let time = CalendarTime(seconds: seconds, in: .utc), (0...9999).contains(time.year) else { return nil }
        let year = String(repeating: "0", count: 4 - String(time.year).count) + String(time.year)
        let date = "\(year)-\(DurationText.twoDigits(time.month))-\(DurationText.twoDigits(time.day))"
        let clock = [time.hour, time.minute, time.second].map { DurationText.twoDigits($0) }.joined(separator: ":")
        return "\(date)T\(clock)Z"
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    package static var now: Int64 { Int64(time(nil)) }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
