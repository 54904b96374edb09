import Bytes
import Reactor
import Synchronization

/// The line about a file that NAME carries for people, as `ls -l` prints it; some clients read owners from it
/// (draft-ietf-secsh-filexfer-02 §7).
enum LongName {
    /// The line about `name`. Times are in UTC, as nobody knows where the client is; `now` is in seconds since 1970.
    static func line(_ name: RawPath, _ status: FileStatus, _ accounts: AccountCache, now: Int64) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(64 + name.bytes.count)
        line += FileMode(status).description.utf8
        append(String(status.linkCount), width: -4, to: &line)
        append(accounts.user(status.user) ?? String(status.user), width: 8, to: &line)
        append(accounts.group(status.group) ?? String(status.group), width: 8, to: &line)
        append(String(status.size), width: -8, to: &line)
        line.append(UInt8(ascii: " "))
        line += date(status.modified.seconds, now: now).utf8
        line.append(UInt8(ascii: " "))
        line += name.bytes
        return line
    }

    /// Appends a space and `text`, filled up with spaces behind it, or before it where `width` is negative.
    private static func append(_ text: String, width: Int, to line: inout [UInt8]) {
        let fill = [UInt8](repeating: UInt8(ascii: " "), count: max(abs(width) - text.utf8.count, 0))
        line.append(UInt8(ascii: " "))
        if width < 0 { line += fill }
        line += text.utf8
        if width > 0 { line += fill }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Nov 28 02:20`, or `Nov 28  2024` for what is more than half a year away.
    static func date(_ seconds: Int64, now: Int64) -> String {
        // A year beyond all sense would not fit the column, and no arithmetic.
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let time = Int(seconds) - days * 86_400
        let (year, month, day) = civil(days)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let start = "\(months[month - 1]) \(day < 10 ? " " : "")\(day) "
        let halfYear: Int64 = 15_778_476
        guard abs(now - seconds) <= halfYear else { return start + " \(year)" }
        return start + "\(two(time / 3600)):\(two(time % 3600 / 60))"
    }

    /// The date that is so many days after 1970-01-01: the calendar counted from 1 March of a year divisible by 400, so that
    /// the leap day is the last of its year.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// The names of users and groups, each asked for once.
final class AccountCache: Sendable {
    private struct Names {
        var users: [UInt32: String?] = [:]
        var groups: [UInt32: String?] = [:]
    }

    private let isEnabled: Bool
    private let names = Mutex(Names())

    init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }

    /// The name of a user; nil for none. May ask a directory service: on a thread of the pool.
    func user(_ id: UInt32) -> String? {
        name(id, \.users, SystemAccounts.userName)
    }

    /// The name of a group; nil for none.
    func group(_ id: UInt32) -> String? {
        name(id, \.groups, SystemAccounts.groupName)
    }

    private func name(
        _ id: UInt32, _ kind: WritableKeyPath<Names, [UInt32: String?]>, _ ask: (UInt32) -> String?
    ) -> String? {
        guard isEnabled else { return nil }
        if let known = names.withLock({ $0[keyPath: kind][id] }) { return known }
        let name = ask(id)
        names.withLock { names in
            // A client that asks for every number there is makes us forget, not grow.
            if names[keyPath: kind].count >= Limits.rememberedAccountCount { names[keyPath: kind] = [:] }
            names[keyPath: kind][id] = .some(name)
        }
        return name
    }
}
