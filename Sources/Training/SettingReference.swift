extension Setting {
  /// The table of all settings in Markdown: `docs/settings.md` below its introduction.
  public static var reference: String {
    Group.allCases.map { group in
      let rows = all.filter { $0.group == group }.map { setting in
        let cells = [
          "`\(setting.name)`", setting.help, setting.expected, setting.defaultText,
          setting.effect ?? "",
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
      }
      return """
        ## \(group.rawValue)

        | name | meaning | values | default | has an effect only with |
        | --- | --- | --- | --- | --- |
        \(rows.joined(separator: "\n"))

        """
    }.joined(separator: "\n")
  }

  /// The names of the settings that a run that goes on may be given anew.
  public static var changeableNames: [String] { all.filter(\.canChange).map(\.name) }
}
