#!/usr/bin/env python3
"""Makes random small Hubbard models as FCIDUMPs in the site basis, with exact energies.

    Benchmarks/make_hubbard.py --output /tmp/hubbard                # 2 named models, 30 of seed 1
    Benchmarks/make_hubbard.py --output /tmp/hubbard --check        # and their exact energies

Clusters of 4 to 8 sites: rings with second-neighbour hopping t', square and triangular tori, ladders
and random graphs with random hoppings of both signs; U between 1 and 16, doped and half filled, 2Sz
zero and not. The same seed gives the same models on every machine and version of Python.

The exact energy is a diagonalisation of its own: the Hamiltonian is built from the model's hoppings
as a matrix of NumPy, not read from the file, and shares no code with the program that it checks.
"""

import argparse
import itertools
import json
import math
import pathlib
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Hubbard:
    """H = Σ_ij,σ t_ij c†_iσ c_jσ + U Σ_i n_i↑ n_i↓; `hoppings` has t_ij for i > j."""

    name: str
    sites: int
    hoppings: dict
    u: float
    electrons: int
    twice_sz: int

    @property
    def counts(self):
        """The electrons of each spin."""
        return (self.electrons + self.twice_sz) // 2, (self.electrons - self.twice_sz) // 2

    @property
    def dimension(self):
        """The configurations of the sector."""
        return math.comb(self.sites, self.counts[0]) * math.comb(self.sites, self.counts[1])


def bonds_of(pairs):
    """Unordered pairs of different sites, each once."""
    return sorted({(max(pair), min(pair)) for pair in pairs if pair[0] != pair[1]})


def ring(source):
    sites, second = source.randint(4, 8), round(source.uniform(-1, 1), 3)
    hoppings = {bond: second for bond in bonds_of((i, (i + 2) % sites) for i in range(sites))}
    hoppings.update({bond: -1.0 for bond in bonds_of((i, (i + 1) % sites) for i in range(sites))})
    return sites, hoppings


def torus(source, diagonal):
    length, rows = source.choice([(2, 2), (3, 2), (4, 2)])
    at = lambda x, y: x % length + length * (y % rows)
    steps = [(1, 0), (0, 1)] + ([(1, 1)] if diagonal else [])
    pairs = [(at(x, y), at(x + dx, y + dy))
             for x in range(length) for y in range(rows) for dx, dy in steps]
    return length * rows, {bond: -1.0 for bond in bonds_of(pairs)}


def ladder(source):
    length, rung = source.choice([2, 3, 4]), round(source.uniform(0.3, 2), 3)
    hoppings = {bond: -1.0 for bond in bonds_of(
        (x + length * y, x + 1 + length * y) for x in range(length - 1) for y in range(2))}
    hoppings.update({(x + length, x): -rung for x in range(length)})
    return 2 * length, hoppings


def graph(source):
    """A random tree with further bonds, so that it is connected."""
    sites = source.randint(4, 8)
    pairs = [(i, source.randrange(i)) for i in range(1, sites)]
    pairs += [pair for pair in itertools.combinations(range(sites), 2) if source.random() < 0.3]
    return sites, {bond: round(source.choice([-1, 1]) * source.uniform(0.3, 1.5), 3)
                   for bond in bonds_of(pairs)}


FAMILIES = {
    "ring": ring,
    "square": lambda source: torus(source, False),
    "triangular": lambda source: torus(source, True),
    "ladder": ladder,
    "graph": graph,
}


def models(count=30, seed=1):
    """The models of a seed; families take turns, half of the models are half filled."""
    result = []
    for index in range(count):
        source = random.Random(f"{seed}/{index}")
        family = list(FAMILIES)[index % len(FAMILIES)]
        sites, hoppings = FAMILIES[family](source)
        u = source.choice([1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0])
        is_half_filled = source.random() < 0.5
        electrons = sites if is_half_filled else source.choice(
            [n for n in range(2, 2 * sites - 1) if n != sites])
        # At most half of the open-shell electrons are turned over.
        room = min(electrons, 2 * sites - electrons)
        spins = [s for s in range(electrons % 2, room + 1, 2) if s <= 4]
        twice_sz = spins[0] if source.random() < 0.6 else source.choice(spins)
        name = f"{index:02d}_{family}_{sites}_u{u:g}_n{electrons}_ms{twice_sz}"
        result.append(Hubbard(name, sites, hoppings, u, electrons, twice_sz))
    return result


