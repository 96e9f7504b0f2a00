/* graph-session.c - a graph file opened for running. */
#include <string.h>
#include <stdatomic.h>
#include "engine/files/saver-private.h"
#include "engine/plan-private.h"
#include "tools/graph-session-private.h"

static _Atomic(leat_session *) running; /* for the signal handler, which gets no other way to it */

void leat_graph_session_free(leat_graph_session *s)
{
    atomic_store(&running, NULL);
    for (size_t i = 0; i < s->n_feeds; i++)
        leat_tensor_unref(s->feeds[i].value);
    for (size_t i = 0; i < s->n_fetches; i++) {
        leat_tensor_unref(s->values[i]);
        leat_free(s->fetch_names[i]);
    }
    leat_free(s->feeds);
    leat_free(s->targets);
    leat_free(s->fetches);
    leat_free(s->values);
    leat_free(s->fetch_files);
    leat_free(s->fetch_names);
    for (size_t i = 0; i < s->n_summaries; i++)
        leat_tensor_unref(s->summary_values[i]);
    leat_free(s->summaries);
    leat_free(s->summary_values);
    leat_session_free(s->session);
    leat_graph_free(s->graph);
    leat_meta_graph_free(&s->meta);
}

static leat_status import(leat_graph_session *s, const char *path, const char *tags)
{
    LEAT_TRY(leat_graph_file_open_tags(&s->meta, path, tags, &s->kind));
    leat_import_options o = {.size = sizeof o, .origin = path};
    return leat_import_opened(s->graph, &s->meta, &o);
}

/* ---- what the command line names ---- */

/* A tensor by its name, or by its key in the signature that was chosen. */
static leat_status find_out(const leat_graph_session *s, const char *name, const char *what, leat_out *out)
{
    bool feed = strcmp(what, "feed") == 0;
    if (s->signature != NULL) {
        *out = feed ? leat_signature_input(s->graph, s->signature, name)
                    : leat_signature_output(s->graph, s->signature, name);
        if (out->op != NULL && out->index >= 0)
            return LEAT_OK;
    }
    return leat_fail_context(leat_find_out(s->graph, name, what, out), "%s", s->path);
}

static leat_status find_op(const leat_graph_session *s, const char *name, const char *what, leat_op **op)
{
    return leat_fail_context(leat_find_op(s->graph, name, what, op), "%s", s->path);
}

static leat_status take_feed(leat_graph_session *s, const char *text)
{
    char *name;
    const char *rest;
    leat_feed *f = &s->feeds[s->n_feeds];
    LEAT_TRY(leat_split_name(text, &name, &rest));
    leat_status status = rest != NULL ? find_out(s, name, "feed", &f->out)
                                      : leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                                  "feed '%s': NAME=FILE.npy or NAME=VALUE is needed", text);
    size_t n = rest != NULL ? strlen(rest) : 0;
    if (status == LEAT_OK) {
        bool file = n > 4 && strcmp(rest + n - 4, ".npy") == 0;
        status = file ? leat_tensor_read_npy(rest, &f->value)
                      : leat_tensor_parse(rest, leat_out_dtype(f->out), &f->value);
        if (status != LEAT_OK && !file)
            leat_fail_context(status, "feed '%s'", name);
    }
    if (status == LEAT_OK)
        s->n_feeds++;
    leat_free(name);
    return status;
}

/* An op that makes a serialized Summary: ScalarSummary, MergeSummary, ... */
static bool is_summary(leat_out out)
{
    const char *type = leat_op_type(out.op);
    size_t n = strlen(type);
    return leat_out_dtype(out) == LEAT_STRING && n > 7 && strcmp(type + n - 7, "Summary") == 0;
}

static leat_status take_fetch(leat_graph_session *s, const char *text, bool log)
{
    char *name;
    const char *rest;
    leat_out out;
    LEAT_TRY(leat_split_name(text, &name, &rest));
    leat_status status = find_out(s, name, "fetch", &out);
    if (status != LEAT_OK || (log && rest == NULL && is_summary(out))) {
        leat_free(name);
        if (status == LEAT_OK) {
            size_t k = s->n_summaries++;
            s->summaries[k] = (leat_fetch){out, &s->summary_values[k]};
        }
        return status;
    }
    size_t i = s->n_fetches++;
    s->fetch_names[i] = name;
    s->fetch_files[i] = rest;
    s->fetches[i] = (leat_fetch){out, &s->values[i]};
    return LEAT_OK;
}

