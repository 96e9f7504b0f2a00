# scan-rows.awk - reads every LEAT_ROW( at the start of a line of the sources named and writes the table of op tests
# (op-rows-table.c) that tests/ops-rows.c runs. The grammar of a row stands in tests/ops-rows.h. POSIX awk only.

function fail(text) {
    print FILENAME ":" start ": " text > "/dev/stderr"
    failed = 1
    exit 1
}
function trim(s) {
    gsub(/^[ \t\n]+|[ \t\n]+$/, "", s)
    return s
}
# Bytes written as \xNN reach the test program as they are written: the compiler would end the text at a \x00.
function keep_bytes(s,    i, r) {
    r = ""
    while ((i = index(s, "\\x")) > 0) {
        r = r substr(s, 1, i - 1) "\\\\x"
        s = substr(s, i + 2)
    }
    return r s
}
# `row` is what stands between the outer parentheses: Op, "text" "text"..., expression
function finish(    p, i, c, quoted, esc, depth, at) {
    p = index(row, ",")
    if (!p) fail("LEAT_ROW(Op, \"row\") expected")
    n++
    op[n] = trim(substr(row, 1, p - 1)); file[n] = FILENAME; line[n] = start
    row = trim(substr(row, p + 1))
    quoted = 0; esc = 0; at = length(row) + 1
    for (i = 1; i <= length(row); i++) {
        c = substr(row, i, 1)
        if (quoted) {
            if (esc) esc = 0
            else if (c == "\\") esc = 1
            else if (c == "\"") quoted = 0
        } else if (c == "\"") quoted = 1
        else if (c == ",") { at = i; break }
    }
    text[n] = keep_bytes(trim(substr(row, 1, at - 1)))
    expr[n] = trim(substr(row, at + 1))
    if (text[n] !~ /^"/) fail("the row of " op[n] " is no string")
}
function take(s,    i, c) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (quoted) {
            if (esc) esc = 0
            else if (c == "\\") esc = 1
            else if (c == "\"") quoted = 0
        } else if (c == "\"") quoted = 1
        else if (c == "(") depth++
        else if (c == ")" && --depth == 0) { inside = 0; finish(); return }
        row = row c
    }
    row = row "\n"
}
/^LEAT_ROW\(/ {
    inside = 1; depth = 1; quoted = 0; esc = 0; row = ""; start = FNR
    take(substr($0, index($0, "(") + 1))
    next
}
inside { take($0) }
END {
    if (failed) exit 1
    if (inside) { print "unfinished LEAT_ROW of line " start > "/dev/stderr"; exit 1 }
    print "/* Written by build-aux/scan-rows.awk: do not edit. */"
    print "#include \"tests/ops-rows.h\"\n"
    for (i = 1; i <= n; i++)
        if (expr[i] != "" && expr[i] !~ /^ref_[A-Za-z0-9_]+$/) {
            printf "static double row_%d(double x, double y, double z)\n{\n    (void)x, (void)y, (void)z;\n", i
            printf "#line %d \"%s\"\n    return %s;\n}\n", line[i], file[i], expr[i]
        }
    print "const struct leat_row leat_rows[] = {"
    for (i = 1; i <= n; i++) {
        printf "#line %d \"%s\"\n    {\"%s\", %s, ", line[i], file[i], op[i], text[i]
        if (expr[i] == "") printf "NULL, NULL"
        else if (expr[i] ~ /^ref_[A-Za-z0-9_]+$/) printf "NULL, %s", expr[i]
        else printf "row_%d, NULL", i
        printf ", \"%s\", %d},\n", file[i], line[i]
    }
    print "    {0},\n};"
}
