/* run-log.c - what `run` and `profile` leave behind beside the fetches: an event file, a trace, a checkpoint. */
#include "config.h"
#include <inttypes.h>
#include <stdio.h>
#include "tools/graph-session-private.h"

#define TRACED_STEPS 100

static leat_status open_events(leat_run_log *l, const leat_graph_session *s, const char *logdir)
{
    void *graph;
    size_t size;
    LEAT_TRY(leat_export_graph_def(s->graph, true, &graph, &size));
    leat_event_writer_options o = {.size = sizeof o, .graph_def = graph, .graph_def_size = size};
    leat_status status = leat_event_writer_open(&l->events, logdir, &o);
    leat_free_bytes(graph);
    return status;
}

leat_status leat_run_log_open(leat_run_log *l, leat_graph_session *s, const leat_run_args *a, size_t keep)
{
    if (a->logdir != NULL)
        LEAT_TRY(open_events(l, s, a->logdir));
    if (keep == 0 && a->trace == NULL && a->logdir == NULL)
        return LEAT_OK;
    leat_profile_options o = {.size = sizeof o,
                              .keep = keep > 0           ? keep
                                      : a->trace != NULL ? TRACED_STEPS
                                                         : 1};
    return leat_profile_new(&l->profile, &o);
}

leat_status leat_run_log_step(leat_run_log *l, leat_graph_session *s, int64_t step)
{
    for (size_t i = 0; l->events != NULL && i < s->n_summaries; i++)
        LEAT_TRY(leat_add_summary(l->events, s->summary_values[i], step));
    return LEAT_OK;
}

/* Of the runs that the profile kept, the last was `last`, and every step one of them. */
static leat_status add_statistics(leat_run_log *l, int64_t last)
{
    char tag[40];
    void *bytes;
    size_t size, which;
    LEAT_TRY(leat_profile_run_metadata(l->profile, &which, &bytes, &size));
    int64_t step = last - (int64_t)(leat_profile_steps(l->profile) - 1 - which);
    snprintf(tag, sizeof tag, "step_%" PRId64, step);
    leat_status status = leat_event_writer_add_run_metadata_bytes(l->events, tag, bytes, size, step);
    leat_free_bytes(bytes);
    return status;
}

leat_status leat_run_log_finish(leat_run_log *l, leat_graph_session *s, const leat_run_args *a, int64_t step)
{
    bool ran = l->profile != NULL && leat_profile_steps(l->profile) > 0;
    if (ran && l->events != NULL)
        LEAT_TRY(add_statistics(l, step));
    if (ran && a->trace != NULL)
        LEAT_TRY(leat_profile_write_trace(l->profile, a->trace));
    if (a->trace != NULL && !ran)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: nothing ran that could be traced; --target or --fetch is needed", a->trace);
    return a->save != NULL ? leat_save_by_saver(s->session, &s->meta, a->save) : LEAT_OK;
}

leat_status leat_run_log_close(leat_run_log *l, leat_status status)
{
    /* Closing may fail too, and would take the place of the message of what failed before. */
    char *message = status != LEAT_OK ? leat_strdup(leat_message()) : NULL;
    leat_status closed = leat_event_writer_close(l->events);
    leat_profile_free(l->profile);
    *l = (leat_run_log){0};
    if (status != LEAT_OK && message != NULL)
        leat_fail(status, "%s", message);
    leat_free(message);
    return status != LEAT_OK ? status : closed;
}
