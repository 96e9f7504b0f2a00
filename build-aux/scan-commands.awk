# Writes the table of the tool's commands from the descriptors in the sources, in the order of the sources.
/^const struct leat_command leat_command_[a-z0-9_]+ *=/ {
    name = $4
    if (name in seen) {
        print FILENAME ": " name " is defined twice" > "/dev/stderr"
        failed = 1
        exit 1
    }
    seen[name] = 1
    names[++n] = name
}
END {
    if (failed)
        exit 1
    print "/* Written by build-aux/scan-commands.awk. */"
    print "#include \"tools/tool-private.h\""
    for (i = 1; i <= n; i++)
        print "extern const struct leat_command " names[i] ";"
    print "const struct leat_command *const leat_commands[] = {"
    for (i = 1; i <= n; i++)
        print "    &" names[i] ","
    print "    NULL,"
    print "};"
}
