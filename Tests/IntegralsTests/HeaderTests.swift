import Integrals
import Testing

/// The forms of the namelist.
struct HeaderTests {
  static let body = "\n 0.5 1 1 1 1\n 0.25 2 2 1 1\n -1.0 1 1 0 0\n -0.5 2 2 0 0\n 0.7 0 0 0 0\n"

  @Test(
    arguments: [
      "&FCI NORB=2,NELEC=2,MS2=0,\n&END", " &FCI\nNORB=2\nNELEC=2\nMS2=0\n/",
      "$FCI NORB=2 NELEC=2 MS2=0 $END", "&fci norb=2 nelec=2 ms2=0 /",
      "&FCI NORB = 2 , NELEC = 2 , MS2 = 0 /END", "  &FCI NORB=2,NELEC=2,MS2=0 / value i j k l",
      "&FCI NORB=2, ! orbitals NELEC=9 /\nNELEC=2,MS2=0\n&end", "&FCI MS2=0 NELEC=2\nNORB=2\n$END",
      "! comment\n# comment\n\n&FCI NORB=2,NELEC=2 /",
      "&FCI NORB=2,NELEC=2,PNTGRP='C1/x',TITLE=\"a=b & c\",MS2=0 &END",
      "&FCI NORB=2,NELEC=2,MS2=0,ORBSYM=2*1,OCC=1,0,0,0,0,0,0,0 /",
      "&FCI NORB=2,NELEC=2,MS2=0,ORBSYM(1)=1,ORBSYM(2)=1, NPROP(3)=1,2,3, FOCK=(1.0,0.0) /",
      "&FCI NORB=2,NELEC=2,MS2=0,\n ORBSYM=1,\n1\n,\n UHF=F,IUHF=.false.,ST=0 TREL=.F. /",
      "&FCI norb=2 nelec=+2 ms2=0 iprtim=-1,int=25 memory=20000 thr=1.D-5 nroot=1/",
    ])
  func isRead(_ header: String) throws {
    let file = try read(header + Self.body)
    let integrals = file.integrals
    #expect(integrals.orbitalCount == 2)
    #expect(integrals.alphaCount == 1 && integrals.betaCount == 1)
    #expect(integrals.coreEnergy == 0.7)
    #expect(integrals.oneBodyAlpha == [-1, 0, -0.5])
    #expect(integrals.twoBodyAlphaAlpha == [0.5, 0, 0, 0.25, 0, 0])
    #expect(integrals.orbitalIrreps == nil)
    #expect(!integrals.isUnrestricted)
  }

  @Test(
    arguments: [
      ("&FCI NORB=2,NELEC=2,MS2=0,", "terminated"), ("&FCIX NORB=2,NELEC=2 /", "&FCI"),
      ("&FCI NELEC=2 /", "NORB"), ("&FCI NORB=2 /", "NELEC"), ("&FCI NORB=2 3,NELEC=2 /", "NORB"),
      ("&FCI NORB=129,NELEC=2 /", "128"), ("&FCI NORB=2,NELEC=2,UHF=maybe /", "UHF"),
      ("&FCI NORB=2,NELEC=2,TREL=.TRUE. /", "TREL"), ("&FCI NORB=2,NELEC=2,ST=1 /", "ST"),
      ("&FCI NORB=2,NELEC=2,ORBSYM=1,x /", "ORBSYM"),
      ("&FCI NORB=2,NELEC=2,ORBSYM=999999999*1 /", "ORBSYM"),
      ("&FCI NORB=2,NELEC=-9223372036854775808 /", "NELEC"),
      ("&FCI NORB=2,NELEC=2,ORBSYM=1,-9223372036854775808 /", "ORBSYM"),
      ("&FCI NORB=2,NELEC=2,ORBSYM(-9223372036854775808)=1 /", "subscript"),
      ("&FCI NORB=2,NELEC=2,ORBSYM(9223372036854775807)=2*1 /", "subscript"),
      ("&FCI NORB=2,NELEC=3,MS2=0 /", "parity"), ("&FCI NORB=2.5,NELEC=3,MS2=0 /", "NORB"),
    ])
  func isRefused(_ header: String, _ word: String) throws {
    let error = try #require(try failure(reading: header + Self.body))
    #expect(error.description.contains(word), "\(error)")
    #expect(error.line != nil)
  }

  /// What a file holds must not reach a terminal as it is.
  @Test(arguments: ["1\u{0}", "\u{1B}[2J", "2 \u{7F}", "x\r", String(repeating: "9", count: 4000)])
  func messagesAreOnePrintableLine(_ word: String) throws {
    for text in [
      "&FCI NORB=2,NELEC=2 \(word) /" + Self.body, "\(word) &FCI /", "&FCI NORB=\(word) /",
    ] {
      let error = try #require(try failure(reading: text))
      #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
      #expect(error.description.count < 1000)
    }
  }

  @Test func oddElectronsWithoutSpinAreADoublet() throws {
    let file = try read("&FCI NORB=2,NELEC=3 /" + Self.body)
    #expect(file.integrals.alphaCount == 2 && file.integrals.betaCount == 1)
    #expect(file.warnings.contains { $0.contains("MS2") })
  }

  @Test func pointGroupIsKept() throws {
    let file = try read("&FCI NORB=2,NELEC=2,PNTGRP='d2h' /" + Self.body)
    #expect(file.integrals.pointGroup == "d2h")
  }

  /// PySCF's labels of linear molecules are those of the subgroup in their last digit.
  @Test func labelsOfLinearGroups() throws {
    let file = try read("&FCI NORB=2,NELEC=2,ORBSYM=0,15 /" + Self.body)
    #expect(file.integrals.orbitalIrreps == [0, 5])
    #expect(file.integrals.irrepNumbering == .pyscf)
    #expect(file.integrals.targetIrrep == nil)
  }

  /// A file of PySCF's labels without a totally symmetric orbital looks like one of Molpro's.
  @Test func labelsFromZeroWithoutAZero() throws {
    let body = "\n 0.3 1 1 1 1\n 0.1 1 2 3 3\n -1 1 1 0 0\n -1 2 2 0 0\n -1 3 3 0 0\n 0 0 0 0 0\n"
    let file = try read("&FCI NORB=3,NELEC=2,ORBSYM=3,3,5,ISYM=1 /" + body)
    #expect(file.integrals.orbitalIrreps == [2, 2, 4])
    #expect(file.integrals.targetIrrep == 0)
    #expect(file.integrals.irrepNumbering == nil)
  }

  /// Integrals that couple A1·A2 with B1·B2 of C2v obey Molpro's numbers 1…4 and not PySCF's labels 1…4.
  @Test func integralsSayWhoseNumbersLabelsAre() throws {
    let body = "\n 0.1 1 4 2 3\n -1 1 1 0 0\n -1 2 2 0 0\n -1 3 3 0 0\n -1 4 4 0 0\n 0 0 0 0 0\n"
    let file = try read("&FCI NORB=4,NELEC=2,ORBSYM=1,2,3,4 /" + body)
    #expect(file.integrals.orbitalIrreps == [0, 1, 2, 3])
    #expect(file.integrals.irrepNumbering == .molpro)
  }

  @Test func isymWithoutMeaningIsNoTarget() throws {
    let file = try read("&FCI NORB=2,NELEC=2,ORBSYM=1,5,ISYM=0 /" + Self.body)
    #expect(file.integrals.orbitalIrreps == [0, 4])
    #expect(file.integrals.targetIrrep == nil)
  }
}
