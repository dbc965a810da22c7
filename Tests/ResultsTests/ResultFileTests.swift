import Foundation
import HDF5Files
import Results
import Testing
import Training

@Suite struct ResultFileTests {
  @Test func recordsComeBackAsTheyWere() throws {
    for run in [try StoredRun.water(), try StoredRun.square()] {
      let found = try ResultFile.read(run.path)
      #expect(found.provenance == run.record.provenance)
      #expect(found.settings == run.record.settings)
      #expect(found.problem.digest == run.record.problem.digest)
      #expect(found.snapshot == run.record.snapshot)
      #expect(found.parameterCount == run.record.parameterCount)
      #expect(found.sectorDimension == run.record.sectorDimension)
      #expect(found.referenceEnergy == run.record.referenceEnergy)
      #expect(found.isConverged == run.record.isConverged)
      // The order of the leading configurations is by |ψ| in the file.
      var final = try #require(found.final)
      let expected = try #require(run.record.final)
      #expect(Set(final.leading) == Set(expected.leading))
      final.leading = expected.leading
      #expect(final == expected)
    }
  }

  @Test func checkpointsHaveNoFinalResult() throws {
    let run = try StoredRun(StoredRun.water().problem, steps: 1, isFinal: false)
    #expect(try ResultFile.read(run.path).final == nil)
  }
}
