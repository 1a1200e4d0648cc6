# Warnings as errors, hardening (security.md S3) and sanitizers, applied to every target of ours through `gateway_flags`.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

add_library(gateway_flags INTERFACE)
target_include_directories(gateway_flags INTERFACE ${CMAKE_SOURCE_DIR}/gateway)
target_compile_options(gateway_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
target_compile_definitions(gateway_flags INTERFACE _GLIBCXX_ASSERTIONS)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(gateway_flags INTERFACE -fstack-clash-protection)
else()
  target_compile_options(gateway_flags INTERFACE -Wno-ambiguous-reversed-operator)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(gateway_flags INTERFACE -fcf-protection)
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(GATEWAY_LIBFUZZER)
  target_compile_options(gateway_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(GATEWAY_SANITIZE STREQUAL "address")
  # Relative to the build folder, where the compiler runs: ccache then serves every clone.
  file(RELATIVE_PATH ignores ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/gateway/cmake/sanitizer_ignores.txt)
  target_compile_options(gateway_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fsanitize-ignorelist=${ignores})
  target_link_options(gateway_flags INTERFACE -fsanitize=address,undefined)
elseif(GATEWAY_SANITIZE STREQUAL "thread")
  target_compile_options(gateway_flags INTERFACE -fsanitize=thread)
  target_link_options(gateway_flags INTERFACE -fsanitize=thread)
else()
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(gateway_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
  target_link_options(gateway_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
