/* run.c - `leat run`: init once, then the targets N times, then one run of all fetches, written or printed. */
#include "tools/graph-session-private.h"

static const struct leat_option options[] = {LEAT_RUN_OPTIONS("1")};

static leat_status run_steps(leat_tool *t, leat_graph_session *s, leat_run_log *log, int64_t steps)
{
    leat_progress p;
    leat_progress_begin(&p, t, "step", 0, steps);
    leat_status status = LEAT_OK;
    for (int64_t i = 0; status == LEAT_OK && i < steps; i++) {
        status = leat_graph_session_step(s, log->profile);
        if (status == LEAT_OK)
            status = leat_run_log_step(log, s, i + 1);
        leat_progress_at(&p, i + 1, NULL);
    }
    leat_progress_end(&p);
    return status;
}

static leat_status run_all(leat_tool *t, leat_graph_session *s, leat_run_log *log, const leat_run_args *a)
{
    LEAT_TRY(leat_graph_session_open(s, t->operands.items[0], a));
    LEAT_TRY(leat_run_log_open(log, s, a, 0));
    int64_t steps = leat_graph_session_has_step(s) ? a->steps : 0;
    LEAT_TRY(run_steps(t, s, log, steps));
    if (s->n_fetches > 0)
        LEAT_TRY(leat_graph_session_fetch(s, steps > 0 ? NULL : log->profile));
    LEAT_TRY(leat_run_log_finish(log, s, a, steps));
    return leat_graph_session_write(s, t, true);
}

static int run(leat_tool *t, const void *values)
{
    leat_graph_session s;
    leat_run_log log = {0};
    leat_status status = leat_run_log_close(&log, run_all(t, &s, &log, values));
    int code = leat_tool_end(t, status);
    leat_graph_session_free(&s);
    return code;
}

const struct leat_command leat_command_run = LEAT_COMMAND(
    "run", "GRAPH", "run a TensorFlow graph", .min_operands = 1, .max_operands = 1,
    .details =
        "GRAPH is a GraphDef, a MetaGraphDef (.meta), either of them as text (.pbtxt), or a SavedModel directory. "
        "In order: the --init node runs once, --restore loads a checkpoint, the targets run N times with the feeds, and one more run fetches.\n\n"
        "With --logdir, fetches of summary ops are part of every step and go into the event file, which also gets the "
        "graph and the times of the last step's nodes (with --trace, of the traced step of median length): TensorBoard and "
        "`leat graph DIR --color time` colour by them.",
    LEAT_OPTIONS(options, leat_run_args), .run = run);
