import Bytes

/// What a certificate allows and demands: its critical options, each understood, and the extensions known here.
package struct CertificateOptions: Hashable, Sendable {
    /// What runs instead of whatever the client asks for.
    package private(set) var forcedCommand: String?
    /// Where the certificate may be used from; nil for anywhere.
    package private(set) var sources: [AddressRange]?
    /// `verify-required`: the signature has to tell that the user was verified. Only a security key's can.
    package private(set) var requiresVerification = false
    /// `no-touch-required`: a security key's signature need not tell of a touch.
    package private(set) var allowsUntouched = false
    package private(set) var allowsTerminal = false
    package private(set) var allowsPortForwarding = false
    package private(set) var allowsAgentForwarding = false
    package private(set) var allowsX11Forwarding = false
    package private(set) var allowsUserScripts = false

    /// Reads the options. Extensions that are not known mean nothing; a critical option that is not known refuses the
    /// certificate, and so does any in a host's.
    package init(_ certificate: Certificate) throws(CertificateRefusal) {
        for option in certificate.criticalOptions {
            guard certificate.kind == .user else { throw .unknownOption(option.name) }
            switch option.name {
            case "force-command":
                let command = try Self.text(option)
                guard !command.isEmpty, !command.utf8.contains(0) else { throw .malformedOption(option.name) }
                forcedCommand = command
            case "source-address":
                guard let ranges = AddressRange.list(try Self.text(option)) else {
                    throw .malformedOption(option.name)
                }
                sources = ranges
            case "verify-required":
                guard option.value.isEmpty else { throw .malformedOption(option.name) }
                guard certificate.key.algorithm.isSecurityKey else { throw .needsVerification }
                requiresVerification = true
            case _: throw .unknownOption(option.name)
            }
        }
        for option in certificate.extensions where option.value.isEmpty {
            switch option.name {
            case "permit-pty": allowsTerminal = true
            case "permit-port-forwarding": allowsPortForwarding = true
            case "permit-agent-forwarding": allowsAgentForwarding = true
            case "permit-X11-forwarding": allowsX11Forwarding = true
            case "permit-user-rc": allowsUserScripts = true
            case "no-touch-required": allowsUntouched = true
            // An extension without a meaning here; to ignore it is what the protocol asks for.
            case _: break
            }
        }
    }

    /// Whether a client at this address, 4 or 16 bytes, may use the certificate; nil for a client without an address.
    package func allows(source address: [UInt8]?) -> Bool {
        guard let sources else { return true }
        guard let address else { return false }
        return sources.contains { $0.contains(address) }
    }

    private static func text(_ option: Certificate.Option) throws(CertificateRefusal) -> String {
        var reader = WireReader(option.value.rawSpan)
        do throws(WireError) {
            let text = try reader.text(limit: CertificateLimits.optionLength)
            try reader.expectEnd()
            return text
        } catch {
            throw .malformedOption(option.name)
        }
    }
}
