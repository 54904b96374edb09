/// What a program wants of `permessage-deflate` (RFC 7692).
package struct WebSocketDeflate: Sendable {
    /// Whether each side remembers earlier messages: better compression for memory that stays.
    package var serverKeepsContext = true
    package var clientKeepsContext = true
    /// Windows as powers of two, 9 … 15, of our own side and of the peer's where it lets us choose.
    package var windowBits = 12

    package init() {}
}

/// The agreement on `permessage-deflate` (RFC 7692 §7.1).
enum DeflateNegotiation {
    static let name = "permessage-deflate"
    /// What a client asks for.
    static let offer = "permessage-deflate; client_max_window_bits"

    /// The first of a client's offers, in the values of `Sec-WebSocket-Extensions`, that can be accepted, and the answer.
    static func accept(_ offers: [String], _ wanted: WebSocketDeflate) -> (DeflateParameters, answer: String)? {
        for offer in offers.flatMap({ $0.split(separator: ",") }) {
            guard let parameters = parse(offer) else { continue }
            if let accepted = accept(parameters, wanted) { return accepted }
        }
        return nil
    }

    private static func accept(
        _ offered: [String: Int?], _ wanted: WebSocketDeflate
    ) -> (DeflateParameters, answer: String)? {
        var agreed = DeflateParameters()
        var answer = name
        agreed.serverKeepsContext = wanted.serverKeepsContext && offered["server_no_context_takeover"] == nil
        agreed.clientKeepsContext = wanted.clientKeepsContext && offered["client_no_context_takeover"] == nil
        agreed.serverWindowBits = wanted.windowBits
        if let bits = offered["server_max_window_bits"] {
            // Zlib has no raw stream with a window of 2^8 bytes.
            guard let bits, bits >= 9 else { return nil }
            agreed.serverWindowBits = min(bits, wanted.windowBits)
            answer += "; server_max_window_bits=\(agreed.serverWindowBits)"
        }
        if let bits = offered["client_max_window_bits"], bits ?? 15 >= 9 {
            agreed.clientWindowBits = min(bits ?? 15, wanted.windowBits)
            answer += "; client_max_window_bits=\(agreed.clientWindowBits)"
        }
        if !agreed.serverKeepsContext { answer += "; server_no_context_takeover" }
        if !agreed.clientKeepsContext { answer += "; client_no_context_takeover" }
        return (agreed, answer)
    }

    /// What a server answered to `offer`; nil when that is no valid answer.
    static func agreed(_ answer: String, _ wanted: WebSocketDeflate) -> DeflateParameters? {
        guard let answered = parse(answer[...]) else { return nil }
        var agreed = DeflateParameters()
        agreed.serverKeepsContext = answered["server_no_context_takeover"] == nil
        // A client may always do without.
        agreed.clientKeepsContext = wanted.clientKeepsContext && answered["client_no_context_takeover"] == nil
        agreed.clientWindowBits = wanted.windowBits
        if let bits = answered["client_max_window_bits"] {
            guard let bits, bits >= 9 else { return nil }
            agreed.clientWindowBits = min(bits, wanted.windowBits)
        }
        if let bits = answered["server_max_window_bits"] {
            guard let bits else { return nil }
            agreed.serverWindowBits = max(bits, 9)
        }
        return agreed
    }

    /// The parameters of one `permessage-deflate`, with their number where they have one; nil for other extensions, for
    /// unknown and repeated parameters, and for values that they cannot have.
    private static func parse(_ text: Substring) -> [String: Int?]? {
        let items = text.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard items.first == name else { return nil }
        var parameters: [String: Int?] = [:]
        for item in items.dropFirst() {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            guard let key = parts.first, parameters[key] == nil else { return nil }
            let value = parts.count == 2 ? number(parts[1]) : nil
            switch key {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard parts.count == 1 else { return nil }
            case "client_max_window_bits": guard parts.count == 1 || value != nil else { return nil }
            case "server_max_window_bits": guard value != nil else { return nil }
            default: return nil
            }
            parameters.updateValue(value, forKey: key)
        }
        return parameters
    }

    /// 8 … 15, in quotes or not, without zeros in front.
    private static func number(_ text: String) -> Int? {
        var text = text[...]
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        guard let number = Int(text), (8...15).contains(number), "\(number)" == text else { return nil }
        return number
    }

    private static func trimmed(_ text: Substring) -> String {
        let bytes = text.utf8.drop(while: \.isBlank)
        return String(decoding: bytes.reversed().drop(while: \.isBlank).reversed(), as: UTF8.self)
    }
}
