import HTTP

extension Service {
    /// Every endpoint. Who adds one adds it to the access table of the tests as well.
    var routes: [Route] { general + connections + work + people }

    private var general: [Route] {
        [
            Route(
                .get, "/health", id: "health", "Whether the service is up", access: .anyone, limit: nil,
                replies: [.init(200, "It is.", .json(Shapes.health))]
            ) { _ in Self.healthy },
            Route(
                .get, "/", id: "index", "Every endpoint; browsers get the console", access: .role(.viewer),
                limit: .read,
                replies: [.init(200, "The endpoints.", .json(.any))]
            ) { call in self.index(call) },
            Route(
                .get, "/openapi.json", id: "openapi", "This description", access: .role(.viewer), limit: .read,
                replies: [.init(200, "OpenAPI 3.1.", .json(.any))]
            ) { _ in self.openAPI() },
            Route(
                .get, "/metrics", id: "metrics", "Counters for Prometheus", access: .role(.viewer), limit: .read,
                replies: [.init(200, "Text format 0.0.4.", .other("text/plain"))]
            ) { _ in await self.metricsText() },
            Route(
                .get, "/events", id: "events", "Events of one's sessions and transfers", access: .role(.viewer),
                limit: .read,
                query: [
                    .init("cursor", .integer(0...Int64.max), "The last event that was seen; what follows is sent.")
                ],
                replies: [.init(101, "A WebSocket.", .none)], isWebSocket: true
            ) { call in try self.events(call) },
        ]
    }

    private var connections: [Route] {
        let id = "/connections/{id}"
        return [
            Route(
                .get, "/connections", id: "listConnections", "Lists sessions", access: .role(.viewer), limit: .read,
                replies: [.init(200, "The sessions.", .json(Shapes.sessions))]
            ) { call in await self.listSessions(call) },
            Route(
                .post, "/connections/ssh", id: "connectSSH", "Connects by SSH", access: .role(.operator),
                limit: .connect, body: .json(Shapes.connectSSH),
                replies: [.init(201, "Connected.", .json(.named("Session")))]
            ) { call in try await self.connectSSH(call) },
            Route(
                .post, "/connections/ftp", id: "connectFTP", "Connects by FTP or FTPS", access: .role(.operator),
                limit: .connect, body: .json(Shapes.connectFTP),
                replies: [.init(201, "Connected.", .json(.named("Session")))]
            ) { call in try await self.connectFTP(call) },
            Route(
                .post, "/connections/cleanup", id: "cleanup", "Forgets sessions that are over",
                access: .role(.operator), limit: .write, replies: [.init(200, "How many.", .json(Shapes.cleaned))]
            ) { call in await self.cleanup(call) },
            Route(
                .get, id, id: "connection", "Shows a session", access: .role(.viewer), limit: .read,
                replies: [.init(200, "The session.", .json(.named("Session")))]
            ) { call in try await self.showSession(call) },
            Route(
                .delete, id, id: "disconnect", "Ends and forgets a session", access: .role(.operator), limit: .write,
                replies: [.init(200, "It is gone.", .json(Shapes.message))]
            ) { call in try await self.disconnect(call) },
            Route(
                .post, id + "/reconnect", id: "reconnect", "Connects a session again", access: .role(.operator),
                limit: .connect, body: .optionalJSON(Shapes.reconnect),
                replies: [.init(200, "Connected.", .json(.named("Session")))]
            ) { call in try await self.reconnect(call) },
            Route(
                .post, id + "/extend", id: "extend", "Puts off a session's expiry", access: .role(.operator),
                limit: .write, replies: [.init(200, "The session.", .json(.named("Session")))]
            ) { call in try await self.extend(call) },
        ]
    }

    private var work: [Route] {
        let id = "/connections/{id}"
        let path = Route.Query("path", .string(.path), required: true, "The file on the host.")
        return [
            Route(
                .get, id + "/files", id: "listFiles", "Lists a folder", access: .role(.operator), limit: .operate,
                query: [.init("path", .string(.path), "The folder; the home folder when missing.")],
                replies: [.init(200, "What is in it.", .json(Shapes.files))]
            ) { call in try await self.listFiles(call) },
            Route(
                .get, id + "/content", id: "readContent", "Streams a file, or a range of it",
                access: .role(.operator), limit: .operate, query: [path],
                replies: [
                    .init(200, "All of it.", .other("application/octet-stream")),
                    .init(206, "The range.", .other("application/octet-stream")),
                    .init(304, "It has not changed.", .none), .init(416, "There is no such range.", .none),
                ]
            ) { call in try await self.readContent(call) },
            Route(
                .put, id + "/content", id: "writeContent",
                "Streams a file to the host; Upload-Offset with Upload-Length, or Content-Range, resume",
                access: .role(.operator), limit: .operate, query: [path], body: .bytes,
                replies: [
                    .init(200, "A part is there.", .json(Shapes.content)),
                    .init(201, "The file is complete.", .json(Shapes.content)),
                ]
            ) { call in try await self.writeContent(call) },
            Route(
                .get, id + "/upload", id: "uploadState", "How much of an upload is there", access: .role(.operator),
                limit: .operate, query: [path], replies: [.init(200, "The offset.", .json(Shapes.content))]
            ) { call in try await self.uploadState(call) },
            Route(
                .delete, id + "/upload", id: "abandonUpload", "Removes what is there of an upload",
                access: .role(.operator), limit: .operate, query: [path],
                replies: [.init(200, "It is gone.", .json(Shapes.message))]
            ) { call in try await self.abandonUpload(call) },
            Route(
                .post, id + "/execute", id: "execute", "Runs a command", access: .role(.operator), limit: .operate,
                body: .json(Shapes.execute), replies: [.init(200, "What came of it.", .json(Shapes.executed))]
            ) { call in try await self.execute(call) },
            Route(
                .post, id + "/download", id: "download", "Copies a file from the host to the service's machine",
                access: .role(.operator), limit: .operate, body: .json(Shapes.download),
                replies: [.init(200, "It is there.", .json(Shapes.downloaded))]
            ) { call in try await self.download(call) },
            Route(
                .post, id + "/upload", id: "upload", "Copies a file from the service's machine to the host",
                access: .role(.operator), limit: .operate, body: .json(Shapes.upload),
                replies: [.init(200, "It is there.", .json(Shapes.uploaded))]
            ) { call in try await self.upload(call) },
            Route(
                .get, id + "/terminal", id: "terminal", "A terminal; with terminal_id one that is there",
                access: .role(.operator), limit: .operate,
                query: [
                    .init("terminal_id", .string(.line), "Attaches to this one again."),
                    .init("offset", .integer(0...Int64.max), "Bytes that were received of it."),
                    .init("columns", .integer(1...1000), "80 when missing."),
                    .init("rows", .integer(1...1000), "24 when missing."),
                    .init("term", .string(.userName), "xterm-256color when missing."),
                ],
                replies: [.init(101, "A WebSocket.", .none)], isWebSocket: true
            ) { call in try await self.terminal(call) },
            Route(
                .get, id + "/terminals", id: "listTerminals", "Lists a session's terminals", access: .role(.operator),
                limit: .read, replies: [.init(200, "The terminals.", .json(Shapes.terminals))]
            ) { call in try await self.listTerminals(call) },
            Route(
                .delete, id + "/terminals/{terminal_id}", id: "closeTerminal", "Hangs up", access: .role(.operator),
                limit: .write, replies: [.init(200, "It is gone.", .json(Shapes.message))]
            ) { call in try await self.closeTerminal(call) },
        ]
    }

