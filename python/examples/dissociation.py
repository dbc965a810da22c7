"""The dissociation of N2 by CASSCF(6,6), with a neural quantum state and with full CI: n2-casscf.svg."""

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
from pyscf import gto, mcscf, scf

import qchem_nqs

distances = [1.0, 1.1, 1.2, 1.4, 1.6, 2.0, 2.5]
curves = {"RHF": [], "CASSCF(6,6), NQS": [], "CASSCF(6,6), full CI": []}
for distance in distances:
    mol = gto.M(atom=f"N 0 0 0; N 0 0 {distance}", basis="6-31g", symmetry="D2h", verbose=0)
    mf = scf.RHF(mol).run()
    curves["RHF"].append(mf.e_tot)
    mc = mcscf.CASSCF(mf, 6, 6)
    exact = mc.kernel()[0]
    curves["CASSCF(6,6), full CI"].append(exact)
    mc = mcscf.CASSCF(mf, 6, 6)
    mc.fcisolver = qchem_nqs.NQSCI()
    curves["CASSCF(6,6), NQS"].append(mc.kernel()[0])
    print(f"{distance:.1f}  {mc.e_tot:.8f}  {mc.e_tot - exact:+.1e}  {mc.converged}")
pyplot.figure(constrained_layout=True)
for (name, energies), mark in zip(curves.items(), ("--", "o", "-")):
    pyplot.plot(distances, energies, mark, label=name)
pyplot.xlabel("distance / Å")
pyplot.ylabel("energy / hartree")
pyplot.legend()
pyplot.savefig("n2-casscf.svg")
