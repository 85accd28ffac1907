#!/bin/sh
# What `make run` shows: $1 traces $2, which fires every probe once and ends.
set -eu
tracer=$1 exerciser=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP

mkfifo "$dir/commands" "$dir/answers" "$dir/talk"
"$exerciser" <"$dir/commands" >"$dir/answers" &
target=$!
exec 3>"$dir/commands" 4<"$dir/answers"
# its answer shows that it runs; before, the process may still be the shell
echo rounds >&3
read -r _ <&4
"$tracer" -p "$target" 2>"$dir/talk" 3>&- 4<&- &
tracer_pid=$!

# the tracer says when it listens; then the exerciser may fire, and the end of its commands is its end
while read -r line; do
    echo "$line" >&2
    case $line in
    *"Ctrl-C ends"*)
        echo "fire 0" >&3
        exec 3>&-
        ;;
    esac
done <"$dir/talk"
exec 3>&-
wait "$target"
status=0
wait "$tracer_pid" || status=$?
exit $status
