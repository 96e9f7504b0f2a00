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

/* ---- restoring ---- */

/* The saver's own restore op, with the checkpoint's prefix fed for its file name. */
static leat_status restore_by_saver(leat_graph_session *s, const char *prefix)
{
    leat_op *op;
    leat_out filename;
    LEAT_TRY(leat_find_op(s->graph, s->meta.saver_restore, "the saver's restore op", &op));
    LEAT_TRY(leat_find_out(s->graph, s->meta.saver_filename, "the saver's file name", &filename));
    LEAT_TRY(leat_restore_check(s->graph, op, filename, prefix));
    leat_tensor *t = leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &prefix);
    if (t == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_feed feed = {filename, t};
    leat_status status = leat_run(s->session, (leat_feed_list){&feed, 1}, (leat_fetch_list){NULL, 0},
                                  (leat_target_list){&op, 1});
    leat_tensor_unref(t);
    return status;
}

static leat_status read_entry(leat_bundle *b, const leat_bundle_entry *e, leat_tensor **out)
{
    leat_tensor *t = leat_tensor_new((leat_dtype)e->meta.dtype, leat_shape_of(e->meta.rank, e->meta.dims));
    leat_status status = t == NULL              ? LEAT_ERR_NO_MEMORY
                         : e->status != LEAT_OK ? leat_fail(e->status, "%s", e->error.data)
                                                : LEAT_OK;
    if (status == LEAT_OK && e->meta.dtype != LEAT_STRING)
        status = leat_bundle_read(b, e, NULL, leat_tensor_data(t), leat_tensor_bytes(t));
    if (status == LEAT_OK && e->meta.dtype == LEAT_STRING) {
        leat_arena arena = {0};
        leat_bytes *items = leat_alloc_zero((size_t)leat_tensor_elements(t) + 1, sizeof *items);
        status = items != NULL ? leat_bundle_read_strings(b, e, NULL, items, leat_tensor_elements(t), &arena)
                               : leat_fail_memory(16);
        for (int64_t i = 0; status == LEAT_OK && i < leat_tensor_elements(t); i++)
            status = leat_tensor_set_string(t, i, items[i].data, items[i].size);
        leat_free(items);
        leat_arena_free(&arena);
    }
    if (status != LEAT_OK) {
        leat_tensor_unref(t);
        return status;
    }
    *out = t;
    return LEAT_OK;
}

static leat_status restore_variable(leat_graph_session *s, leat_bundle *b, leat_op *op)
{
    const char *shared = leat_attr_string(op, "shared_name");
    const char *name =
        strcmp(leat_op_type(op), "VarHandleOp") == 0 && *shared != '\0' ? shared : leat_op_name(op);
    leat_bundle_entry e = {0};
    leat_tensor *t = NULL;
    leat_status status = leat_bundle_find(b, name, strlen(name), &e);
    if (status == LEAT_ERR_NOT_FOUND) {
        leat_clear_message();
        return LEAT_OK;
    }
    if (status == LEAT_OK)
        status = read_entry(b, &e, &t);
    if (status == LEAT_OK)
        status = leat_session_set_variable(s->session, op, t);
    leat_tensor_unref(t);
    leat_bundle_entry_free(&e);
    return status;
}

static leat_status restore_by_name(leat_graph_session *s, const char *prefix)
{
    leat_bundle *b;
    LEAT_TRY(leat_bundle_open(&b, prefix));
    leat_status status = LEAT_OK;
    for (size_t i = 0; status == LEAT_OK && i < leat_graph_op_count(s->graph); i++)
        if (leat_op_is_variable(leat_graph_op_at(s->graph, i)))
            status = restore_variable(s, b, leat_graph_op_at(s->graph, i));
    leat_bundle_close(b);
    return status;
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
    if (init != NULL)
        LEAT_TRY(leat_run(s->session, (leat_feed_list){NULL, 0}, (leat_fetch_list){NULL, 0},
                          (leat_target_list){&init, 1}));
    if (a->restore == NULL)
        return LEAT_OK;
    return s->meta.saver_restore != NULL ? restore_by_saver(s, a->restore) : restore_by_name(s, a->restore);
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
