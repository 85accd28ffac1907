# probegen_add_header(TARGET TARGET... PROVIDERS FILE.d... [SITE nop|nop5|sdt] [OPTIONS OPTION...])
#
#   Makes FILE.h of each FILE.d, the macros that fire the probes, and lets the targets find them. `probegen dtrace --help` tells what
#   the kinds of sites are. Nothing else has to be linked.
#
# probegen_add_tracer(NAME PROVIDERS FILE.d... [MAPS FILE.map...] [OPTIONS OPTION...] [EXCLUDE_FROM_ALL])
#
#   Adds the program NAME, the tracer of these probes: a target like any other. Where it cannot be built (no clang, one that is too
#   old, libraries that are missing) there is no such target, a warning says why, and the rest of the tree builds:
#
#       if(TARGET NAME)
#           install(TARGETS NAME)
#       endif()
#
# probegen_add_exerciser(NAME PROVIDERS FILE.d... [MAPS FILE.map...] [OPTIONS OPTION...] [EXCLUDE_FROM_ALL])
#
#   Adds the program NAME, which fires each of the probes with known values: for tests of tracers.
#
# probegen_add_audit_test(NAME name PROVIDERS FILE.d... [MAPS FILE.map...] [TARGET TARGET...] [SOURCE_DIR DIR...] [SEEN TRACE...]
#                         [SUPPRESS FILE] [FAIL_ON error|warning|info] [OPTIONS OPTION...])
#
#   Adds a test that fails if `probegen audit` does: whether the sources call all probes, the binaries have them, traces show them.
#
# OPTIONS are for probegen itself, such as -DBIG where an #if of the definitions decides.
#
# Files are relative to the current source folder. What is made is below the current binary folder, in probegen/. It is made again
# when a definition, a map, their list or probegen changes; what includes or compiles it, only if its text changed.

cmake_policy(PUSH)
cmake_policy(VERSION 3.16...3.25)

set(_probegen_datadir_ "${_probegen_datadir}" CACHE INTERNAL "")
set(_probegen_includedir_ "${_probegen_includedir}" CACHE INTERNAL "")

