# What `cmake --install` puts where: program, library, public headers, scripts for Slurm, and the two ways to find them from
# another build (find_package(lockstep) and pkg-config). Everything is relative to the prefix, so the tree can be moved.
include(CMakePackageConfigHelpers)

set(LOCKSTEP_PACKAGE_DIRECTORY ${CMAKE_INSTALL_LIBDIR}/cmake/lockstep)

# Libraries outside the system's folders (modules on a cluster) are found by the installed files as they were by the build.
set_target_properties(lockstep_program lockstep PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH from_bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(lockstep_program PROPERTIES INSTALL_RPATH "$ORIGIN/${from_bin_to_lib}")
endif()

install(TARGETS lockstep_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(TARGETS lockstep EXPORT lockstepTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES include/lockstep.h $<$<BOOL:${LOCKSTEP_MPI}>:${PROJECT_SOURCE_DIR}/include/lockstep_mpi.h>
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Scripts for sbatch, which copies what it is given: nothing in them depends on where they lie.
install(PROGRAMS scripts/slurm/train.sbatch scripts/slurm/array.sbatch scripts/slurm/preempt.sbatch
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lockstep/slurm COMPONENT program)

# What a reader has who has no sources.
install(FILES LICENSE CHANGELOG.md CITATION.cff docs/keras.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS COMPONENT program)

# ---- manual pages and completion ----

# The program makes them, where it can run: natively, or under an emulator.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
    set(pages ${PROJECT_BINARY_DIR}/pages)
    add_custom_command(OUTPUT ${pages}.made
        COMMAND ${CMAKE_COMMAND} "-DPROGRAM=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:lockstep_program>" -DFOLDER=${pages}
                -P ${CMAKE_CURRENT_LIST_DIR}/pages.cmake
        COMMAND ${CMAKE_COMMAND} -E touch ${pages}.made
        DEPENDS lockstep_program ${CMAKE_CURRENT_LIST_DIR}/pages.cmake COMMENT "Making manual pages and completion" VERBATIM)
    add_custom_target(lockstep_pages ALL DEPENDS ${pages}.made)
    install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program)
    install(FILES ${pages}/bash/lockstep DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
    install(FILES ${pages}/zsh/_lockstep DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
    install(FILES ${pages}/fish/lockstep.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
else()
    message(STATUS "The program for ${CMAKE_SYSTEM_PROCESSOR} does not run here: without manual pages and completion")
endif()

# ---- find_package ----

install(EXPORT lockstepTargets NAMESPACE lockstep:: DESTINATION ${LOCKSTEP_PACKAGE_DIRECTORY})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/lockstepConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/lockstepConfig.cmake
                              INSTALL_DESTINATION ${LOCKSTEP_PACKAGE_DIRECTORY}
                              NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lockstepConfig.cmake ${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake
        DESTINATION ${LOCKSTEP_PACKAGE_DIRECTORY})

# ---- pkg-config ----

# Libraries as CMake lists them (paths, names, flags) in the words of a link line.
function(lockstep_link_words result)
    set(words "")
    foreach(library ${ARGN})
        if(library MATCHES "^[-/]")
            list(APPEND words ${library})
        else()
            list(APPEND words -l${library})
        endif()
    endforeach()
    list(REMOVE_DUPLICATES words)
    list(JOIN words " " words)
    set(${result} "${words}" PARENT_SCOPE)
endfunction()

set(mpi_flags "")
set(mpi_libraries "")
set(mpi_include_directories "")
if(LOCKSTEP_MPI)
    separate_arguments(mpi_flags UNIX_COMMAND "${MPI_C_LINK_FLAGS}")
    set(mpi_libraries ${MPI_C_LIBRARIES})
    set(mpi_include_directories ${MPI_C_INCLUDE_DIRS})
endif()
set(private_libraries ${HDF5_C_LIBRARIES} ${OpenMP_C_LIBRARIES} ${ZLIB_LIBRARIES} m)
if(BUILD_SHARED_LIBS)
    lockstep_link_words(LOCKSTEP_PC_LIBS ${mpi_flags} ${mpi_libraries})
    lockstep_link_words(LOCKSTEP_PC_LIBS_PRIVATE ${private_libraries})
else() # there is only the archive, so everybody needs what it needs
    lockstep_link_words(LOCKSTEP_PC_LIBS ${mpi_flags} ${private_libraries} ${mpi_libraries})
    set(LOCKSTEP_PC_LIBS_PRIVATE "")
endif()
set(LOCKSTEP_PC_CFLAGS "")
foreach(directory ${mpi_include_directories}) # for lockstep_mpi.h
    string(APPEND LOCKSTEP_PC_CFLAGS " -I${directory}")
endforeach()
file(RELATIVE_PATH LOCKSTEP_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" LOCKSTEP_PC_PREFIX ${LOCKSTEP_PC_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/lockstep.pc.in ${PROJECT_BINARY_DIR}/lockstep.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lockstep.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
