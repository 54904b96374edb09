import Bytes
import Cryptography

/// What the tokens of ssh_config(5) stand for.
struct TokenExpansion {
    /// Values by the token's letter.
    let tokens: [UInt8: String]
    let environment: [String: String]

    /// What a value may have in it.
    enum Form {
        case tokens, variables, tokensAndVariables
    }

    /// `text` with what `form` allows replaced; the text of the error is a predicate without its subject.
    func expand(_ text: String, _ form: Form) throws(ExpansionError) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard result.count <= ConfigurationLimits.expandedLength else { throw ExpansionError("grows too long") }
            if form != .tokens, byte == UInt8(ascii: "$"), rest.first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    throw ExpansionError("has a ${ without }")
                }
                let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                guard !name.isEmpty else { throw ExpansionError("has a variable without a name") }
                guard let value = environment[name] else {
                    throw ExpansionError("names the variable ${\(name.visible())}, which is not set")
                }
                result += Array(value.utf8)
                rest = rest[(end + 1)...]
                continue
            }
            guard form != .variables, byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let letter = rest.popFirst() else {
                throw ExpansionError("ends with a single %", hint: "write %%")
            }
            if letter == UInt8(ascii: "%") {
                result.append(letter)
            } else if let value = tokens[letter] {
                result += Array(value.utf8)
            } else {
                let shown = String(decoding: [letter], as: UTF8.self).visible()
                throw ExpansionError("has the token %\(shown), which does not go there")
            }
        }
        guard result.count <= ConfigurationLimits.expandedLength else { throw ExpansionError("grows too long") }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name of a connection: SHA-1 of this host's name, the remote's, port and user, as `%C` has it.
    static func connectionHash(local: String, remote: String, port: String, user: String) -> String {
        var digest = MessageDigest(.sha1)
        for part in [local, remote, port, user] { digest.update(Array(part.utf8).rawSpan) }
        return Hexadecimal.encode(digest.finish())
    }
}

/// Why a value's tokens or variables cannot be replaced.
struct ExpansionError: Error {
    let reason: String
    let hint: String?

    init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }
}
