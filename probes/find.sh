#!/bin/sh
# What `make PROBES=...` stands for, for the Makefile: prints the definitions and maps, one path a line, or says on standard error why there
# are none. $1: the text of PROBES: a folder, an h2o source tree, or a list of files and folders.
set -f
newline='
'
failed=0

fail()
{
    printf 'PROBES: %s\n' "$1" >&2
    failed=1
}

# Whether a file is one of definitions. Compilers write lists of what an object depends on into files that are called .d, too, and the
# language D has its sources there. One with a mistake is one, too: probegen says where it is.
is_definition()
{
    blanks='([[:space:]]|/\*[^*]*\*/)'
    grep -qzE "(^|[^A-Za-z0-9_./-])provider($blanks+[^][:space:];{}()]+)?$blanks*(\\{|probe[[:space:]])" "$1"
}

# Maps of linkers are called .map, too.
is_linker_map()
{
    grep -qE '(^|[{;[:space:]])(global|local):|^(Archive member|Memory Configuration|Linker script)' "$1"
}

print_maps_of_h2o()
{
    find probes -maxdepth 1 -name '*.map' | sort
}

# The definitions of a source tree, wherever they are, but copies only once; with the maps beside them, and those at the top.
print_tree()
{
    known=
    IFS=$newline
    for file in $(find "$1" -mindepth 1 -name '.*' -prune -o -name '*.d' -type f -print | sort); do
        is_definition "$file" || continue
        map=${file%.d}.map
        [ "${file%/*}" != "$1" ] && [ -f "$map" ] && ! is_linker_map "$map" && printf '%s\n' "$map"
        sum=$(cksum <"$file")
        case $known in *"|$sum|"*) continue ;; esac
        known="$known|$sum|"
        printf '%s\n' "$file"
    done
    [ -n "$known" ] || fail "no definitions in '$1': no file *.d in it, or below it, has a provider ('probegen from BINARY' writes a first one)"
    for map in $(find "$1" -maxdepth 1 -name '*.map' -type f | sort); do
        is_linker_map "$map" || printf '%s\n' "$map"
    done
    unset IFS
}

print_path()
{
    path=$1
    while [ "${#path}" -gt 1 ] && [ "${path%/}" != "$path" ]; do path=${path%/}; done
    if [ -f "$path/h2o-probes.d" ]; then
        printf '%s\n' "$path/h2o-probes.d"
        find "$path"/deps -mindepth 2 -maxdepth 2 -name '*-probes.d' 2>/dev/null | sort
        print_maps_of_h2o
    elif [ -d "$path" ]; then
        print_tree "$path"
    elif [ -e "$path" ]; then
        printf '%s\n' "$path"
    else
        fail "'$path' is not there"
    fi
}

text=$(printf %s "$1" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
if [ -e "$text" ]; then
    print_path "$text"
else
    [ -n "$text" ] || fail 'it is empty: it names a folder, a source tree, or files'
    # patterns among the words are for files, and nothing else is one
    set +f
    # shellcheck disable=SC2086
    set -- $text
    set -f
    for word; do print_path "$word"; done
fi
exit $failed
