# The functions with which every folder declares its sources and its tests.

# Warnings, the arithmetic contract's flags and sanitizers, for every target of this project.
#   -ffp-contract=off   a*b+c is never fused behind our back: results must not depend on the compiler
#   -fno-math-errno     sqrtf and fmaf need not set errno, so loops with them vectorise; no value changes
#   -fno-trapping-math  no traps are enabled, so compares and selects vectorise; no value changes
function(lockstep_target_settings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
                           -Wpointer-arith -Wwrite-strings -Wundef -ffp-contract=off -fno-math-errno -fno-trapping-math)
    if(LOCKSTEP_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(LOCKSTEP_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${LOCKSTEP_SANITIZE} -fno-omit-frame-pointer -g)
        target_link_options(${target} PRIVATE -fsanitize=${LOCKSTEP_SANITIZE})
    endif()
    if(LOCKSTEP_FUZZERS)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    if(LOCKSTEP_FAULTS)
        target_compile_definitions(${target} PRIVATE LS_FAULTS=1)
    endif()
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
endfunction()

# Tests with the label `quick` are those to run after every change: together they take under three minutes on two cores. A
# unit test is one unless it is SLOW, an MPI test on up to three ranks too.

# lockstep_unit_test(NAME [SLOW] [SOURCES ...] [LIBRARIES ...] [TIMEOUT s])
# A cmocka program that needs no MPI: tests/<folder>/test_NAME.c against lockstep_core. Nothing where cmocka is missing.
function(lockstep_unit_test name)
    if(NOT LOCKSTEP_HAVE_CMOCKA)
        return()
    endif()
    cmake_parse_arguments(T "SLOW" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT T_SOURCES)
        set(T_SOURCES test_${name}.c)
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 300)
    endif()
    add_executable(test_${name} ${T_SOURCES})
    lockstep_target_settings(test_${name})
    target_link_libraries(test_${name} PRIVATE lockstep_core cmocka::cmocka ${T_LIBRARIES})
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    add_test(NAME unit.${name} COMMAND test_${name})
    set(labels unit)
    if(NOT T_SLOW)
        list(APPEND labels quick)
    endif()
    set_tests_properties(unit.${name} PROPERTIES LABELS "${labels}" TIMEOUT ${T_TIMEOUT})
endfunction()

# The environment in which mpirun works as root, with more ranks than cores, and without binding every rank to one core
# (PRTE: Open MPI 5); waiting threads sleep, since the tests stack many of them on few cores.
set(LOCKSTEP_MPI_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_rmaps_default_mapping_policy=slot:oversubscribe
    PRTE_MCA_hwloc_default_binding_policy=none OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1)

# lockstep_mpi_test(NAME RANKS n... [SLOW] [SOURCES ...] [TIMEOUT s])
# One MPI program, run on each of the given rank counts as mpi.NAME.n. Nothing in a build without MPI.
function(lockstep_mpi_test name)
    if(NOT LOCKSTEP_MPI)
        return()
    endif()
    cmake_parse_arguments(T "SLOW" "TIMEOUT" "SOURCES;RANKS" ${ARGN})
    if(NOT T_SOURCES)
        set(T_SOURCES test_${name}.c)
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 300)
    endif()
    add_executable(test_${name} ${T_SOURCES})
    lockstep_target_settings(test_${name})
    target_link_libraries(test_${name} PRIVATE lockstep_full lockstep_core MPI::MPI_C)
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    foreach(ranks ${T_RANKS})
        add_test(NAME mpi.${name}.${ranks}
                 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${MPIEXEC_PREFLAGS}
                         $<TARGET_FILE:test_${name}> ${MPIEXEC_POSTFLAGS})
        set(processors ${ranks})
        if(processors GREATER 2)
            set(processors 2)
        endif()
        set(labels mpi)
        if(NOT T_SLOW AND NOT ranks GREATER 3)
            list(APPEND labels quick)
        endif()
        set_tests_properties(mpi.${name}.${ranks} PROPERTIES LABELS "${labels}" TIMEOUT ${T_TIMEOUT} PROCESSORS ${processors}
                             ENVIRONMENT "${LOCKSTEP_MPI_TEST_ENVIRONMENT}")
    endforeach()
endfunction()
