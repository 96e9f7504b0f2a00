/* metagraph.c - MetaGraphDef written, and a saver taken from one (tensorflow/core/protobuf/meta_graph.proto, saver.proto). */
#include <stdio.h>
#include <string.h>
#include "base/file-private.h"
#include "engine/files/bundle-writer-private.h"
#include "engine/files/graph-schema-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"

#undef leat_saver_new
#undef leat_save

static void put_tensor_name(leat_buf *b, uint32_t field, leat_out out)
{
    size_t mark = leat_put_begin(b, field);
    leat_buf_printf(b, "%s:%d", out.op->name, out.index);
    leat_put_end(b, mark);
}

/* VariableDef. */
static void put_variable_def(leat_buf *b, const leat_graph *g, leat_out out)
{
    const leat_variable_info *v = leat_graph_variable(g, out.op);
    if (v == NULL)
        return;
    size_t item = leat_put_begin(b, 1);
    put_tensor_name(b, 1, (leat_out){v->op, 0});
    if (v->initializer != NULL)
        leat_put_string(b, 2, v->initializer->name);
    if (v->read.op != NULL)
        put_tensor_name(b, 3, v->read);
    if (leat_out_dtype(out) == LEAT_RESOURCE)
        leat_put_uint(b, 5, 1);
    if (v->initializer != NULL && v->initializer->n_inputs > 1)
        put_tensor_name(b, 6, v->initializer->inputs[1]);
    leat_put_uint(b, 7, v->trainable);
    leat_put_end(b, item);
}

static bool holds_variables(const leat_graph *g, const leat_collection *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (leat_graph_variable(g, c->items[i].op) == NULL)
            return false;
    return c->n > 0;
}

static void put_collection(leat_buf *b, const leat_graph *g, const leat_collection *c)
{
    size_t entry = leat_put_begin(b, 4);
    leat_put_string(b, 1, c->name);
    size_t value = leat_put_begin(b, 2);
    bool variables = holds_variables(g, c);
    size_t list = leat_put_begin(b, variables ? 2 : 1);
    for (size_t i = 0; i < c->n; i++)
        if (variables)
            put_variable_def(b, g, c->items[i]);
        else if (c->items[i].index < 0)
            leat_put_string(b, 1, c->items[i].op->name);
        else
            put_tensor_name(b, 1, c->items[i]);
    leat_put_end(b, list);
    leat_put_end(b, value);
    leat_put_end(b, entry);
}

static void put_saver(leat_buf *b, const leat_saver *s)
{
    size_t mark = leat_put_begin(b, 3);
    put_tensor_name(b, 1, s->filename);
    put_tensor_name(b, 2, s->save);
    leat_put_string(b, 3, s->restore->name);
    leat_put_uint(b, 4, (uint64_t)s->max_to_keep);
    if (s->sharded)
        leat_put_uint(b, 5, 1);
    leat_put_float(b, 6, (float)s->keep_hours);
    leat_put_uint(b, 7, s->version > 0 ? (uint64_t)s->version : 2); /* V2 */
    leat_put_end(b, mark);
}

/* Does a kept part still say what the graph's collection is? One that grew is written anew. */
static bool is_current(const leat_graph *g, const leat_kept_part *part)
{
    return part->collection == NULL || leat_collection_count(g, part->collection) == part->n_items;
}

static bool is_kept(const leat_graph *g, const leat_collection *c)
{
    for (size_t i = 0; i < g->n_parts; i++)
        if (g->parts[i].collection == c->name && is_current(g, &g->parts[i]))
            return true;
    return false;
}

/* The parts of an imported meta graph with numbers from..to, as they came. */
static size_t put_kept(leat_buf *b, const leat_graph *g, uint32_t from, uint32_t to)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_parts; i++)
        if (g->parts[i].number >= from && g->parts[i].number <= to && is_current(g, &g->parts[i])) {
            leat_put_bytes(b, g->parts[i].number, g->parts[i].bytes, g->parts[i].size);
            n++;
        }
    return n;
}

static leat_status put_meta_graph(leat_buf *b, const leat_graph *g, const leat_saver *s)
{
    LEAT_TRY(leat_graph_status(g));
    if (put_kept(b, g, 1, 1) == 0) {
        size_t info = leat_put_begin(b, 1);
        leat_put_string(b, 5, "2.21.0"); /* whose spelling of ops this is */
        leat_put_end(b, info);
    }
    size_t graph = leat_put_begin(b, 2);
    LEAT_TRY(leat_put_graph_def(b, g, false));
    leat_put_end(b, graph);
    if (s != NULL)
        put_saver(b, s);
    for (size_t i = 0; i < g->n_collections; i++)
        if (!is_kept(g, &g->collections[i]))
            put_collection(b, g, &g->collections[i]);
    put_kept(b, g, 4, UINT32_MAX);
    return leat_buf_status(b);
}

leat_status leat_save_meta_graph(const leat_graph *g, const leat_saver *s, const char *path)
{
    leat_buf b = {0};
    leat_file lock = LEAT_FILE_CLOSED;
    leat_commit c = {.file = LEAT_FILE_CLOSED};
    char *dir = leat_path_dir(path);
    leat_status status = dir != NULL ? put_meta_graph(&b, g, s) : leat_fail_memory(strlen(path));
    if (status == LEAT_OK)
        status = leat_dir_lock(&lock, dir, LEAT_DIR_LOCK_SECONDS);
    if (status == LEAT_OK) {
        status = leat_commit_begin(&c, path, LEAT_SAVE_INFIX, false);
        if (status == LEAT_OK)
            status = leat_file_write(&c.file, b.data, b.size);
        status = leat_commit_end(&c, status, true);
    }
    (void)leat_file_close(&lock);
    leat_free(dir);
    leat_buf_free(&b);
    return status;
}

