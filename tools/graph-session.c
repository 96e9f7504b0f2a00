/* graph-session.c - a graph file opened for running. */
#include <string.h>
#include "engine/files/saver-private.h"
#include "engine/plan-private.h"
#include "tools/graph-session-private.h"

void leat_graph_session_free(leat_graph_session *s)
{
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
    leat_session_free(s->session);
    leat_graph_free(s->graph);
    leat_meta_graph_free(&s->meta);
}

static leat_status import(leat_graph_session *s, const char *path)
{
    LEAT_TRY(leat_graph_file_open(&s->meta, path, &s->kind));
    leat_import_options o = {.size = sizeof o, .origin = path};
    return leat_import_opened(s->graph, &s->meta, &o);
}

/* ---- what the command line names ---- */

static leat_status take_feed(leat_graph_session *s, const char *text)
{
    char *name;
    const char *rest;
    leat_feed *f = &s->feeds[s->n_feeds];
    LEAT_TRY(leat_split_name(text, &name, &rest));
    leat_status status = rest != NULL ? leat_find_out(s->graph, name, "feed", &f->out)
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

static leat_status take_fetch(leat_graph_session *s, const char *text)
{
    char *name;
    const char *rest;
    LEAT_TRY(leat_split_name(text, &name, &rest));
    size_t i = s->n_fetches++;
    s->fetch_names[i] = name;
    s->fetch_files[i] = rest;
    s->fetches[i].value = &s->values[i];
    return leat_find_out(s->graph, name, "fetch", &s->fetches[i].out);
}

static leat_status take_names(leat_graph_session *s, const leat_run_args *a)
{
    s->feeds = leat_alloc_zero(a->feeds.count + 1, sizeof *s->feeds);
    s->targets = leat_alloc_zero(a->targets.count + 1, sizeof *s->targets);
    s->fetches = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetches);
    s->values = leat_alloc_zero(a->fetches.count + 1, sizeof *s->values);
    s->fetch_files = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetch_files);
    s->fetch_names = leat_alloc_zero(a->fetches.count + 1, sizeof *s->fetch_names);
    if (!s->feeds || !s->targets || !s->fetches || !s->values || !s->fetch_files || !s->fetch_names)
        return leat_fail_memory(a->fetches.count * sizeof *s->fetches);
    for (size_t i = 0; i < a->feeds.count; i++)
        LEAT_TRY(take_feed(s, a->feeds.items[i]));
    for (size_t i = 0; i < a->targets.count; i++)
        LEAT_TRY(leat_find_op(s->graph, a->targets.items[i], "target", &s->targets[s->n_targets++]));
    for (size_t i = 0; i < a->fetches.count; i++)
        LEAT_TRY(take_fetch(s, a->fetches.items[i]));
    return LEAT_OK;
}

leat_status leat_graph_session_open(leat_graph_session *s, const char *path, const leat_run_args *a)
{
    memset(s, 0, sizeof *s);
    s->graph = leat_graph_new();
    if (s->graph == NULL)
        return LEAT_ERR_NO_MEMORY;
    LEAT_TRY(import(s, path));
    LEAT_TRY(take_names(s, a));
    leat_op *init = NULL;
    if (a->init != NULL)
        LEAT_TRY(leat_find_op(s->graph, a->init, "init", &init));
    leat_session_options o = {.size = sizeof o, .threads = (int)a->threads};
    LEAT_TRY(leat_session_open(&s->session, s->graph, &o));
    if (s->kind == LEAT_SAVED_MODEL_DIR)
        LEAT_TRY(leat_restore_saved_model(s->session, &s->meta, path));
    if (init != NULL)
        LEAT_TRY(leat_run(s->session, (leat_feed_list){NULL, 0}, (leat_fetch_list){NULL, 0},
                          (leat_target_list){&init, 1}));
    if (a->restore == NULL)
        return LEAT_OK;
    return s->meta.saver_restore != NULL ? leat_restore_by_saver(s->session, &s->meta, a->restore)
                                         : leat_restore_by_name(s->session, a->restore);
}

leat_status leat_graph_session_step(leat_graph_session *s, const leat_run_options *options)
{
    return leat_run_with(s->session, options, (leat_feed_list){s->feeds, s->n_feeds},
                         (leat_fetch_list){NULL, 0}, (leat_target_list){s->targets, s->n_targets});
}

leat_status leat_graph_session_fetch(leat_graph_session *s, const leat_run_options *options)
{
    return leat_run_with(s->session, options, (leat_feed_list){s->feeds, s->n_feeds},
                         (leat_fetch_list){s->fetches, s->n_fetches}, (leat_target_list){NULL, 0});
}
