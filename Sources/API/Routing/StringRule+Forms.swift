import SSH
import Sessions

extension StringRule {
    static func isUUID(_ text: String) -> Bool { SessionID(text) != nil }

    static func isFingerprint(_ text: String) -> Bool {
        (text.hasPrefix("SHA256:") || text.hasPrefix("MD5:")) && Fingerprint(text) != nil
    }
}
