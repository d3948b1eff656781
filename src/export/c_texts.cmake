# c_texts.c: sources as strings, of which exported C files get the functions that they need (c_pieces.h). There is no second
# copy of a formula that could drift from the one that trains. Written when CMake runs, which it does when a source changes.
set(sources math/scalar.h math/elementwise.inc export/c_parts.inc)
set(content "/* Made by c_texts.cmake. */\n#include \"export/c_pieces.h\"\n\nconst char *const ls_c_pieces_texts[] = {\n")
foreach(source ${sources})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${source})
    file(READ ${PROJECT_SOURCE_DIR}/src/${source} text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
    string(APPEND content "    /* ${source} */\n    \"${text}\",\n")
endforeach()
string(APPEND content "    0};\n")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/c_texts.c CONTENT "${content}" @ONLY)
