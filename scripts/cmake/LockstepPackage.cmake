# The Debian packages that `cpack -G DEB` makes in the build folder: lockstep (program, manual pages, completion, scripts) and
# lockstep-dev (library, headers). scripts/package.sh configures a build for them, and checks them.
set(LOCKSTEP_MAINTAINER "Lockstep maintainers <maintainers@localhost>" CACHE STRING "Maintainer field of packages: NAME <ADDRESS>")
mark_as_advanced(LOCKSTEP_MAINTAINER)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lockstep)
set(CPACK_PACKAGE_CONTACT "${LOCKSTEP_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb_tree.cmake)
# For that script, which knows what begins with CPACK_ only.
set(CPACK_LOCKSTEP_PACKAGING ${PROJECT_SOURCE_DIR}/packaging)
set(CPACK_LOCKSTEP_CHANGES ${PROJECT_SOURCE_DIR}/CHANGELOG.md)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
find_program(LOCKSTEP_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(LOCKSTEP_SHLIBDEPS)
if(LOCKSTEP_SHLIBDEPS)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()

# mpirun, of the MPI that the program was built with.
set(launcher "")
set(mpi_development "")
if(LOCKSTEP_MPI)
    set(launcher openmpi-bin)
    set(mpi_development ", libopenmpi-dev")
    if(MPI_C_LIBRARIES MATCHES "mpich")
        set(launcher mpich)
        set(mpi_development ", libmpich-dev")
    endif()
endif()

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME lockstep)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "${launcher}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "bash-completion, man-db")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"trainer for dense neural networks, the same bits on every split
Trains dense neural networks from HDF5 files, data-parallel over MPI ranks and
OpenMP threads. Weights, log and predictions depend on data, model, options
and seed, not on ranks, threads or CPU, nor on how often a run was stopped and
resumed. Reads CSV, NumPy, IDX and libsvm files, and writes models that Keras
opens; exports ONNX, safetensors and C.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME lockstep-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libhdf5-dev, zlib1g-dev${mpi_development}")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"trainer for dense neural networks - library and headers
Trains dense neural networks from HDF5 files, data-parallel over MPI ranks and
OpenMP threads, with the same bits on every split. This is the library, for
programs that train or predict themselves, with its headers and what CMake and
pkg-config need to find it.")
include(CPack)
