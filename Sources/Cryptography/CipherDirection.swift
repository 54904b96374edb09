/// Which way a cipher is used.
package enum CipherDirection: Sendable {
    case encrypt, decrypt

    /// As libcrypto's `enc` parameter.
    var flag: Int32 {
        switch self {
        case .encrypt: 1
        case .decrypt: 0
        }
    }
}
