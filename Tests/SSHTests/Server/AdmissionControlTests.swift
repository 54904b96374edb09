import Reactor
import Testing

@testable import SSH

@Suite("Which connections a listener takes")
struct AdmissionControlTests {
    private let start = ContinuousClock.now

    private func source(_ host: String) -> AdmissionControl.Source {
        AdmissionControl.Source(.tcp(SocketAddress(host: host, port: 1)!))
    }

    private func control(_ change: (inout AdmissionControl.Configuration) -> Void = { _ in }) -> AdmissionControl {
        var configuration = AdmissionControl.Configuration()
        change(&configuration)
        return AdmissionControl(configuration)
    }

    private func refusal(_ result: Result<Void, AdmissionControl.Refusal>) -> AdmissionControl.Refusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    @Test(
        "A source is an IPv4 address or an IPv6 /64",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::2", true), ("2001:db8::1", "2001:db8:0:0:ffff::1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false), ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
        ])
    func sources(one: String, other: String, isSame: Bool) {
        #expect((source(one) == source(other)) == isSame)
    }

    @Test("Drops begin at the start, grow, and are certain when it is full")
    func randomDrops() {
        var control = control {
            $0.dropStart = 10
            $0.dropPercent = 30
            $0.dropFull = 20
            $0.perSource = 1000
        }
        for number in 0..<20 {
            // The percentage grows from 30 by 7 with each.
            let percent = number < 10 ? 0 : 30 + (number - 10) * 7
            if percent > 0 {
                let dropped = control.admit(source("192.0.2.1"), now: start, chance: percent - 1)
                #expect(refusal(dropped) == .tooManyUnauthenticated, "\(number)")
            }
            #expect(refusal(control.admit(source("192.0.2.1"), now: start, chance: percent)) == nil, "\(number)")
        }
        #expect(refusal(control.admit(source("192.0.2.1"), now: start, chance: 99)) == .tooManyUnauthenticated)
        control.conclude(source("192.0.2.1"), .authenticated, now: start)
        #expect(control.unauthenticatedCount == 19 && control.count == 20)
        control.end()
        #expect(control.count == 19)
    }

    @Test("One source does not take the places of others")
    func perSource() {
        var control = control { $0.perSource = 2 }
        for _ in 0..<2 { #expect(refusal(control.admit(source("192.0.2.1"), now: start, chance: 0)) == nil) }
        #expect(refusal(control.admit(source("192.0.2.1"), now: start, chance: 0)) == .tooManyOfSource)
        #expect(refusal(control.admit(source("192.0.2.2"), now: start, chance: 0)) == nil)
        control.conclude(source("192.0.2.1"), .authenticated, now: start)
        #expect(refusal(control.admit(source("192.0.2.1"), now: start, chance: 0)) == nil)
        for _ in 0..<5 { #expect(refusal(control.admit(.local, now: start, chance: 0)) == nil) }
    }

    @Test("Penalties add up to a bound, are served, and are forgotten", arguments: AdmissionControl.Outcome.allCases)
    func penalties(outcome: AdmissionControl.Outcome) {
        var control = control()
        let key = source("192.0.2.1")
        var now = start
        var admitted = 0
        for _ in 0..<1000 {
            guard refusal(control.admit(key, now: now, chance: 0)) == nil else { break }
            admitted += 1
            control.conclude(key, outcome, now: now)
            control.end()
        }
        // 15 s of 10, 5, 1 or 20 s each.
        let expected =
            switch outcome {
            case .authenticated, .stopped: 1000
            case .timedOut: 2
            case .failed: 3
            case .left: 15
            case .violated: 1
            }
        #expect(admitted == expected)
        now += .seconds(21)
        #expect(refusal(control.admit(key, now: now, chance: 0)) == nil)
        control.conclude(key, .authenticated, now: now)
        #expect(control.sourceCount == 0)
    }

    @Test("No penalty is longer than the longest")
    func longest() {
        var control = control { $0.penalties?.minimum = .seconds(100_000) }
        let key = source("192.0.2.1")
        for _ in 0..<100 {
            #expect(refusal(control.admit(key, now: start, chance: 0)) == nil)
            control.conclude(key, .violated, now: start)
        }
        _ = control.admit(key, now: start + .seconds(601), chance: 0)
        control.conclude(key, .authenticated, now: start + .seconds(601))
        #expect(control.sourceCount == 0)
    }

    @Test("The memory of sources has a bound")
    func bound() {
        var control = control()
        for number in 0..<3 * ServerLimits.rememberedSources {
            let key = source("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
            #expect(refusal(control.admit(key, now: start, chance: 0)) == nil)
            control.conclude(key, .violated, now: start)
            control.end()
            #expect(control.sourceCount <= ServerLimits.rememberedSources)
        }
    }
}
