# SPDX-License-Identifier: Apache-2.0

find_program(CCACHE_PROGRAM ccache)
# Precompiled headers take hundreds of megabytes, which ccache would read for each unit that uses them.
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND NOT STATESERVER_PRECOMPILE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(stateserver_options INTERFACE)
target_compile_options(stateserver_options INTERFACE -Wall -Wextra -Werror)
# GCC 12 warns of overlapping copies inside std::string at -O2 where there are
# none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(stateserver_options INTERFACE -Wno-restrict)
endif()
# Hardened: position-independent, no lazy binding, no executable stack, checks of
# the stack and of copies, indirect jumps only to where they may go.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_compile_options(stateserver_options INTERFACE -fstack-protector-strong)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
  target_compile_options(stateserver_options INTERFACE -fcf-protection=full)
endif()
# What is not optimized cannot be fortified.
if(NOT STATESERVER_SANITIZE AND NOT STATESERVER_FUZZ AND NOT CMAKE_CXX_FLAGS_RELWITHDEBINFO MATCHES "-O0")
  target_compile_options(stateserver_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
target_include_directories(stateserver_options INTERFACE ${PROJECT_SOURCE_DIR})

if(STATESERVER_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(STATESERVER_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