# Definitions and maps, absolute.
function(_probegen_paths result)
    set(paths "")
    foreach(path IN LISTS ARGN)
        get_filename_component(path "${path}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
        list(APPEND paths "${path}")
    endforeach()
    set(${result} "${paths}" PARENT_SCOPE)
endfunction()

# Adds a target that runs probegen with ARGUMENTS, and then the command THEN: FILES are made of INPUTS in DIRECTORY. The stamp is new
# whenever probegen ran, the files only if their text changed; so they are by-products. What is made of them belongs to other
# targets, which come later.
function(_probegen_generate target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "DIRECTORY" "FILES;ARGUMENTS;THEN;INPUTS")
    set(files "")
    foreach(file IN LISTS arg_FILES)
        list(APPEND files "${arg_DIRECTORY}/${file}")
    endforeach()
    file(MAKE_DIRECTORY "${arg_DIRECTORY}")
    set(then "")
    if(arg_THEN)
        set(then COMMAND ${arg_THEN})
    endif()
    # so that make, too, sees that they changed
    file(GENERATE OUTPUT "${arg_DIRECTORY}/arguments" CONTENT "${arg_ARGUMENTS}\n")
    add_custom_command(OUTPUT "${arg_DIRECTORY}/stamp" BYPRODUCTS ${files}
        COMMAND "${PROBEGEN_EXECUTABLE}" ${arg_ARGUMENTS}
        ${then}
        COMMAND "${CMAKE_COMMAND}" -E touch "${arg_DIRECTORY}/stamp"
        DEPENDS ${arg_INPUTS} "${PROBEGEN_EXECUTABLE}" "${arg_DIRECTORY}/arguments"
        COMMENT "Running probegen for ${target}" VERBATIM)
    add_custom_target(${target} DEPENDS "${arg_DIRECTORY}/stamp")
    set_source_files_properties(${files} PROPERTIES GENERATED TRUE)
endfunction()

function(probegen_add_header)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SITE" "TARGET;PROVIDERS;OPTIONS")
    if(NOT arg_TARGET OR NOT arg_PROVIDERS OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "probegen_add_header(TARGET TARGET... PROVIDERS FILE.d... [SITE nop|nop5|sdt] [OPTIONS OPTION...])")
    endif()
    if(NOT arg_SITE)
        set(arg_SITE nop)
    endif()
    set(kind "${arg_SITE}")
    if(arg_OPTIONS)
        string(MD5 options "${arg_OPTIONS}")
        string(SUBSTRING "${options}" 0 8 options)
        string(APPEND kind ".${options}")
    endif()
    _probegen_paths(providers ${arg_PROVIDERS})
    foreach(provider IN LISTS providers)
        get_filename_component(name "${provider}" NAME_WE)
        set(directory "${CMAKE_CURRENT_BINARY_DIR}/probegen/${name}.${kind}")
        # names of targets are those of the whole project
        string(MD5 id "${directory}/${provider}")
        string(SUBSTRING "${id}" 0 8 id)
        if(NOT TARGET ${name}.h-${id})
            _probegen_generate(${name}.h-${id} DIRECTORY "${directory}" FILES ${name}.h INPUTS "${provider}"
                ARGUMENTS dtrace -h --site=${arg_SITE} ${arg_OPTIONS} -o "${directory}/new" -s "${provider}"
                THEN "${CMAKE_COMMAND}" -E copy_if_different "${directory}/new" "${directory}/${name}.h")
        endif()
        foreach(target IN LISTS arg_TARGET)
            target_include_directories(${target} BEFORE PRIVATE "${directory}")
            add_dependencies(${target} ${name}.h-${id})
        endforeach()
    endforeach()
endfunction()

# Finds out once whether tracers can be built here.
function(_probegen_find_tracer)
    find_program(PROBEGEN_CLANG clang NO_CMAKE_FIND_ROOT_PATH DOC "clang, to compile BPF programs")
    set(missing "")
    if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64|aarch64|arm64|ARM64)$")
        set(missing "probegen has no tracers for the processor '${CMAKE_SYSTEM_PROCESSOR}'")
    endif()

    # the kernel's headers are where the C compiler looks; its own are not for BPF
    set(flags -std=gnu11 --target=bpf -mcpu=v3 -O2 "-I${_probegen_includedir_}")
    foreach(directory IN LISTS CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES)
        if(NOT directory MATCHES "/lib(64)?/(gcc|clang|llvm[^/]*)/")
            list(APPEND flags -idirafter "${directory}")
        endif()
    endforeach()
    if(NOT missing AND NOT CMAKE_C_COMPILER)
        set(missing "the language C is not enabled: project(... C)")
    endif()
    if(NOT missing AND NOT EXISTS "${PROBEGEN_CLANG}")
        set(missing "clang is not found: install it, or set PROBEGEN_CLANG")
    endif()
    if(NOT missing)
        _probegen_try_clang(missing ${flags})
    endif()
    set(libraries Probegen::usdt)
    foreach(library bcc_bpf bpf cap seccomp dw elf zstd z)
        find_library(PROBEGEN_LIB_${library} ${library})
        mark_as_advanced(PROBEGEN_LIB_${library})
        list(APPEND libraries "${PROBEGEN_LIB_${library}}")
        if(NOT missing AND NOT PROBEGEN_LIB_${library})
            set(missing "the library ${library} is not found (Debian: libbpfcc-dev libbpf-dev libcap-dev libseccomp-dev libdw-dev libelf-dev libzstd-dev zlib1g-dev)")
        endif()
    endforeach()

    set(_probegen_bpf_flags "${flags}" CACHE INTERNAL "")
    set(PROBEGEN_TRACER_MISSING "${missing}" CACHE INTERNAL "what tracers need and is not there")
    if(missing)
        set(PROBEGEN_TRACER_FOUND FALSE CACHE INTERNAL "whether tracers can be built")
    else()
        set(PROBEGEN_TRACER_FOUND TRUE CACHE INTERNAL "whether tracers can be built")
        set_target_properties(Probegen::runtime PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
    endif()
endfunction()

# Compiles the fixed half of the BPF program: an old clang, or one without the kernel's headers, cannot.
function(_probegen_try_clang result)
    set(directory "${CMAKE_BINARY_DIR}/CMakeFiles/probegen")
    file(WRITE "${directory}/try.c"
        "#include \"bpf/prelude.bpf.h\"\nPG_EXPORT int on_nothing(struct pg_call *call)\n{\n    return (int)call->args[0];\n}\n")
    execute_process(COMMAND "${PROBEGEN_CLANG}" ${ARGN} -c -o "${directory}/try.o" "${directory}/try.c"
        RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE talk)
    if(NOT status EQUAL 0)
        execute_process(COMMAND "${PROBEGEN_CLANG}" --version OUTPUT_VARIABLE version ERROR_QUIET)
        string(REGEX MATCH "[0-9]+\\.[0-9.]+" version "${version}")
        string(REGEX MATCH "[^\n]*error:[^\n]*" error "${talk}")
        set(${result} "${PROBEGEN_CLANG} (${version}) cannot compile BPF programs: ${error}" PARENT_SCOPE)
    endif()
endfunction()

function(probegen_add_tracer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "EXCLUDE_FROM_ALL" "" "PROVIDERS;MAPS;OPTIONS")
    if(NOT arg_PROVIDERS OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "probegen_add_tracer(NAME PROVIDERS FILE.d... [MAPS FILE.map...] [OPTIONS OPTION...] [EXCLUDE_FROM_ALL])")
    endif()
    _probegen_find_tracer()
    if(NOT PROBEGEN_TRACER_FOUND)
        message(WARNING "the tracer ${name} is not built: ${PROBEGEN_TRACER_MISSING}")
        return()
    endif()
    _probegen_paths(inputs ${arg_PROVIDERS} ${arg_MAPS})
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/probegen/${name}")
    _probegen_generate(${name}-sources DIRECTORY "${directory}" INPUTS ${inputs}
        ARGUMENTS -o "${directory}" -e events,bpf,json,catalog --tracer=${name} ${arg_OPTIONS} ${inputs}
        FILES events.h tracer.bpf.c json.c json_events.h catalog.c)
    _probegen_compile_bpf(${name}-bpf "${directory}")
    add_dependencies(${name}-bpf ${name}-sources)

    set(exclude "")
    if(arg_EXCLUDE_FROM_ALL)
        set(exclude EXCLUDE_FROM_ALL)
    endif()
    add_executable(${name} ${exclude} "${directory}/json.c" "${directory}/catalog.c")
    _probegen_use_own_c(${name} "${directory}")
    target_link_libraries(${name} PRIVATE "${directory}/embed.o" Probegen::runtime)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${directory}/embed.o")
    add_dependencies(${name} ${name}-bpf)
endfunction()

# Our sources are C11 with GNU's extensions, whatever the others are, and none of their warnings is the project's.
function(_probegen_use_own_c target directory)
    target_compile_options(${target} PRIVATE -w)
    target_include_directories(${target} BEFORE PRIVATE "${directory}" "${_probegen_includedir_}")
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_EXTENSIONS ON C_STANDARD_REQUIRED ON)
endfunction()

