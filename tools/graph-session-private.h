/* graph-session-private.h - a graph file opened for running, as `run` and `profile` share it. */
#ifndef LEAT_TOOLS_GRAPH_SESSION_PRIVATE_H
#define LEAT_TOOLS_GRAPH_SESSION_PRIVATE_H

#include "engine/files/graphdef-private.h"
#include "tools/tensors-private.h"

typedef struct leat_run_args {
    const char *restore, *init, *save, *logdir, *trace;
    leat_texts feeds, targets, fetches;
    int64_t steps, threads;
    double timeout;
} leat_run_args;

/* The options of `run`, for the tables of run and profile. */
#define LEAT_RUN_OPTIONS                                                                                     \
    {"restore", 0, "PREFIX", LEAT_BIND_FILE(leat_run_args, restore),                                         \
     .help = "load this checkpoint after the initializer"},                                                  \
        {"init", 0, "NODE", LEAT_BIND_TEXT(leat_run_args, init), .help = "run this node once, first"},       \
        {"feed", 0, "NAME=FILE.npy|VALUE", LEAT_BIND_TEXTS(leat_run_args, feeds),                            \
         .help = "feed a tensor in every run"},                                                              \
        {"target", 0, "NODE", LEAT_BIND_TEXTS(leat_run_args, targets),                                       \
         .help = "run this node in every step"},                                                             \
        {"steps",                                                                                            \
         0,                                                                                                  \
         "N",                                                                                                \
         LEAT_BIND_INT(leat_run_args, steps, 0, INT64_MAX),                                                  \
         .initial = "1",                                                                                     \
         .help = "run the targets N times"},                                                                 \
        {"fetch", 0, "NAME[=OUT.npy]", LEAT_BIND_TEXTS(leat_run_args, fetches),                              \
         .help = "after the steps, write or print a tensor"},                                                \
        {"threads",                                                                                          \
         0,                                                                                                  \
         "N",                                                                                                \
         LEAT_BIND_INT(leat_run_args, threads, 0, 1024),                                                     \
         .initial = "0",                                                                                     \
         .help = "threads of a run (0: as many as there are CPUs)"},                                         \
    {                                                                                                        \
        "timeout", 0, "S", LEAT_BIND_FLOAT(leat_run_args, timeout, 0, 1e9),                                  \
            .initial = "0", .help = "stop a run that takes longer than S seconds (0: never)"                 \
    }

typedef struct leat_graph_session {
    leat_graph *graph;
    leat_session *session;
    leat_meta_graph meta;
    leat_graph_file_kind kind;
    leat_feed *feeds;
    size_t n_feeds;
    leat_op **targets;
    size_t n_targets;
    leat_fetch *fetches;
    leat_tensor **values;     /* of the fetches */
    const char **fetch_files; /* NULL: print */
    char **fetch_names;
    size_t n_fetches;
} leat_graph_session;

/* Imports the graph, resolves all names, reads the feeds, opens the session, runs the initializer and restores. Free also after a
 * failure. */
leat_status leat_graph_session_open(leat_graph_session *s, const char *path,
                                    const leat_run_args *args) LEAT_MUST_CHECK;
void leat_graph_session_free(leat_graph_session *s);
/* One run of the targets, or of the fetches. */
leat_status leat_graph_session_step(leat_graph_session *s, const leat_run_options *options) LEAT_MUST_CHECK;
leat_status leat_graph_session_fetch(leat_graph_session *s, const leat_run_options *options) LEAT_MUST_CHECK;

#endif
