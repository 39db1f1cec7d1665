# Lines that ran, from the lcov records of llvm-cov: a row for each source file
# below `least` per cent, and one for each crate. Tests inside a source file,
# that stand at its end, do not count. Ends with 1 where a crate is below.
#
#     awk -v least=90 -v root=DIRECTORY/ -f coverage.awk all.lcov

# Where the tests of a source file begin.
function tests_of(path,    line, number, marked, begin) {
    begin = 1000000
    while ((getline line < path) > 0) {
        number++
        if (marked && line ~ /^mod /) { begin = number; break }
        marked = line ~ /^#\[cfg\(test\)\]/
    }
    close(path)
    return begin
}

function percent(ran, lines) { return lines ? 100 * ran / lines : 100 }

function row(name, ran, lines) {
    return sprintf("%-52s %6d %6d %7.2f %%", name, lines, ran, percent(ran, lines))
}

/^SF:/ {
    path = substr($0, 4)
    name = path
    sub("^" root "crates/", "", name)
    crate = name
    sub("/.*", "", crate)
    counts = name ~ /^(bdbfile|caldb)\/src\// && name !~ /\/tests(\.rs|\/)/
    if (counts) begin = tests_of(path)
}
counts && /^DA:/ {
    split(substr($0, 4), field, ",")
    if (field[1] + 0 >= begin) next
    lines[name]++; all[crate]++
    if (field[2] + 0 > 0) { ran[name]++; hit[crate]++ }
}

END {
    printf "%-52s %6s %6s\n", "below " least " %", "lines", "ran"
    for (name in lines)
        if (percent(ran[name], lines[name]) < least)
            print row(name, ran[name], lines[name]) | "sort"
    close("sort")
    print ""
    bad = 0
    for (crate in all) {
        print row(crate, hit[crate], all[crate])
        if (percent(hit[crate], all[crate]) < least) bad = 1
    }
    if (!("bdbfile" in all) || !("caldb" in all)) {
        print "nothing is known of one of the crates" > "/dev/stderr"
        bad = 1
    }
    exit bad
}
