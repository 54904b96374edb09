/// What a peer may make authentication hold or do.
package enum AuthenticationLimits {
    /// A user name in bytes.
    package static let userLength = 1024
    /// The name of a service, method, algorithm or language in bytes (RFC 4251 §6 allows names 64).
    package static let nameLength = 64
    /// How many methods a USERAUTH_FAILURE may list.
    package static let methodCount = 64
    /// A password, or one answer to a prompt, in bytes.
    package static let secretLength = 16 << 10
    /// The encoding of a public key in bytes; certificates need some ten KiB.
    package static let keyLength = 64 << 10
    /// The encoding of a signature in bytes; RSA with 16384 bits needs 2 KiB.
    package static let signatureLength = 16 << 10
    /// All banners and instructions of one authentication together, in bytes.
    package static let shownLength = 256 << 10
    /// How many banners may come.
    package static let bannerCount = 32
    /// The prompts of one INFO_REQUEST.
    package static let promptCount = 64
    /// One prompt in bytes.
    package static let promptLength = 8 << 10
    /// How many submethods keyboard-interactive may name.
    package static let submethodCount = 64
    /// INFO_REQUESTs in one run of keyboard-interactive.
    package static let keyboardInteractiveRounds = 32
    /// PASSWD_CHANGEREQs that may follow on one password.
    package static let passwordChangeRounds = 8
    /// How often a server may call a success partial.
    package static let partialSuccessCount = 16
    /// USERAUTH_REQUESTs that are sent on one connection.
    package static let requestCount = 256
    /// What one client may ask a server for before it is authenticated: services, keys, proofs.
    package static let receivedRequestCount = 64
    /// A password or answer in bytes that a server looks at; longer ones are wrong.
    package static let receivedSecretLength = 4 << 10
}