# Adds a target that makes embed.o, which holds the BPF program.
function(_probegen_compile_bpf target directory)
    set(depfile "")
    if(CMAKE_GENERATOR MATCHES "Ninja" OR NOT CMAKE_VERSION VERSION_LESS 3.20)
        set(depfile DEPFILE "${directory}/tracer.bpf.d")
    endif()
    add_custom_command(OUTPUT "${directory}/tracer.bpf.o"
        COMMAND "${PROBEGEN_CLANG}" ${_probegen_bpf_flags} "-I${directory}" -MD -MF "${directory}/tracer.bpf.d"
            -c -o "${directory}/tracer.bpf.o" "${directory}/tracer.bpf.c"
        DEPENDS "${directory}/tracer.bpf.c" "${directory}/events.h" "${_probegen_includedir_}/bpf/prelude.bpf.h"
            "${_probegen_includedir_}/common/record.h"
        ${depfile} VERBATIM)

    # as the C compiler is called for this machine
    separate_arguments(flags UNIX_COMMAND "${CMAKE_C_COMPILER_ARG1} ${CMAKE_C_FLAGS}")
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND flags "${CMAKE_C_COMPILE_OPTIONS_TARGET}${CMAKE_C_COMPILER_TARGET}")
    endif()
    if(CMAKE_SYSROOT)
        list(APPEND flags "--sysroot=${CMAKE_SYSROOT}")
    endif()
    add_custom_command(OUTPUT "${directory}/embed.o"
        COMMAND "${CMAKE_C_COMPILER}" ${flags} -DBPF_OBJECT=\"tracer.bpf.o\" -c -o embed.o "${_probegen_datadir_}/embed.S"
        DEPENDS "${directory}/tracer.bpf.o" "${_probegen_datadir_}/embed.S"
        WORKING_DIRECTORY "${directory}" VERBATIM)
    add_custom_target(${target} DEPENDS "${directory}/embed.o")
