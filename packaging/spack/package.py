# Copyright Spack Project Developers. See COPYRIGHT file for details.
#
# SPDX-License-Identifier: (Apache-2.0 OR MIT)

from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Lockstep(CMakePackage):
    """Data-parallel trainer for dense neural networks over MPI ranks and OpenMP threads, with the same bits on every split:
    weights, log and predictions depend on data, model, options and seed only."""

    # To be set to where this repository is kept. A checkout is installed with
    #   spack develop --path CHECKOUT lockstep@main && spack install
    homepage = "https://example.org/lockstep"
    git = "https://example.org/lockstep.git"

    license("Apache-2.0")

    version("main", branch="main")
    version("0.2.0", tag="v0.2.0")

    variant("mpi", default=True, description="Run on many ranks over MPI")
    variant("shared", default=False, description="Build liblockstep as a shared library")

    depends_on("c", type="build")
    depends_on("cmake@3.22:", type="build")
    depends_on("hdf5@1.10:")
    depends_on("hdf5~mpi", when="~mpi")
    depends_on("zlib-api")
    depends_on("mpi@3:", when="+mpi")

    def cmake_args(self):
        return [
            self.define("BUILD_TESTING", False),
            self.define_from_variant("LOCKSTEP_MPI", "mpi"),
            self.define_from_variant("BUILD_SHARED_LIBS", "shared"),
        ]

    @property
    def _program(self):
        return which(join_path(self.prefix.bin, "lockstep"), required=True)

    def test_version(self):
        """the program says its version"""
        said = self._program("--version", output=str.split, error=str.split)
        assert said.startswith("lockstep "), said

    def test_train(self):
        """a table is converted, a net trained and scored, without a launcher"""
        with open("table.csv", "w") as table:
            table.write("a,b,kind\n")
            for i in range(60):
                table.write(f"{i % 7},{i % 5},{'low' if i % 7 < 3 else 'high'}\n")
        self._program("convert", "table.csv", "table.h5", "--target", "kind", "--test-split", "0.2")
        self._program("train", "table.h5", "--layers", "8 relu, 2 softmax", "--epochs", "5", "--output", "run", "--threads", "1")
        said = self._program("evaluate", "run", "table.h5", output=str.split, error=str.split)
        check_outputs(["loss ", "accuracy "], said)
