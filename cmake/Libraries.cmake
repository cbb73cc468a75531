# SPDX-License-Identifier: Apache-2.0
#
# quiet_regex(FILE...)
# Under the sanitizers GCC 12 sees uninitialised members inside std::regex.
function(quiet_regex)
  if(STATESERVER_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
  endif()
endfunction()

# unite_folders(TARGET SOURCE...)
# Where STATESERVER_UNITY is on, the files of one folder are one translation unit, so names in
# their unnamed namespaces must differ.
function(unite_folders target)
  if(NOT STATESERVER_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # GCC takes a unit's own types in unnamed namespaces for a header's.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  foreach(source IN LISTS ARGN)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    string(MAKE_C_IDENTIFIER "${target}_${folder}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()

# precompiled_headers(NAME DEPENDS lib... HEADERS header...)
# With STATESERVER_PRECOMPILE, compiles the headers for the libraries that name it.
function(precompiled_headers name)
  if(NOT STATESERVER_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "DEPENDS;HEADERS" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  if(NOT EXISTS ${source})
    file(WRITE ${source} "")
  endif()
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE stateserver_options ${ARG_DEPENDS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# stateserver_library(NAME [OPTIMIZED] [GRPC] [FOLDERS folder...] DEPENDS lib...)
# One static library of every .cc file in the folders and below, or without FOLDERS in the
# current folder and below. "." stands for the current folder without those below.
# OPTIMIZED is a library in which tests spend their time: where a build does not optimize, to run it so takes longer
# than to optimize it. GRPC is one whose files include gRPC or the protocol: where a build does not optimize, to read
# those headers takes longer than to compile what follows them.
function(stateserver_library name)
  cmake_parse_arguments(ARG "OPTIMIZED;GRPC" "" "FOLDERS;DEPENDS" ${ARGN})
  if(NOT ARG_FOLDERS)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  endif()
  foreach(folder IN LISTS ARG_FOLDERS)
    if(folder STREQUAL ".")
      file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
    else()
      file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
    endif()
    list(APPEND sources ${found})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE stateserver_options ${ARG_DEPENDS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC stateserver_options ${ARG_DEPENDS})
  unite_folders(${name} ${sources})
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  if(ARG_OPTIMIZED AND CMAKE_CXX_FLAGS_${type} MATCHES "-O0")
    target_compile_options(${name} PRIVATE -O1)
  elseif(STATESERVER_PRECOMPILE AND ARG_GRPC)
    target_precompile_headers(${name} REUSE_FROM ss_grpc_headers)
  elseif(STATESERVER_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM ss_headers)
  endif()
endfunction()

set(STATESERVER_HEADERS
  <absl/status/status.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/clock.h> <absl/time/time.h>
  <algorithm> <array> <charconv> <chrono> <functional> <map> <memory> <mutex> <optional> <set> <string> <string_view>
  <thread> <utility> <vector>)
set(STATESERVER_GRPC_HEADERS
  <grpcpp/grpcpp.h> <stateserver/v1/maintenance.grpc.pb.h> <stateserver/v1/operations.grpc.pb.h>
  <stateserver/v1/revisions.grpc.pb.h> <stateserver/v1/schema.grpc.pb.h> <stateserver/v1/state.grpc.pb.h>)

# precompile_test_headers(TARGET)
# Where STATESERVER_UNITY is on, the headers that most tests include are compiled once, for the first
# test program; reading them anew is half of the work of compiling a test. Likewise those of gRPC, for the programs that
# need them.
function(precompile_test_headers target)
  if(NOT STATESERVER_UNITY)
    return()
  endif()
  set(headers <gmock/gmock.h> <gtest/gtest.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/time/time.h>
    <algorithm> <chrono> <filesystem> <fstream> <functional> <map> <memory> <set> <thread>)
  set(kind STATESERVER_TEST_HEADERS)
  if(STATESERVER_PRECOMPILE AND target MATCHES "^test_(client|rpc|app)$")
    list(APPEND headers ${STATESERVER_GRPC_HEADERS})
    set(kind STATESERVER_GRPC_TEST_HEADERS)
  endif()
  get_property(first GLOBAL PROPERTY ${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
    return()
  endif()
  set_property(GLOBAL PROPERTY ${kind} ${target})
  target_precompile_headers(${target} PRIVATE ${headers})
endfunction()

# newest_release(OUT)
# Sets OUT to the newest release of SQLMesh that the server knows.
function(newest_release out)
  set(table ${PROJECT_SOURCE_DIR}/server/sqlmesh/store/releases_table.inc)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
  file(STRINGS ${table} rows REGEX "^{")
  list(GET rows -1 row)
  string(REGEX MATCH "([0-9.]+)\"},$" row "${row}")
  set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

# stateserver_test(NAME FOLDERS folder... DEPENDS lib...)
# One GoogleTest program of every .cc file in folders of tests/unit, which mirror those of the
# sources. "FOLDER/." stands for the folder without those below.
function(stateserver_test name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;DEPENDS" ${ARGN})
  foreach(folder IN LISTS ARG_FOLDERS)
    set(path ${PROJECT_SOURCE_DIR}/tests/unit/${folder})
    if(folder MATCHES "/\\.$")
      file(GLOB found CONFIGURE_DEPENDS ${path}/*.cc)
    else()
      file(GLOB_RECURSE found CONFIGURE_DEPENDS ${path}/*.cc)
    endif()
    if(NOT found)
      message(FATAL_ERROR "${name}: no test in tests/unit/${folder}")
    endif()
    list(APPEND sources ${found})
  endforeach()
  add_executable(${name} ${sources})
  unite_folders(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main)
  # A test runs once: to optimize it takes longer than it saves. What it tests is optimized.
  # -pthread, as some of what they use asks for: precompiled headers need the same options everywhere.
  target_compile_options(${name} PRIVATE -O0 -g1 -U_FORTIFY_SOURCE -pthread)
  newest_release(newest)
  target_compile_definitions(${name} PRIVATE
    TEST_DATA_DIR="${PROJECT_SOURCE_DIR}/tests/data" NEWEST_CORPUS="${newest}")
  precompile_test_headers(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 900)
endfunction()
