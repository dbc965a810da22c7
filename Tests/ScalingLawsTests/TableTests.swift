import ScalingLaws
import Testing

@Suite("Tables of runs") struct TableTests {
  private static let head =
    "hamiltonian\tsites\tforward_operations\tsamples\tsteps\tseed\tv_score\tv_score_error\tfailure"

  @Test func tablesAreReadAndWritten() throws {
    let text = """
      # of another program
      \(Self.head)

      square:0\t144\t7.6e6\t16384\t10000\t1\t2.2e-4\t1e-6\t
      square:0\t144\t7.6e6\t16384\t10000\t2\t\t\tit diverged
      square:0\t144\t7.6e6\t16384\t10000\t3\t2.5e-4\t\t
      """
    let table = try ScalingTable(text: text.replacing("\n", with: "\r\n"), name: "a.tsv")
    #expect(table.rows.count == 2 && table.rows[0].forwardOperations == 7.6e6)
    #expect(table.rows[0].vScoreError == 1e-6 && table.rows[1].vScoreError == nil)
    #expect(table.rows[0].operations == 7.6e10)
    #expect(table.failed.map(\.reason) == ["it diverged"])
    #expect(table.failed.map(\.name) == ["a.tsv, line 5"])
    let again = try ScalingTable(text: table.text, name: "b.tsv")
    #expect(again.rows == table.rows)
    try table.checkRuns()
  }

  @Test(arguments: [
    ("", "is empty"), ("a\tb", "no column 'hamiltonian'"),
    (head + "\tv_score_err", "'v_score_err' is unknown"), (head + "\tseed", "occurs twice"),
    (head + "\nsquare:0\t144", "line 2: 2 columns"),
    (head + "\nsquare:0\tmany\t1\t1\t1\t1\t1\t\t", "'sites' must be a whole number above 0"),
    (head + "\nsquare:0\t4\t1\t1\t1\t1\t-1\t\t", "'v_score' must be a number above 0"),
    (head + "\nsquare:0\t4\tnan\t1\t1\t1\t1\t\t", "'forward_operations' must be a number"),
    (head + "\nsquare:0\t4\t1\t1\t1\t1\t1\t-1\t", "'v_score_error' must be"),
    (head + "\n\t4\t1\t1\t1\t1\t1\t\t", "'hamiltonian' must be"),
  ]) func whatIsWrongIsSaid(_ text: String, _ part: String) {
    let error = #expect(throws: ScalingTableError.self) {
      try ScalingTable(text: text, name: "a.tsv")
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix("a.tsv") == true)
  }

  @Test func runsThatOccurTwiceAreRefused() throws {
    let text = Self.head + "\nsquare:0\t4\t1\t1\t1\t1\t1\t\t\nsquare:0\t4\t1\t1\t1\t1\t1\t\t"
    let table = try ScalingTable(text: text, name: "a.tsv")
    #expect(throws: ScalingTableError.self) { try table.checkRuns() }
  }
}
