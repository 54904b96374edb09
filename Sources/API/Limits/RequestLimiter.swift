import Synchronization

/// Which budget a request is from.
package enum LimitClass: String, Sendable, CaseIterable {
    /// Looking.
    case read
    /// Changing something here.
    case write
    /// Connecting to a host.
    case connect
    /// Commands, terminals and transfers.
    case operate
    /// Proving who one is; by address.
    case signIn

    /// What holds unless the configuration says otherwise.
    package var standard: TokenBucket.Rule {
        switch self {
        case .read: TokenBucket.Rule(burst: 400, rate: 100)
        case .write: TokenBucket.Rule(burst: 60, rate: 5)
        case .connect: TokenBucket.Rule(burst: 30, rate: 1)
        case .operate: TokenBucket.Rule(burst: 400, rate: 100)
        case .signIn: TokenBucket.Rule(burst: 10, rate: 0.2)
        }
    }
}

/// The budgets of all users, one for each class of endpoints. From any isolation.
package final class RequestLimiter: Sendable {
    private struct Key: Hashable {
        let subject: String
        let limit: LimitClass
    }

    private struct State {
        var rules: [LimitClass: TokenBucket.Rule]
        var buckets: [Key: TokenBucket] = [:]
    }

    /// Budgets that are kept, at most. Full ones go first, then any: who is forgotten begins anew.
    private static let capacity = 8192

    private let state: Mutex<State>

    package init(_ rules: [LimitClass: TokenBucket.Rule] = [:]) {
        state = Mutex(State(rules: rules))
    }

    /// From now on `rules`, for everybody anew.
    package func use(_ rules: [LimitClass: TokenBucket.Rule]) {
        state.withLock { $0 = State(rules: rules) }
    }

    /// Takes one request of `subject`: a user's name, or an address.
    package func take(_ limit: LimitClass, by subject: String, at now: Int64) -> TokenBucket.Answer {
        state.withLock { state in
            let key = Key(subject: subject, limit: limit)
            if state.buckets.count >= Self.capacity, state.buckets[key] == nil { Self.makeRoom(&state, now) }
            var bucket = state.buckets[key] ?? TokenBucket(state.rules[limit] ?? limit.standard, at: now)
            let answer = bucket.take(at: now)
            state.buckets[key] = bucket
            return answer
        }
    }

    private static func makeRoom(_ state: inout State, _ now: Int64) {
        state.buckets = state.buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(at: now)
        }
        if state.buckets.count >= capacity { state.buckets = [:] }
    }
}
