package import HTTP

/// Finds the route of a request.
package struct RouteTable: Sendable {
    /// What a request leads to.
    package enum Match: Sendable {
        case route(Route, parameters: [String: String])
        /// The path is there, with these methods.
        case otherMethod([String])
        case none
    }

    package let routes: [Route]
    private let byCount: [Int: [Route]]

    package init(_ routes: [Route]) {
        self.routes = routes
        byCount = Dictionary(grouping: routes, by: \.segments.count)
    }

    /// The route for `method` (`HEAD` is served as `GET`) and the decoded segments of a path.
    package func match(_ method: HTTPMethod, _ segments: [String]) -> Match {
        let wanted = method == .head ? .get : method
        var others: [String] = []
        for route in byCount[segments.count] ?? [] {
            guard let parameters = Self.parameters(route, segments) else { continue }
            if route.method == wanted { return .route(route, parameters: parameters) }
            others.append(route.method.name)
            if route.method == .get { others.append(HTTPMethod.head.name) }
        }
        return others.isEmpty ? .none : .otherMethod(others)
    }

    private static func parameters(_ route: Route, _ segments: [String]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (pattern, segment) in zip(route.segments, segments) {
            switch pattern {
            case .fixed(let text): guard text == segment else { return nil }
            case .parameter(let name, let rule):
                guard (rule.minimumLength...rule.maximumLength).contains(segment.unicodeScalars.count),
                    rule.permits(segment)
                else { return nil }
                parameters[name] = segment
            }
        }
        return parameters
    }
}
