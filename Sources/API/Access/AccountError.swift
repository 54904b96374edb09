/// Why an account cannot be made or changed.
package enum AccountError: Error, Sendable, Hashable {
    case exists(String)
    case unknown(String)
    /// The service would have no administrator left.
    case lastAdministrator
    /// So many tokens a user may have.
    case tooManyTokens(limit: Int)
    /// The database, or the memory, failed; the text is for the log.
    case failed(String)
}
