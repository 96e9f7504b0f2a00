/* restore.c - a checkpoint into a session: by the graph's own saver, by the variables' names, and as a SavedModel loads. */
#include <string.h>
#include "base/file-private.h"
#include "engine/files/checkpoint-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"
#include "engine/plan-private.h"

/* The saver's own restore op, with the checkpoint's prefix fed for its file name. */
static leat_status restore_by_saver(leat_session *s, const leat_meta_graph *m, const char *prefix)
{
    leat_graph *g = leat_session_graph(s);
    leat_op *op = leat_graph_find(g, m->saver_restore);
    leat_out filename = m->saver_filename != NULL ? leat_graph_get(g, m->saver_filename) : LEAT_NO_OUT;
    if (op == NULL || filename.op == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "the saver names '%s' and '%s', which are not both in the graph", m->saver_restore,
                         m->saver_filename != NULL ? m->saver_filename : "");
    LEAT_TRY(leat_restore_check(g, op, filename, prefix));
    leat_tensor *t = leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &prefix);
    if (t == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_feed feed = {filename, t};
    leat_status status = leat_run(s, (leat_feed_list){&feed, 1}, LEAT_NO_FETCHES, (leat_target_list){&op, 1});
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

static leat_status restore_variable(leat_session *s, leat_bundle *b, leat_op *op)
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
        status = leat_session_set_variable(s, op, t);
    leat_tensor_unref(t);
    leat_bundle_entry_free(&e);
    return status;
}

static leat_status restore_by_name(leat_session *s, const char *prefix)
{
    leat_graph *g = leat_session_graph(s);
    leat_bundle *b;
    LEAT_TRY(leat_bundle_open(&b, prefix));
    leat_status status = LEAT_OK;
    for (size_t i = 0; status == LEAT_OK && i < leat_graph_op_count(g); i++)
        if (leat_op_is_variable(leat_graph_op_at(g, i)))
            status = restore_variable(s, b, leat_graph_op_at(g, i));
    leat_bundle_close(b);
    return status;
}

leat_status leat_restore_path(leat_session *s, const leat_meta_graph *m, const char *path)
{
    char *prefix;
    LEAT_TRY(leat_checkpoint_resolve(path, &prefix));
    leat_status status =
        m->saver_restore != NULL ? restore_by_saver(s, m, prefix) : restore_by_name(s, prefix);
    leat_free(prefix);
    return status;
}

/* ---- SavedModel (tensorflow/python/saved_model/loader_impl.py) ---- */

typedef struct assets {
    leat_feed *feeds;
    size_t n, capacity;
} assets;

static void free_assets(assets *a)
{
    for (size_t i = 0; i < a->n; i++)
        leat_tensor_unref(a->feeds[i].value);
    leat_free(a->feeds);
}

/* AssetFileDef: tensor_info 1 {name 1}, filename 2. The tensor gets the path of the file. */
static leat_status add_asset(assets *a, const leat_graph *g, const char *dir, leat_wire w)
{
    leat_field f, t;
    leat_bytes tensor = {"", 0}, file = {"", 0};
    while (leat_wire_next(&w, &f)) {
        if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            file = (leat_bytes){(const char *)f.bytes, f.size};
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire info = leat_wire_sub(&w, &f);
        while (leat_wire_next(&info, &t))
            if (t.number == 1 && t.type == LEAT_WIRE_BYTES)
                tensor = (leat_bytes){(const char *)t.bytes, t.size};
    }
    LEAT_TRY(leat_wire_status(&w));
    char *name = leat_strndup(tensor.data, tensor.size);
    char *path = leat_asprintf("%s/assets/%.*s", dir, (int)LEAT_MIN(file.size, (size_t)4096), file.data);
    leat_feed feed = {name != NULL ? leat_graph_get(g, name) : LEAT_NO_OUT, NULL};
    leat_status status = name == NULL || path == NULL ? leat_fail_memory(tensor.size)
                         : feed.out.op == NULL
                             ? leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                         "%s: the asset '%.*s' is for '%s', which is not in the graph", dir,
                                         (int)LEAT_MIN(file.size, (size_t)200), file.data, name)
                             : LEAT_OK;
    if (status == LEAT_OK)
        status = leat_grow(&a->feeds, &a->capacity, a->n + 1, sizeof *a->feeds);
    if (status == LEAT_OK) {
        const char *text = path;
        feed.value = leat_tensor_from(LEAT_STRING, (leat_shape){.rank_plus_1 = 1}, &text);
        status = feed.value != NULL ? LEAT_OK : LEAT_ERR_NO_MEMORY;
    }
    if (status == LEAT_OK)
        a->feeds[a->n++] = feed;
    leat_free(name);
    leat_free(path);
    return status;
}