def named():
    """Two doped, frustrated models on which training has settled on a wrong state in silence."""
    both = [(2 * x + y, (2 * x + 2 + z) % 8) for x in range(4) for y in range(2) for z in range(2)]
    triangular = {bond: -1.0 for bond in bonds_of(both + [(2 * x, 2 * x + 1) for x in range(4)])}
    second = {bond: -0.7 for bond in bonds_of((i, (i + 2) % 8) for i in range(8))}
    chain = {bond: -1.0 for bond in bonds_of((i, (i + 1) % 8) for i in range(8))}
    return [Hubbard("triangular_4x2_u12_n4", 8, triangular, 12.0, 4, 0),
            Hubbard("ring_8_tp07_u12_n6", 8, second | chain, 12.0, 6, 0)]


def write_fcidump(model, path):
    """Writes a model as an FCIDUMP."""
    lines = [f" &FCI NORB={model.sites},NELEC={model.electrons},MS2={model.twice_sz},",
             "  ORBSYM=" + "1," * model.sites, "  ISYM=1,", " &END"]
    lines += [f" {model.u!r} {i} {i} {i} {i}" for i in range(1, model.sites + 1)]
    lines += [f" {t!r} {i + 1} {j + 1} 0 0" for (i, j), t in sorted(model.hoppings.items())]
    path.write_text("\n".join(lines + [" 0.0 0 0 0 0", ""]))


def one_spin(model, electrons):
    """The occupations of one spin species and its hopping matrix over them.

    c†_i c_j takes the sign of the electrons between the two sites (Jordan-Wigner).
    """
    import numpy
    occupations = list(itertools.combinations(range(model.sites), electrons))
    index = {occupation: number for number, occupation in enumerate(occupations)}
    matrix = numpy.zeros((len(occupations),) * 2)
    for (i, j), t in model.hoppings.items():
        for to, source in ((i, j), (j, i)):
            for occupation in occupations:
                if source not in occupation or to in occupation:
                    continue
                between = sum(min(to, source) < site < max(to, source) for site in occupation)
                image = tuple(sorted(set(occupation) - {source} | {to}))
                matrix[index[image], index[occupation]] += t * (-1) ** between
    return occupations, matrix


def exact_energy(model):
    """The lowest energy of the model's sector, by a dense or, above 2000, a sparse matrix."""
    import numpy
    import scipy.linalg
    import scipy.sparse
    import scipy.sparse.linalg
    up, hop_up = one_spin(model, model.counts[0])
    down, hop_down = one_spin(model, model.counts[1])
    double = numpy.array([[len(set(a) & set(b)) for b in down] for a in up], float)
    matrix = scipy.sparse.kron(hop_up, scipy.sparse.identity(len(down)))
    matrix += scipy.sparse.kron(scipy.sparse.identity(len(up)), hop_down)
    matrix += scipy.sparse.diags(model.u * double.ravel())
    if model.dimension <= 2000:
        return float(scipy.linalg.eigvalsh(matrix.toarray(), subset_by_index=[0, 0])[0])
    start = numpy.random.default_rng(1).standard_normal(model.dimension)
    return float(scipy.sparse.linalg.eigsh(
        matrix.tocsr(), k=3, which="SA", v0=start, tol=1e-12, ncv=60)[0].min())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="a folder")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true",
                        help="print exact energies (NumPy and SciPy) as JSON")
    choice = parser.parse_args()
    choice.output.mkdir(parents=True, exist_ok=True)
    made = named() + models(choice.count, choice.seed)
    for model in made:
        write_fcidump(model, choice.output / f"{model.name}.fcidump")
    if choice.check:
        print(json.dumps({model.name: exact_energy(model) for model in made}, indent=1))


if __name__ == "__main__":
    main()