endfunction()

function(probegen_add_exerciser name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "EXCLUDE_FROM_ALL" "" "PROVIDERS;MAPS;OPTIONS")
    if(NOT arg_PROVIDERS OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "probegen_add_exerciser(NAME PROVIDERS FILE.d... [MAPS FILE.map...] [OPTIONS OPTION...] [EXCLUDE_FROM_ALL])")
    endif()
    _probegen_paths(inputs ${arg_PROVIDERS} ${arg_MAPS})
    set(directory "${CMAKE_CURRENT_BINARY_DIR}/probegen/${name}")
    _probegen_generate(${name}-sources DIRECTORY "${directory}" INPUTS ${inputs} FILES exerciser.c
        ARGUMENTS -o "${directory}" -e usdt,exerciser ${arg_OPTIONS} ${inputs})
    set(exclude "")
    if(arg_EXCLUDE_FROM_ALL)
        set(exclude EXCLUDE_FROM_ALL)
    endif()
    add_executable(${name} ${exclude} "${directory}/exerciser.c" "${_probegen_datadir_}/exerciser/main.c")
    _probegen_use_own_c(${name} "${directory}")
    add_dependencies(${name} ${name}-sources)
endfunction()

function(probegen_add_audit_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;SUPPRESS;FAIL_ON" "PROVIDERS;MAPS;TARGET;SOURCE_DIR;SEEN;OPTIONS")
    if(NOT arg_NAME OR NOT arg_PROVIDERS OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "probegen_add_audit_test(NAME name PROVIDERS FILE.d... [MAPS FILE.map...] [TARGET TARGET...] "
            "[SOURCE_DIR DIR...] [SEEN TRACE...] [SUPPRESS FILE] [FAIL_ON error|warning|info] [OPTIONS OPTION...])")
    endif()
    _probegen_paths(command ${arg_PROVIDERS} ${arg_MAPS})
    foreach(target IN LISTS arg_TARGET)
        list(APPEND command "--binary=$<TARGET_FILE:${target}>")
    endforeach()
    _probegen_paths(sources ${arg_SOURCE_DIR})
    foreach(source IN LISTS sources)
        list(APPEND command "--source=${source}")
    endforeach()
    foreach(trace IN LISTS arg_SEEN)
        list(APPEND command "--seen=${trace}")
    endforeach()
    if(arg_SUPPRESS)
        _probegen_paths(suppress "${arg_SUPPRESS}")
        list(APPEND command "--suppress=${suppress}")
    endif()
    if(arg_FAIL_ON)
        list(APPEND command "--fail-on=${arg_FAIL_ON}")
    endif()
    add_test(NAME "${arg_NAME}" COMMAND "${PROBEGEN_EXECUTABLE}" audit ${command} ${arg_OPTIONS})
endfunction()

cmake_policy(POP)
