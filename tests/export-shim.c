/* export-shim.c - preloaded into a program that uses libleat, writes every graph that it frees as a GraphDef:
 * $LEAT_EXPORT/PROGRAM-N.pb. So examples need not know of the test that looks at their graphs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "leat.h"

void leat_graph_free(leat_graph *graph)
{
    static int count;
    char path[4096];
    const char *dir = getenv("LEAT_EXPORT");
    void (*next)(leat_graph *) = NULL;
    leat_status (*export)(const leat_graph *, const char *) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "leat_graph_free");
    *(void **)&export = dlsym(RTLD_NEXT, "leat_export_graph_file");
    if (dir != NULL && export != NULL && graph != NULL) {
        snprintf(path, sizeof path, "%s/%s-%d.pb", dir, program_invocation_short_name, count++);
        if (export(graph, path) != LEAT_OK)
            fprintf(stderr, "%s: not exported\n", path);
    }
    if (next != NULL)
        next(graph);
}
