/* run.c - `leat run`: init once, then the targets N times, then one run of all fetches, written or printed. */
#include "tools/graph-session-private.h"

static const struct leat_option options[] = {LEAT_RUN_OPTIONS};

static leat_session *running; /* for the signal handler, which gets no other way to it */

static void cancel(void *user)
{
    (void)user;
    if (running != NULL)
        leat_cancel(running);
}

static leat_status write_fetches(leat_tool *t, leat_graph_session *s)
{
    char text[8192];
    for (size_t i = 0; i < s->n_fetches; i++) {
        if (s->fetch_files[i] != NULL)
            LEAT_TRY(leat_tensor_write_npy(s->fetch_files[i], s->values[i]));
        else
            leat_print(t, "%s = %s\n", s->fetch_names[i], leat_tensor_print(s->values[i], text, sizeof text));
    }
    return LEAT_OK;
}

static leat_status run_all(leat_tool *t, leat_graph_session *s, const leat_run_args *a)
{
    leat_run_options o = {.size = sizeof o, .timeout = a->timeout};
    LEAT_TRY(leat_graph_session_open(s, t->operands.items[0], a));
    running = s->session;
    leat_signals_catch(cancel, NULL);
    leat_progress p;
    leat_progress_begin(&p, t, "step", 0, s->n_targets > 0 ? a->steps : 0);
    leat_status status = LEAT_OK;
    for (int64_t i = 0; status == LEAT_OK && s->n_targets > 0 && i < a->steps; i++) {
        status = leat_graph_session_step(s, &o);
        leat_progress_at(&p, i + 1, NULL);
    }
    leat_progress_end(&p);
    if (status == LEAT_OK && s->n_fetches > 0)
        status = leat_graph_session_fetch(s, &o);
    return status == LEAT_OK ? write_fetches(t, s) : status;
}

static int run(leat_tool *t, const void *values)
{
    leat_graph_session s;
    leat_status status = run_all(t, &s, values);
    int signal = leat_signals_caught();
    int code = signal != 0         ? LEAT_EXIT_SIGNAL + signal
               : status != LEAT_OK ? leat_tool_fail(t, status)
                                   : LEAT_EXIT_OK;
    running = NULL;
    leat_graph_session_free(&s);
    return code;
}

const struct leat_command leat_command_run = LEAT_COMMAND(
    "run", "GRAPH", "run a TensorFlow graph", .min_operands = 1, .max_operands = 1,
    .details =
        "GRAPH is a GraphDef, a MetaGraphDef (.meta), either of them as text (.pbtxt), or a SavedModel directory. In order: the --init node runs once, "
        "--restore loads a checkpoint, the targets run N times with the feeds, and one more run fetches.",
    LEAT_OPTIONS(options, leat_run_args), .run = run);
