# Manual pages and completion scripts, as PROGRAM (a list: an emulator and its options in front) makes them of its own tables,
# into FOLDER: man1/lockstep.1, man1/lockstep-train.1 and so on; bash/lockstep, zsh/_lockstep, fish/lockstep.fish.
function(ask file)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 ${PROGRAM} help ${ARGN}
                    OUTPUT_VARIABLE said RESULT_VARIABLE code)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${PROGRAM} help ${ARGN} ended with ${code}")
    endif()
    file(WRITE "${FOLDER}/${file}" "${said}")
endfunction()

file(REMOVE_RECURSE "${FOLDER}") # a command that is gone has no page
execute_process(COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 ${PROGRAM} help --commands
                OUTPUT_VARIABLE commands RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR NOT commands)
    message(FATAL_ERROR "${PROGRAM} help --commands ended with ${code}")
endif()
string(STRIP "${commands}" commands)
string(REPLACE "\n" ";" commands "${commands}")
ask(man1/lockstep.1 --man)
foreach(command ${commands})
    ask(man1/lockstep-${command}.1 --man ${command})
endforeach()
ask(bash/lockstep --completion bash)
ask(zsh/_lockstep --completion zsh)
ask(fish/lockstep.fish --completion fish)
