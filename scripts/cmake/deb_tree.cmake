# Run by cpack before it packs: what Debian's policy wants of the trees beside what is installed. Manual pages are compressed,
# and each package has its copyright and changelogs. Times are those of the release, so that a package is made again as it was.
file(STRINGS "${CPACK_LOCKSTEP_CHANGES}" releases REGEX "^## ")
list(GET releases 0 release)
if(NOT release MATCHES "^## ([0-9.]+) \\(([0-9]+)-([0-9]+)-([0-9]+)\\)$" OR NOT CMAKE_MATCH_1 STREQUAL CPACK_PACKAGE_VERSION)
    message(FATAL_ERROR "CHANGELOG.md begins with '${release}', expected '## ${CPACK_PACKAGE_VERSION} (YEAR-MONTH-DAY)'")
endif()
set(day "${CMAKE_MATCH_2}-${CMAKE_MATCH_3}-${CMAKE_MATCH_4}")
execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C date -u -d ${day} "+%a, %d %b %Y 00:00:00 +0000"
                OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

function(compress)
    execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component program development)
    set(name lockstep)
    if(component STREQUAL development)
        set(name lockstep-dev)
    endif()
    set(tree "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}${CPACK_PACKAGING_INSTALL_PREFIX}")
    set(documents "${tree}/share/doc/${name}")
    file(COPY "${CPACK_LOCKSTEP_PACKAGING}/debian/copyright" DESTINATION "${documents}")
    configure_file("${CPACK_LOCKSTEP_CHANGES}" "${documents}/changelog" COPYONLY)
    file(WRITE "${documents}/changelog.Debian"
        "lockstep (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n  * Release ${CPACK_PACKAGE_VERSION}; changelog.gz says what is new.\n\n"
        " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    file(REMOVE "${documents}/LICENSE" "${documents}/CHANGELOG.md") # they are in copyright and changelog.gz
    compress("${documents}/changelog" "${documents}/changelog.Debian")
    file(GLOB pages "${tree}/share/man/man1/*.1")
    if(pages)
        compress(${pages})
    endif()
    if(EXISTS "${tree}/share/zsh/site-functions") # is the administrator's there
        file(RENAME "${tree}/share/zsh/site-functions" "${tree}/share/zsh/vendor-completions")
    endif()
    file(GLOB archives "${tree}/lib/*.a" "${tree}/lib/*/*.a")
    if(archives)
        execute_process(COMMAND strip --strip-unneeded --remove-section=.comment --enable-deterministic-archives ${archives}
                        COMMAND_ERROR_IS_FATAL ANY)
    endif()
    file(GLOB_RECURSE found LIST_DIRECTORIES false "${tree}/*")
    foreach(file ${found}) # a umask of the builder's is nobody else's
        get_filename_component(folder "${file}" DIRECTORY)
        execute_process(COMMAND chmod u=rwX,go=rX "${folder}" "${file}" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
endforeach()
