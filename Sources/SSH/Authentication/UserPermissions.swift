/// What a user may do as far as certificates say; the server enforces it, whatever its services would allow.
package struct UserPermissions: Hashable, Sendable {
    package private(set) var terminal = true
    package private(set) var portForwarding = true
    package private(set) var agentForwarding = true
    /// What runs instead of whatever the client asks for; nil leaves that to the client.
    package private(set) var forcedCommand: String?

    /// What all of `certificates` allow together. One that cannot be understood allows nothing, nor do two that force
    /// different commands: a forced command that is empty starts nothing.
    package init(_ certificates: [Certificate]) {
        for certificate in certificates {
            let options = try? CertificateOptions(certificate)
            terminal = terminal && options?.allowsTerminal ?? false
            portForwarding = portForwarding && options?.allowsPortForwarding ?? false
            agentForwarding = agentForwarding && options?.allowsAgentForwarding ?? false
            let command = options == nil ? "" : options?.forcedCommand
            if let command { forcedCommand = forcedCommand ?? command == command ? command : "" }
        }
    }
}
