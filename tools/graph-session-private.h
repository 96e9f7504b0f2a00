/* graph-session-private.h - a graph file opened for running, as `run` and `profile` share it. */
#ifndef LEAT_TOOLS_GRAPH_SESSION_PRIVATE_H
#define LEAT_TOOLS_GRAPH_SESSION_PRIVATE_H

#include "engine/files/graphdef-private.h"
#include "tools/tensors-private.h"

typedef struct leat_run_args {
    const char *restore, *init, *save, *logdir, *trace, *tags, *signature;
    leat_texts feeds, targets, fetches;
    int64_t steps, threads;
    double timeout;
} leat_run_args;

/* The options of `run`, for the tables of run and profile; steps_: how many there are unless it is said. */
/* clang-format off */
#define LEAT_RUN_OPTIONS(steps_)                                                                             \
    {"restore", 0, "CHECKPOINT", LEAT_BIND_FILE(leat_run_args, restore),                                         \
     .help = "load this checkpoint (prefix, or a directory: its latest) after the initializer"},                                                  \
    {"tags", 0, "TAG,...", LEAT_BIND_TEXT(leat_run_args, tags), .initial = "serve",                          \
     .help = "of a SavedModel: the tags of the meta graph to run"},                                          \
    {"signature", 0, "NAME", LEAT_BIND_TEXT(leat_run_args, signature),                                       \
     .help = "feeds and fetches may be named by this signature's keys (leat inspect lists them)"},           \
    {"init", 0, "NODE", LEAT_BIND_TEXT(leat_run_args, init), .help = "run this node once, first"},           \
    {"feed", 0, "NAME=FILE.npy|VALUE", LEAT_BIND_TEXTS(leat_run_args, feeds),                                \
     .help = "feed a tensor in every run"},                                                                  \
    {"target", 0, "NODE", LEAT_BIND_TEXTS(leat_run_args, targets), .help = "run this node in every step"},   \
    {"steps", 0, "N", LEAT_BIND_INT(leat_run_args, steps, 0, INT64_MAX), .initial = (steps_),                \
     .help = "run the targets N times"},                                                                     \
    {"fetch", 0, "NAME[=OUT.npy]", LEAT_BIND_TEXTS(leat_run_args, fetches),                                  \
     .help = "after the steps, write or print a tensor"},                                                    \
    {"save", 0, "PREFIX", LEAT_BIND_FILE(leat_run_args, save),                                               \
     .help = "at the end write the variables as a checkpoint"},                                              \
    {"logdir", 0, "DIR", LEAT_BIND_DIR(leat_run_args, logdir),                                               \
     .help = "write an event file: the graph, the summaries among the fetches at every step, and when each " \
             "node of a step ran"},                                                                          \
    {"trace", 0, "FILE.json", LEAT_BIND_FILE(leat_run_args, trace),                                          \
     .help = "write when each node ran as a Chrome trace, of the last 100 steps"},                           \
    {"threads", 0, "N", LEAT_BIND_INT(leat_run_args, threads, 0, 1024), .initial = "0",                      \
     .help = "threads of a run (0: as many as there are CPUs)"},                                             \
    {"timeout", 0, "S", LEAT_BIND_FLOAT(leat_run_args, timeout, 0, 1e9), .initial = "0",                     \
     .help = "stop if initializer, steps and fetches take longer than S seconds (0: never)"}
/* clang-format on */

typedef struct leat_graph_session {
    const char *path; /* of the graph: what errors of runs and names begin with */
    leat_graph *graph;
    leat_session *session;
    leat_meta_graph meta;
    leat_graph_file_kind kind;
    const char *signature; /* whose keys name tensors too; NULL: none */
    leat_feed *feeds;
    size_t n_feeds;
    leat_op **targets;
    size_t n_targets;
    leat_fetch *fetches;
    leat_tensor **values;     /* of the fetches */
    const char **fetch_files; /* NULL: print */
    char **fetch_names;
    size_t n_fetches;
    leat_fetch *summaries; /* fetches of summary ops, where an event file takes them: part of every step */
    leat_tensor **summary_values;
    size_t n_summaries;
    double deadline; /* leat_now(); 0: none */
} leat_graph_session;

/* Imports the graph, resolves all names, reads the feeds, opens the session, runs the initializer and restores. Free also after a
 * failure. */
leat_status leat_graph_session_open(leat_graph_session *s, const char *path,
                                    const leat_run_args *args) LEAT_MUST_CHECK;
void leat_graph_session_free(leat_graph_session *s);
/* Is there anything to be run in a step? */
bool leat_graph_session_has_step(const leat_graph_session *s);
/* One run of the targets and summaries, or of the fetches. profile may be NULL. */
leat_status leat_graph_session_step(leat_graph_session *s, leat_profile *profile) LEAT_MUST_CHECK;
leat_status leat_graph_session_fetch(leat_graph_session *s, leat_profile *profile) LEAT_MUST_CHECK;
/* Writes the fetched values to their files; prints those that have none where `print` says so. */
leat_status leat_graph_session_write(leat_graph_session *s, leat_tool *t, bool print) LEAT_MUST_CHECK;

/* What runs leave behind beside the fetches: an event file, a trace, a checkpoint. Starts as all zero. */
typedef struct leat_run_log {
    leat_event_writer *events; /* NULL: none */
    leat_profile *profile;     /* NULL: nobody wants one */
} leat_run_log;
/* keep: runs that the profile keeps; 0: as the options want. */
leat_status leat_run_log_open(leat_run_log *l, leat_graph_session *s, const leat_run_args *args,
                              size_t keep) LEAT_MUST_CHECK;
/* The summaries of a step that was run. */
leat_status leat_run_log_step(leat_run_log *l, leat_graph_session *s, int64_t step) LEAT_MUST_CHECK;
/* After the last run: statistics of it, trace, checkpoint. */
leat_status leat_run_log_finish(leat_run_log *l, leat_graph_session *s, const leat_run_args *args,
                                int64_t step) LEAT_MUST_CHECK;
/* Closes the event file, whatever came before; the first error counts. */
leat_status leat_run_log_close(leat_run_log *l, leat_status status) LEAT_MUST_CHECK;

#endif
