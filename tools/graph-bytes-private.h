/* graph-bytes-private.h - the bytes of a GraphDef, wherever it stands: for commands that look at graphs,
 * not run them. */
#ifndef LEAT_GRAPH_BYTES_PRIVATE_H
#define LEAT_GRAPH_BYTES_PRIVATE_H

#include "engine/files/graphdef-private.h"
#include "tools/tool-private.h"

typedef struct leat_graph_bytes {
    leat_meta_graph meta;  /* what was read of a graph file, */
    leat_buf file;         /* or of a log */
    leat_buf stats;        /* a RunMetadata; size 0: none */
    const void *graph_def; /* within one of them */
    size_t size;
    char *source; /* for messages: the file, or the log directory with its run */
    char *name;   /* for titles: what a person calls it */
} leat_graph_bytes;

/* Reads `path`: a GraphDef (.pb, .pbtxt), a MetaGraphDef (.meta), a SavedModel directory, a log directory or an
 * event file. Of a log the graph of `run` is taken, or where that is NULL of the last run that has one;
 * with it the RunMetadata of the tag `stats_tag`, or where that is NULL the last one. Free in any case. */
leat_status leat_graph_bytes_read(leat_graph_bytes *g, leat_tool *t, const char *path, const char *run,
                                  const char *stats_tag) LEAT_MUST_CHECK;
void leat_graph_bytes_free(leat_graph_bytes *g);

#endif
