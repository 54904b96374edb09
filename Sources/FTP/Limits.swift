/// What this module allows itself and a server, in one place. Lengths are in bytes, times in the unit that they say.
package enum Limits {
    /// The longest line of a listing: several of the longest names.
    package static let listingLine = 16 << 10
    /// The longest name in a listing, as file systems have it.
    package static let nameLength = 255
    /// All of a listing, for each entry that the caller takes at most, and at least.
    static let listingBytesPerEntry = 1024
    static let smallestListing = 1 << 20
    /// The replies to one request, all together.
    static let replyBytes = 1 << 20
    /// What is kept of the words of one reply.
    static let replyText = 500
    /// The longest path in a command.
    static let path = 32 << 10
    /// What has arrived and nobody has asked for yet.
    static let readAhead = 1 << 20
    /// What libcurl reads and writes at once.
    static let pieceLength = 256 << 10
    /// Commands in one request.
    static let commandsPerRequest = 256
    /// How long libcurl sleeps at most while a request runs, should it wait for the wrong thing, and while none does.
    static let longestSleep = Duration.milliseconds(20)
    static let longestIdleSleep = Duration.seconds(60)
    /// How often a request that found too many connections is made again.
    static let crowdedTries = 8
}
