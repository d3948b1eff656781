# Cross-building for AArch64 with the compiler that Debian and Ubuntu have for it, and running under qemu-user;
# scripts/neon.sh makes the sysroot. Needs -DLOCKSTEP_SYSROOT=FOLDER.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LOCKSTEP_SYSROOT)
set(CMAKE_SYSROOT ${LOCKSTEP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# The h5cc of this machine would name this machine's library; without one CMake searches the sysroot.
set(HDF5_C_COMPILER_EXECUTABLE "" CACHE FILEPATH "")

# A processor without later extensions, so that none can slip in.
find_program(LOCKSTEP_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
set(CMAKE_CROSSCOMPILING_EMULATOR ${LOCKSTEP_QEMU} -cpu cortex-a53 -L ${LOCKSTEP_SYSROOT})