leat_status leat_export_meta_graph(const leat_graph *g, const leat_saver *s, const char *path)
{
    leat_buf b = {0};
    leat_status status = put_meta_graph(&b, g, s);
    if (status == LEAT_OK)
        status = leat_write_graph_bytes(path, leat_meta_graph_message, &b, true);
    leat_buf_free(&b);
    return status;
}

leat_status leat_export_meta_graph_bytes(const leat_graph *g, const leat_saver *s, void **bytes, size_t *size)
{
    leat_buf b = {0};
    *bytes = NULL;
    leat_status status = put_meta_graph(&b, g, s);
    if (status != LEAT_OK) {
        leat_buf_free(&b);
        return status;
    }
    *bytes = b.data;
    *size = b.size;
    return LEAT_OK;
}

/* ---- a saver from a SaverDef ---- */

static leat_out scoped_out(const leat_graph *g, const char *scope, const char *name, bool op)
{
    char *full = leat_asprintf("%s%s", scope, name);
    leat_out out = full == NULL ? LEAT_NO_OUT
                   : op         ? (leat_out){leat_graph_find(g, full), -1}
                                : leat_graph_get(g, full);
    leat_free(full);
    return out;
}

leat_status leat_saver_of(leat_saver **out, leat_graph *g, const leat_meta_graph *m, const char *scope)
{
    *out = NULL;
    if (m->saver_restore == NULL || m->saver_filename == NULL || m->saver_save == NULL)
        return LEAT_OK;
    leat_saver *s = leat_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return leat_fail_memory(sizeof *s);
    s->graph = g;
    s->filename = scoped_out(g, scope, m->saver_filename, false);
    s->save = scoped_out(g, scope, m->saver_save, false);
    s->restore = scoped_out(g, scope, m->saver_restore, true).op;
    s->max_to_keep = m->saver_max_to_keep;
    s->keep_hours = m->saver_keep_hours;
    s->version = m->saver_version;
    s->sharded = m->saver_sharded;
    if (s->filename.op == NULL || s->save.op == NULL || s->restore == NULL) {
        leat_saver_free(s);
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "the saver names '%s', '%s', '%s', which are not all in the graph",
                         m->saver_filename, m->saver_save, m->saver_restore);
    }
    *out = s;
    return LEAT_OK;
}

/* ---- importing ---- */

/* The scope that an import into `scope` gets, with its '/'; what it is asked for may be taken. NULL where the graph has failed. */
static char *open_scope(leat_graph *g, const char *scope)
{
    leat_scope s = leat_name_scope_open(g, scope);
    char *full = g->status == LEAT_OK ? leat_asprintf("%s/", leat_graph_scope(g)->name_scope) : NULL;
    leat_scope_close(&s);
    return full;
}

static leat_status import_scoped(leat_saver **saver, leat_graph *g, const leat_meta_graph *m,
                                 const char *origin, const char *scope)
{
    char *full = open_scope(g, scope);
    leat_import_options o = {.size = sizeof o, .origin = origin, .prefix = full};
    LEAT_TRY(leat_graph_status(g));
    leat_status status = full != NULL ? leat_import_opened(g, m, &o) : leat_fail_memory(strlen(scope));
    if (status == LEAT_OK)
        status = leat_import_collections(g, m, origin, full);
    if (status == LEAT_OK && (status = leat_saver_of(saver, g, m, full)) != LEAT_OK)
        leat_fail_context(status, "%s", origin);
    leat_free(full);
    return status;
}

static leat_status import_whole(leat_saver **saver, leat_graph *g, const leat_meta_graph *m,
                                const char *origin)
{
    leat_import_options o = {.size = sizeof o, .origin = origin};
    LEAT_TRY(leat_import_opened(g, m, &o));
    return leat_fail_context(leat_saver_of(saver, g, m, ""), "%s", origin);
}

leat_status leat_import_meta_graph_scope(leat_saver **saver, leat_graph *g, const char *path,
                                         const char *import_scope)
{
    leat_meta_graph m;
    leat_graph_file_kind kind;
    *saver = NULL;
    LEAT_TRY(leat_graph_file_open(&m, path, &kind));
    leat_status status = import_scope != NULL && *import_scope != '\0'
                             ? import_scoped(saver, g, &m, path, import_scope)
                             : import_whole(saver, g, &m, path);
    leat_meta_graph_free(&m);
    return status;
}

leat_status leat_import_meta_graph(leat_saver **saver, leat_graph *g, const char *path)
{
    return leat_import_meta_graph_scope(saver, g, path, NULL);
}

leat_status leat_import_meta_graph_bytes(leat_saver **saver, leat_graph *g, const void *bytes, size_t size)
{
    leat_meta_graph m;
    *saver = NULL;
    LEAT_TRY(leat_graph_bytes_open(&m, bytes, size, "meta graph", LEAT_META_GRAPH_FILE));
    leat_status status = import_whole(saver, g, &m, "meta graph");
    leat_meta_graph_free(&m);
    return status;
}
