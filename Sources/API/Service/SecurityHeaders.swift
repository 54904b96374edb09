import HTTP

/// What every answer carries for browsers.
enum SecurityHeaders {
    private static func make(isSecure: Bool) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.append(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
                + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        headers.append("x-content-type-options", "nosniff")
        headers.append("x-frame-options", "DENY")
        headers.append("referrer-policy", "no-referrer")
        headers.append("cross-origin-opener-policy", "same-origin")
        headers.append("cross-origin-resource-policy", "same-origin")
        headers.append("permissions-policy", "camera=(), microphone=(), geolocation=()")
        if isSecure { headers.append("strict-transport-security", "max-age=31536000") }
        return headers
    }

    private static let plain = make(isSecure: false)
    private static let secure = make(isSecure: true)

    /// For an answer by TLS, or not.
    static func headers(isSecure: Bool) -> HTTPHeaders { isSecure ? secure : plain }
}
