/* data-made.h - tables written for a test, each into a fresh directory. The paths are static storage until the next call. */
#ifndef LEAT_DATA_MADE_H
#define LEAT_DATA_MADE_H

#include "check.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s_) s_, sizeof(s_) - 1

static inline const char *write_table(const char *name, const char *content, size_t size)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", check_temp_dir(), name);
    FILE *f = fopen(path, "w");
    if (f == NULL || fwrite(content, 1, size, f) != size || fclose(f) != 0)
        abort();
    return path;
}

static inline const char *write_npy(const char *descr, const char *shape, bool fortran, const void *data,
                                    size_t size)
{
    char header[256], content[1024];
    int n = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr,
                     fortran ? "True" : "False", shape);
    while ((10 + n + 1) % 64 != 0)
        header[n++] = ' ';
    header[n++] = '\n';
    memcpy(content, "\x93NUMPY\1\0", 8);
    content[8] = (char)n;
    content[9] = 0;
    memcpy(content + 10, header, (size_t)n);
    memcpy(content + 10 + n, data, size);
    return write_table("t.npy", content, 10 + (size_t)n + size);
}

#endif
