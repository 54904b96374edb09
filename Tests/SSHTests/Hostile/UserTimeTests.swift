import Bytes
import Cryptography
import Synchronization
import TestHosts
import Testing

@testable import SSH

@Suite("The time that a user takes")
struct UserTimeTests {
    /// Opens once; who waits for it goes on then.
    private final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var waiters: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func open() {
            let waiters = state.withLock { state in
                state.isOpen = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        func pass() async {
            await withCheckedContinuation { waiter in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters.append(waiter) }
                    return state.isOpen
                }
                if isOpen { waiter.resume() }
            }
        }
    }

    /// Gives a password once the gate is open.
    private struct SlowUser: AuthenticationInteraction {
        let gate: Gate

        func password(_ prompt: PasswordPrompt) async -> Secret? {
            await gate.pass()
            return Secret(utf8: "secret")
        }

        func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? { nil }
        func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? { nil }
        func show(_ text: ServerText) async {}
    }

    @Test("is not limited by what the server says meanwhile")
    func slowUser() async throws {
        let gate = Gate()
        let hasAsked = Mutex(false)
        _ = try await Encounter.scripted(
            interaction: SlowUser(gate: gate), change: { $0.authenticationTimeout = .milliseconds(400) }
        ) {
            server in
            server.exchangeKeys()
            server.message(.serviceRequest)
            server.say(server.serviceAccept)
            // `none` asks what is possible; then the user is asked.
            server.message(.userAuthRequest)
            server.say(
                payload {
                    $0.append(MessageNumber.userAuthFailure.rawValue)
                    $0.append(nameList: ["password"])
                    $0.append(boolean: false)
                })
            server.say(
                payload {
                    $0.append(MessageNumber.userAuthBanner.rawValue)
                    $0.append(string: "Welcome")
                    $0.append(string: "")
                })
            server.flush()
            // The user thinks for longer than the server may.
            server.socket.setTimeout(1)
            _ = server.socket.read()
            server.socket.setTimeout(5)
            gate.open()
            if server.message(.userAuthRequest) != nil { hasAsked.withLock { $0 = true } }
        }
        gate.open()
        #expect(hasAsked.withLock { $0 })
    }
}