static leat_status take_names(leat_graph_session *s, const leat_run_args *a)
{
    s->feeds = leat_alloc_zero(a->feeds.count + 1, sizeof *s->feeds);
    s->targets = leat_alloc_zero(a->targets.count + 1, sizeof *s->targets);
    s->fetches = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetches);
    s->values = leat_alloc_zero(a->fetches.count + 1, sizeof *s->values);
    s->fetch_files = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetch_files);
    s->fetch_names = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetch_names);
    s->summaries = leat_alloc_zero(a->fetches.count + 1, sizeof *s->summaries);
    s->summary_values = leat_alloc_zero(a->fetches.count + 1, sizeof *s->summary_values);
    if (!s->summaries || !s->summary_values || !s->feeds || !s->targets || !s->fetches || !s->values ||
        !s->fetch_files || !s->fetch_names)
        return leat_fail_memory(a->fetches.count * sizeof *s->fetches);
    s->signature = a->signature;
    if (s->signature != NULL)
        LEAT_TRY(leat_check_signature(s->graph, s->signature));
    for (size_t i = 0; i < a->feeds.count; i++)
        LEAT_TRY(take_feed(s, a->feeds.items[i]));
    for (size_t i = 0; i < a->targets.count; i++)
        LEAT_TRY(find_op(s, a->targets.items[i], "target", &s->targets[s->n_targets++]));
    for (size_t i = 0; i < a->fetches.count; i++)
        LEAT_TRY(take_fetch(s, a->fetches.items[i], a->logdir != NULL));
    return LEAT_OK;
}

/* ---- running ---- */

static void cancel(void *user)
{
    (void)user;
    leat_session *s = atomic_load(&running);
    if (s != NULL)
        leat_cancel(s);
}

/* While it runs, SIGINT, SIGTERM and SIGHUP cancel the run. */
static void watch_signals(leat_graph_session *s)
{
    atomic_store(&running, s->session);
    leat_signals_catch(cancel, NULL);
}

/* A signal between two runs has cancelled none: before each one it is asked for. */
static leat_status run_once(leat_graph_session *s, const leat_run_options *o, leat_feed_list feeds,
                            leat_fetch_list fetches, leat_target_list targets)
{
    if (leat_signals_caught())
        return leat_fail(LEAT_ERR_CANCELLED, "stopped by a signal");
    leat_status status = leat_run_with(s->session, o, feeds, fetches, targets);
    bool told =
        strncmp(leat_message(), s->path, strlen(s->path)) == 0; /* what the importer said of the node */
    return told ? status : leat_fail_context(status, "%s", s->path);
}

/* What is left of the time. */
static leat_run_options options_now(const leat_graph_session *s, leat_profile *profile)
{
    leat_run_options o = {.size = sizeof o, .profile = profile};
    if (s->deadline > 0)
        o.timeout = LEAT_MAX(s->deadline - leat_now(), 1e-9);
    return o;
}

leat_status leat_graph_session_open(leat_graph_session *s, const char *path, const leat_run_args *a)
{
    memset(s, 0, sizeof *s);
    s->path = path;
    s->graph = leat_graph_new();
    if (s->graph == NULL)
        return LEAT_ERR_NO_MEMORY;
    LEAT_TRY(import(s, path, a->tags));
    LEAT_TRY(take_names(s, a));
    leat_op *init = NULL;
    if (a->init != NULL)
        LEAT_TRY(find_op(s, a->init, "init", &init));
    leat_session_options o = {.size = sizeof o, .threads = (int)a->threads};
    LEAT_TRY(leat_session_open(&s->session, s->graph, &o));
    if (s->kind == LEAT_SAVED_MODEL_DIR)
        LEAT_TRY(leat_restore_saved_model(s->session, &s->meta, path));
    leat_meta_graph_free_bytes(&s->meta); /* the graph has its own */
    s->deadline = a->timeout > 0 ? leat_now() + a->timeout : 0;
    watch_signals(s);
    leat_run_options options = options_now(s, NULL);
    if (init != NULL)
        LEAT_TRY(run_once(s, &options, LEAT_NO_FEEDS, LEAT_NO_FETCHES, (leat_target_list){&init, 1}));
    return a->restore != NULL ? leat_restore_path(s->session, &s->meta, a->restore) : LEAT_OK;
}

bool leat_graph_session_has_step(const leat_graph_session *s)
{
    return s->n_targets + s->n_summaries > 0;
}

leat_status leat_graph_session_step(leat_graph_session *s, leat_profile *profile)
{
    leat_run_options o = options_now(s, profile);
    return run_once(s, &o, (leat_feed_list){s->feeds, s->n_feeds},
                    (leat_fetch_list){s->summaries, s->n_summaries},
                    (leat_target_list){s->targets, s->n_targets});
}

leat_status leat_graph_session_fetch(leat_graph_session *s, leat_profile *profile)
{
    leat_run_options o = options_now(s, profile);
    return run_once(s, &o, (leat_feed_list){s->feeds, s->n_feeds},
                    (leat_fetch_list){s->fetches, s->n_fetches}, LEAT_NO_TARGETS);
}

leat_status leat_graph_session_write(leat_graph_session *s, leat_tool *t, bool print)
{
    char text[8192];
    for (size_t i = 0; i < s->n_fetches; i++) {
        if (s->fetch_files[i] != NULL)
            LEAT_TRY(leat_tensor_write_npy(s->fetch_files[i], s->values[i]));
        else if (print)
            leat_print(t, "%s = %s\n", s->fetch_names[i], leat_tensor_print(s->values[i], text, sizeof text));
    }
    return LEAT_OK;
}
