#!/bin/sh
# Accepts what probegen prints now as what it shall print: the golden files, the messages of t/err, the trees of t/lang. Look at `git diff` then.
set -eu
cd "$(dirname "$0")/../.."
probegen=${O:-out}/bin/probegen

rm -rf t/golden/expected
"$probegen" -o t/golden/expected --tracer=sample t/golden/sample.d t/golden/sample.map 2>t/golden/warnings.txt
mv t/golden/warnings.txt t/golden/expected
# the fixed text of headers is a file of its own
for fixed in semaphore.h site.h; do
    FIXED=gen/emit/usdt/$fixed perl -0777 -pi -e 'BEGIN { open my $in, "<", $ENV{FIXED}; $fixed = <$in> } s{\Q$fixed\E}{[$ENV{FIXED}]\n}' t/golden/expected/*-probes.h
done
for kind in json ir ast; do
    "$probegen" --dump=$kind t/golden/sample.d t/golden/sample.map >"t/golden/expected/dump.$kind" 2>/dev/null
done

for input in t/err/*.d t/err/*.map; do
    with=$(grep -a -m 1 -o 'WITH: [^ ]*' "$input" | sed 's|WITH: |t/err/|') || true
    "$probegen" -n $with "$input" 2>"${input%.*}.txt" || true
done

for input in t/lang/*.d t/lang/*.map; do
    "$probegen" --dump=ast "$input" >"${input%.*}.ast" || true
done

print_report=$(perl -It/lib -MUnit -e 'print unit_program("test_report")')
for format in json junit sarif markdown html; do
    for what in shop bare; do
        "$print_report" $format $what >"t/golden/audit/$what.$format"
    done
done
# style and script of the page are files of their own
perl -0777 -pi -e 's{<(style|script)>.*?</\1>|sha256-\K[^\x27]*}{}gs' t/golden/audit/*.html

for case in t/cases/diff/*/; do
    (cd "$case" && "$OLDPWD/$probegen" diff old new >table.txt 2>/dev/null) || true
done
