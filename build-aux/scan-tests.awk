# Writes the table of tests of one test program: every LEAT_TEST(name) at the start of a line of the sources.
# A test program's tests are what its sources say, so that none can be forgotten.
BEGIN { n = 0 }
/^LEAT_TEST\(/ {
    name = $0
    sub(/^LEAT_TEST\(/, "", name)
    sub(/\).*/, "", name)
    names[n++] = name
}
END {
    print "/* Written by build-aux/scan-tests.awk: do not edit. */"
    print "#include \"tests/check.h\"\n"
    for (i = 0; i < n; i++) printf "LEAT_TEST(%s);\n", names[i]
    print "\nconst struct leat_test leat_tests[] = {"
    for (i = 0; i < n; i++) printf "    {\"%s\", test_%s},\n", names[i], names[i]
    print "    {NULL, NULL},\n};"
}
