import Bytes

/// An evaluation of ssh_config(5) for one host, without I/O: it asks for what it has to know, and is made anew with the answer.
///
/// `next()` after each `answer(_:_:)`, until it is settled; the questions are bounded by `ConfigurationLimits.questions`.
/// Source: ssh_config(5) of OpenSSH 9.2, and `ssh -G` as the judge.
package struct ConfigurationEvaluation: Sendable {
    package enum Step: Sendable {
        case settled(HostConfiguration)
        case asks(ConfigurationQuestion)
    }

    /// The host as the user named it.
    let host: String
    /// Lines of the command line, as `-o` has them; they come before all files.
    let lines: [String]
    let sources: ConfigurationSources
    let facts: LocalFacts
    let catalog: AlgorithmCatalog
    /// Lines read in all passes so far.
    private var lineCount = 0
    private(set) var answers: [ConfigurationQuestion: ConfigurationAnswer] = [:]

    package init(
        host: String, lines: [String] = [], sources: ConfigurationSources, facts: LocalFacts,
        catalog: AlgorithmCatalog = .all
    ) {
        self.host = host
        self.lines = lines
        self.sources = sources
        self.facts = facts
        self.catalog = catalog
    }

    /// Takes the answer to a question of `next()`.
    package mutating func answer(_ question: ConfigurationQuestion, _ answer: ConfigurationAnswer) {
        answers[question] = answer
    }

    /// What the configuration says, or what is missing to find out.
    package mutating func next() throws(SettingError) -> Step {
        guard lineCount <= ConfigurationLimits.allLines else {
            throw SettingError("the configuration needs too many lines, commands and look-ups", .option)
        }
        var pass = ConfigurationPass(self)
        defer { lineCount += pass.lineCount }
        do throws(EvaluationStop) {
            return .settled(try pass.run())
        } catch {
            switch error {
            case .failed(let error): throw error
            case .asks(let question):
                guard answers.count < ConfigurationLimits.questions else {
                    throw SettingError("the configuration needs too many files, commands and look-ups", .option)
                }
                return .asks(question)
            }
        }
    }

    func answer(to question: ConfigurationQuestion) throws(EvaluationStop) -> ConfigurationAnswer {
        guard let answer = answers[question] else { throw .asks(question) }
        return answer
    }
}
