import HTTP

/// The cookie of a browser that is signed in.
package enum SessionCookie {
    package static let name = "fairlead_session"

    /// The value that a request has; nil when it has none, or several.
    static func value(_ headers: HTTPHeaders) -> String? {
        let values = headers.values(.cookie).flatMap { $0.split(separator: ";") }.compactMap { pair -> String? in
            let trimmed = pair.drop { $0 == " " }
            guard trimmed.hasPrefix(name + "=") else { return nil }
            return String(trimmed.dropFirst(name.utf8.count + 1))
        }
        return values.count == 1 ? values.first : nil
    }

    /// Sets it, for this host alone and no script.
    static func set(_ token: AccessToken, isSecure: Bool) -> String {
        "\(name)=\(token.text); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(Accounts.browserLifetime / 1000)"
            + (isSecure ? "; Secure" : "")
    }

    static let removal = "\(name)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
}
