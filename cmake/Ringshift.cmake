# One static library per folder of src/, with exactly the link dependencies that docs/design.md allows.
# RINGSHIFT_SANITIZE: a value for -fsanitize= (address, undefined, thread), or empty.
set(RINGSHIFT_SANITIZE "" CACHE STRING "value for -fsanitize=, or empty")

add_library(ringshift_options INTERFACE)
target_compile_options(ringshift_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Werror -fno-strict-aliasing>
    # GCC's -Wconversion leaves out signedness in C++, clang's does not: the same rules for both.
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-sign-conversion>)
target_include_directories(ringshift_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
# Our own costly checks are on by default in debug and sanitizer builds.
target_compile_definitions(ringshift_options INTERFACE $<$<CONFIG:Debug>:RINGSHIFT_DEBUG>)
if(RINGSHIFT_SANITIZE)
    # GCC 12 sees uninitialised strings in variants that sanitizers instrument.
    target_compile_options(ringshift_options INTERFACE
        $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
    target_compile_options(ringshift_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${RINGSHIFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
    target_link_options(ringshift_options INTERFACE -fsanitize=${RINGSHIFT_SANITIZE})
endif()

# ringshift_library(NAME DEPENDS other... PRIVATE_LIBS lib...): all .cpp files at or below the current folder, one library.
function(ringshift_library name)
    cmake_parse_arguments(ARG "" "" "DEPENDS;PRIVATE_LIBS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$") # of a program, not of the library
    list(FILTER sources EXCLUDE REGEX "/src/frontend/sdl/") # of a module
    if(NOT sources)
        return() # a layer that is still to come
    endif()
    add_library(ringshift_${name} STATIC ${sources})
    target_link_libraries(ringshift_${name} PUBLIC ringshift_options fmt::fmt)
    foreach(dependency ${ARG_DEPENDS})
        target_link_libraries(ringshift_${name} PUBLIC ringshift_${dependency})
    endforeach()
    target_link_libraries(ringshift_${name} PRIVATE ${ARG_PRIVATE_LIBS})
endfunction()
