internal import CSodium

/// libsodium, made ready once.
enum Sodium {
    private static let isReady: Bool = sodium_init() >= 0

    /// Chooses libsodium's implementations for this CPU; every use of the library goes through here first.
    static func prepare() {
        precondition(isReady, "libsodium cannot be initialised")
    }
}