    private var people: [Route] {
        [
            Route(
                .get, "/sign-in", id: "signInPage", "The page to sign in", access: .anyone, limit: nil,
                replies: [.init(200, "A page.", .other("text/html"))]
            ) { _ in Self.signInPage },
            Route(
                .post, "/sign-in", id: "signIn", "Signs in by name and password", access: .anyone, limit: .signIn,
                body: .json(Shapes.signIn), replies: [.init(200, "Who that is; with a cookie.", .json(Shapes.whoami))]
            ) { call in try await self.signIn(call) },
            Route(
                .post, "/sign-in/form", id: "signInByForm", "Signs in from the page", access: .anyone, limit: .signIn,
                body: .form(Shapes.signIn), replies: [.init(303, "To the console; with a cookie.", .none)]
            ) { call in try await self.signInByForm(call) },
            Route(
                .get, "/sign-in/{link}", id: "signInByLink", "Signs in by a link that works once", access: .anyone,
                limit: .signIn, replies: [.init(303, "To the console; with a cookie.", .none)]
            ) { call in try await self.signInByLink(call) },
            Route(
                .post, "/sign-out", id: "signOut", "Signs out", access: .role(.viewer), limit: .write,
                replies: [.init(200, "Signed out.", .json(Shapes.message))]
            ) { call in try await self.signOut(call) },
            Route(
                .get, "/session", id: "whoami", "Who is signed in", access: .role(.viewer), limit: .read,
                replies: [.init(200, "Name and role.", .json(Shapes.whoami))]
            ) { call in Self.whoami(call) },
            Route(
                .get, "/tokens", id: "listTokens", "Lists one's tokens", access: .role(.viewer), limit: .read,
                replies: [.init(200, "The tokens, without what they are.", .json(Shapes.tokens))]
            ) { call in try await self.listTokens(call) },
            Route(
                .post, "/tokens", id: "makeToken", "Makes a token for oneself", access: .role(.viewer), limit: .write,
                body: .json(Shapes.newToken), replies: [.init(201, "The token.", .json(Shapes.madeToken))]
            ) { call in try await self.makeToken(call) },
            Route(
                .delete, "/tokens/{token_id}", id: "removeToken", "Revokes a token", access: .role(.viewer),
                limit: .write, replies: [.init(200, "It is gone.", .json(Shapes.message))]
            ) { call in try await self.removeToken(call) },
            Route(
                .get, "/users", id: "listUsers", "Lists users", access: .role(.administrator), limit: .read,
                replies: [.init(200, "The users.", .json(Shapes.users))]
            ) { _ in try await self.listUsers() },
            Route(
                .post, "/users", id: "addUser", "Adds a user", access: .role(.administrator), limit: .write,
                body: .json(Shapes.newUser), replies: [.init(201, "The user.", .json(Shapes.user))]
            ) { call in try await self.addUser(call) },
            Route(
                .put, "/users/{name}", id: "changeUser", "Changes a user's role or password",
                access: .role(.administrator), limit: .write, body: .json(Shapes.changedUser),
                replies: [.init(200, "Done.", .json(Shapes.message))]
            ) { call in try await self.changeUser(call) },
            Route(
                .delete, "/users/{name}", id: "removeUser", "Removes a user, with tokens",
                access: .role(.administrator), limit: .write,
                replies: [.init(200, "Done.", .json(Shapes.message))]
            ) { call in try await self.removeUser(call) },
            Route(
                .post, "/users/{name}/link", id: "makeLink", "Makes a link that signs a user in once",
                access: .role(.administrator), limit: .write,
                replies: [.init(201, "The link.", .json(Shapes.madeLink))]
            ) { call in try await self.makeLink(call) },
        ]
    }
}