/* An entry of collection_def "saved_model_assets", where older SavedModels have them: CollectionDef.any_list 5 {value 1 {value 2}}. */
static leat_status add_collected(assets *a, const leat_graph *g, const char *dir, leat_wire entry)
{
    leat_field f, list, any, value;
    bool wanted = false;
    while (leat_wire_next(&entry, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            wanted = f.size == 18 && memcmp(f.bytes, "saved_model_assets", 18) == 0;
        if (!wanted || f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire lists = leat_wire_sub(&entry, &f);
        while (leat_wire_next(&lists, &list)) {
            if (list.number != 5 || list.type != LEAT_WIRE_BYTES)
                continue;
            leat_wire anys = leat_wire_sub(&lists, &list);
            while (leat_wire_next(&anys, &any)) {
                leat_wire values = leat_wire_sub(&anys, &any);
                while (leat_wire_next(&values, &value))
                    if (value.number == 2 && value.type == LEAT_WIRE_BYTES)
                        LEAT_TRY(add_asset(a, g, dir, leat_wire_sub(&values, &value)));
            }
        }
    }
    return leat_wire_status(&entry);
}

static leat_status find_assets(assets *a, const leat_graph *g, const leat_meta_graph *m, const char *dir)
{
    for (int collected = 0; collected < 2 && a->n == 0; collected++)
        for (size_t i = 0; i < m->n_parts; i++) {
            const leat_meta_part *p = &m->parts[i];
            leat_wire w =
                leat_wire_from(p->bytes.data, p->bytes.size, (uint64_t)(p->bytes.data - m->file.data));
            if (p->number == 6 && !collected)
                LEAT_TRY(add_asset(a, g, dir, w));
            if (p->number == 4 && collected)
                LEAT_TRY(add_collected(a, g, dir, w));
        }
    return LEAT_OK;
}

/* The op to be run after the variables are there; NULL where there is none. */
static leat_op *init_op(const leat_graph *g)
{
    static const char *const collections[] = {"saved_model_main_op", "legacy_init_op"};
    leat_out out = leat_signature_output(g, "__saved_model_init_op", "__saved_model_init_op");
    for (size_t i = 0; out.op == NULL && i < LEAT_LEN(collections); i++)
        out = leat_collection_get(g, collections[i], 0);
    return out.op;
}

leat_status leat_restore_saved_model(leat_session *s, const leat_meta_graph *m, const char *path)
{
    leat_graph *g = leat_session_graph(s);
    assets a = {0};
    char *dir = leat_path_kind_of(path) == LEAT_PATH_DIR ? leat_strdup(path) : leat_path_dir(path);
    char *variables = dir != NULL ? leat_path_join(dir, "variables/variables") : NULL;
    leat_status status = variables != NULL ? LEAT_OK : leat_fail_memory(strlen(path));
    if (status == LEAT_OK && m->saver_restore != NULL)
        status = restore_by_saver(s, m, variables);
    leat_op *init = init_op(g);
    if (status == LEAT_OK && init != NULL)
        status = find_assets(&a, g, m, dir);
    if (status == LEAT_OK && init != NULL)
        status = leat_run(s, (leat_feed_list){a.feeds, a.n}, LEAT_NO_FETCHES, (leat_target_list){&init, 1});
    free_assets(&a);
    leat_free(variables);
    leat_free(dir);
    return status;
}

leat_status leat_load_saved_model(leat_session **session, leat_graph *g, const char *path, const char *tags,
                                  const leat_session_options *options)
{
    leat_meta_graph m;
    leat_graph_file_kind kind;
    leat_import_options o = {.size = sizeof o, .origin = path};
    *session = NULL;
    LEAT_TRY(leat_graph_file_open_tags(&m, path, tags != NULL ? tags : "serve", &kind));
    leat_status status = kind == LEAT_SAVED_MODEL_DIR
                             ? leat_import_opened(g, &m, &o)
                             : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: this is no SavedModel", path);
    if (status == LEAT_OK)
        status = leat_session_open(session, g, options);
    if (status == LEAT_OK && (status = leat_restore_saved_model(*session, &m, path)) != LEAT_OK) {
        leat_session_free(*session);
        *session = NULL;
    }
    leat_meta_graph_free(&m);
    return status;
}
