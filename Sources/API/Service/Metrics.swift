import Synchronization

/// What is counted, for Prometheus (text format 0.0.4). From any isolation.
package final class Metrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let status: Int
    }

    private struct State {
        var requests: [Key: UInt64] = [:]
        var seconds: [String: Histogram] = [:]
        var health: UInt64 = 0
        var limited: UInt64 = 0
        var refusedSignIns: UInt64 = 0
        var bytesUp: UInt64 = 0
        var bytesDown: UInt64 = 0
    }

    private struct Histogram {
        static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]
        var counts = [UInt64](repeating: 0, count: bounds.count)
        var sum = 0.0
        var count: UInt64 = 0

        mutating func add(_ seconds: Double) {
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { counts[index] += 1 }
            sum += seconds
            count += 1
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// A request of the route called `route` was answered; names of routes are few.
    func count(_ route: String, status: Int, nanoseconds: UInt64) {
        state.withLock { state in
            state.requests[Key(route: route, status: status), default: 0] += 1
            state.seconds[route, default: Histogram()].add(Double(nanoseconds) / 1e9)
        }
    }

    /// `/health` was answered; its time is not worth a histogram.
    func countHealth() { state.withLock { $0.health += 1 } }
    func countLimited() { state.withLock { $0.limited += 1 } }
    func countRefusedSignIn() { state.withLock { $0.refusedSignIns += 1 } }
    func countUp(_ bytes: Int) { state.withLock { $0.bytesUp += UInt64(bytes) } }
    func countDown(_ bytes: Int) { state.withLock { $0.bytesDown += UInt64(bytes) } }

    /// All of it, with `gauges` in front.
    func text(_ gauges: [(name: String, help: String, values: [(labels: String, value: Double)])]) -> String {
        let state = state.withLock { $0 }
        var lines: [String] = []
        func head(_ name: String, _ type: String, _ help: String) {
            lines += ["# HELP fairlead_\(name) \(help)", "# TYPE fairlead_\(name) \(type)"]
        }
        for gauge in gauges {
            head(gauge.name, "gauge", gauge.help)
            for (labels, value) in gauge.values { lines.append("fairlead_\(gauge.name)\(labels) \(value)") }
        }
        head("http_requests_total", "counter", "Requests that were answered.")
        for (key, count) in state.requests.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) })
        {
            lines.append("fairlead_http_requests_total{route=\"\(key.route)\",status=\"\(key.status)\"} \(count)")
        }
        lines.append("fairlead_http_requests_total{route=\"health\",status=\"200\"} \(state.health)")
        head("http_request_seconds", "histogram", "Time until a request's answer began.")
        for (route, histogram) in state.seconds.sorted(by: { $0.key < $1.key }) {
            for (bound, count) in zip(Histogram.bounds, histogram.counts) {
                lines.append("fairlead_http_request_seconds_bucket{route=\"\(route)\",le=\"\(bound)\"} \(count)")
            }
            lines.append("fairlead_http_request_seconds_bucket{route=\"\(route)\",le=\"+Inf\"} \(histogram.count)")
            lines.append("fairlead_http_request_seconds_sum{route=\"\(route)\"} \(histogram.sum)")
            lines.append("fairlead_http_request_seconds_count{route=\"\(route)\"} \(histogram.count)")
        }
        for (name, help, value) in [
            ("limited_total", "Requests that were over their limit.", state.limited),
            ("refused_sign_ins_total", "Passwords, tokens and links that were wrong.", state.refusedSignIns),
            ("content_uploaded_bytes_total", "Bytes that clients streamed to hosts.", state.bytesUp),
            ("content_downloaded_bytes_total", "Bytes that clients streamed from hosts.", state.bytesDown),
        ] {
            head(name, "counter", help)
            lines.append("fairlead_\(name) \(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
