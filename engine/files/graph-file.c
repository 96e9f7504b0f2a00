/* graph-file.c - graphs in files: which kind a file is; MetaGraphDef and SavedModel unwrapped; collections. */
#include <string.h>
#include "base/file-private.h"
#include "graphdef-private.h"

#define MAX_GRAPH_BYTES (UINT64_C(2) << 30)

void leat_meta_graph_free(leat_meta_graph *m)
{
    leat_buf_free(&m->file);
    leat_free(m->saver_filename);
    leat_free(m->saver_save);
    leat_free(m->saver_restore);
    leat_free(m->collections);
    leat_free(m->signatures);
    memset(m, 0, sizeof *m);
}

static leat_status take_text(const leat_field *f, char **text)
{
    leat_free(*text);
    *text = leat_strndup((const char *)f->bytes, f->size);
    return *text != NULL ? LEAT_OK : leat_fail_memory(f->size);
}

static leat_status scan_saver(leat_meta_graph *m, leat_wire w)
{
    leat_field f;
    m->saver_max_to_keep = 5;
    m->saver_keep_hours = 10000;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 4 && f.type == LEAT_WIRE_VARINT)
            m->saver_max_to_keep = (int)f.varint;
        if (f.number == 6 && f.type == LEAT_WIRE_FIXED32)
            m->saver_keep_hours = (double)leat_field_float(&f);
        if (f.type != LEAT_WIRE_BYTES)
            continue;
        if (f.number == 1)
            LEAT_TRY(take_text(&f, &m->saver_filename));
        else if (f.number == 2)
            LEAT_TRY(take_text(&f, &m->saver_save));
        else if (f.number == 3)
            LEAT_TRY(take_text(&f, &m->saver_restore));
    }
    return leat_wire_status(&w);
}

static leat_status keep_entry(leat_bytes **items, size_t *n, size_t *capacity, const leat_field *f)
{
    LEAT_TRY(leat_grow(items, capacity, *n + 1, sizeof **items));
    (*items)[(*n)++] = (leat_bytes){(const char *)f->bytes, f->size};
    return LEAT_OK;
}

static leat_status scan_meta(leat_meta_graph *m, leat_wire w)
{
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number >= 1 && f.number <= 6 && f.type != LEAT_WIRE_BYTES)
            return leat_fail(LEAT_ERR_DATA_LOSS,
                             "offset %llu: field %u is of the wrong wire type: this is no MetaGraphDef",
                             (unsigned long long)f.offset, f.number);
        if (f.number == 2) {
            leat_wire graph = leat_wire_sub(&w, &f);
            m->graph_def = f.bytes;
            m->graph_def_size = f.size;
            m->graph_def_offset = leat_wire_offset(&graph);
        } else if (f.number == 3) {
            LEAT_TRY(scan_saver(m, leat_wire_sub(&w, &f)));
        } else if (f.number == 4) {
            LEAT_TRY(keep_entry(&m->collections, &m->n_collections, &m->collections_capacity, &f));
        } else if (f.number == 5) {
            LEAT_TRY(keep_entry(&m->signatures, &m->n_signatures, &m->signatures_capacity, &f));
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    if (m->graph_def == NULL)
        return leat_fail(LEAT_ERR_DATA_LOSS, "no graph in the meta graph");
    return LEAT_OK;
}

/* Does the meta graph carry this tag? (meta_info_def: 1, tags: 4) */
static bool has_tag(leat_wire meta, const char *tag)
{
    leat_field f, t;
    while (leat_wire_next(&meta, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire info = leat_wire_sub(&meta, &f);
        while (leat_wire_next(&info, &t))
            if (t.number == 4 && t.type == LEAT_WIRE_BYTES && t.size == strlen(tag) &&
                memcmp(t.bytes, tag, t.size) == 0)
                return true;
    }
    return false;
}

static leat_status scan_saved_model(leat_meta_graph *m)
{
    leat_wire w = leat_wire_from(m->file.data, m->file.size, 0), chosen = {0};
    leat_field f;
    bool found = false;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 2 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire meta = leat_wire_sub(&w, &f);
        if (!found && has_tag(meta, "serve")) {
            chosen = meta;
            found = true;
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    if (!found)
        return leat_fail(LEAT_ERR_NOT_FOUND, "no meta graph tagged 'serve' in the SavedModel");
    return scan_meta(m, chosen);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), e = strlen(end);
    return n >= e && strcmp(text + n - e, end) == 0;
}

/* A GraphDef's first field is a node (1), whose payload begins with the name; a MetaGraphDef's is meta_info_def (1) or
 * graph_def (2). What tells them apart for certain is that the whole parses as one of them, so: the name decides where it ends in
 * .meta, else the first field 1 is looked into for a NodeDef's op (2) as text. */
static bool looks_like_meta(const leat_buf *file, const char *path)
{
    if (ends_with(path, ".meta"))
        return true;
    leat_wire w = leat_wire_from(file->data, file->size, 0);
    leat_field f, n;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 3 && f.type == LEAT_WIRE_BYTES)
            return true; /* saver_def; a GraphDef's 3 is a number */
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire node = leat_wire_sub(&w, &f);
        while (leat_wire_next(&node, &n))
            if (n.number == 2 && n.type == LEAT_WIRE_BYTES) /* NodeDef.op, or MetaInfoDef.stripped_op_list */
                return n.size > 0 && n.bytes[0] == '\n';
        if (!leat_wire_next(&node, &n) && f.size > 0)
            return leat_wire_status(&node) == LEAT_OK;
    }
    return false;
}

leat_status leat_graph_file_open(leat_meta_graph *m, const char *path, leat_graph_file_kind *kind)
{
    memset(m, 0, sizeof *m);
    leat_status status;
    if (leat_path_kind_of(path) == LEAT_PATH_DIR) {
        char *file = leat_path_join(path, "saved_model.pb");
        if (file == NULL)
            return leat_fail_memory(strlen(path));
        *kind = LEAT_SAVED_MODEL_DIR;
        status = leat_file_read_all(file, MAX_GRAPH_BYTES, &m->file);
        leat_free(file);
        if (status == LEAT_OK && (status = scan_saved_model(m)) != LEAT_OK)
            leat_fail_context(status, "%s/saved_model.pb", path);
    } else {
        status = leat_file_read_all(path, MAX_GRAPH_BYTES, &m->file);
        *kind = LEAT_GRAPH_FILE;
        if (status == LEAT_OK && m->file.size == 0) {
            status = leat_fail(LEAT_ERR_DATA_LOSS, "%s:0: the file is empty", path);
        } else if (status == LEAT_OK && looks_like_meta(&m->file, path)) {
            *kind = LEAT_META_GRAPH_FILE;
            if ((status = scan_meta(m, leat_wire_from(m->file.data, m->file.size, 0))) != LEAT_OK)
                leat_fail_context(status, "%s", path);
        } else if (status == LEAT_OK) {
            m->graph_def = (const uint8_t *)m->file.data;
            m->graph_def_size = m->file.size;
        }
    }
    if (status != LEAT_OK)
        leat_meta_graph_free(m);
    return status;
}

/* ---- collections ---- */

static leat_out named_out(const leat_graph *g, const leat_field *f)
{
    char name[1024];
    if (f->size >= sizeof name)
        return LEAT_NO_OUT;
    memcpy(name, f->bytes, f->size);
    name[f->size] = '\0';
    if (strchr(name, ':') != NULL)
        return leat_graph_get(g, name);
    return (leat_out){leat_graph_find(g, name), -1};
}

/* VariableDef: variable_name 1, initializer_name 2, snapshot_name 3, is_resource 5, trainable 7. */
static leat_status add_variable(leat_graph *g, leat_wire w, const char *collection)
{
    leat_field f, bad = {0};
    leat_out variable = LEAT_NO_OUT, init = LEAT_NO_OUT, read = LEAT_NO_OUT;
    bool trainable = true;
    while (leat_wire_next(&w, &f)) {
        leat_out out = f.type == LEAT_WIRE_BYTES && f.number <= 3 ? named_out(g, &f) : LEAT_NO_OUT;
        if (f.number >= 1 && f.number <= 3 && out.op == NULL && f.size > 0)
            bad = f;
        if (f.number == 1)
            variable = out;
        else if (f.number == 2)
            init = out;
        else if (f.number == 3)
            read = out;
        else if (f.number == 7)
            trainable = f.varint != 0;
    }
    LEAT_TRY(leat_wire_status(&w));
    if (variable.op == NULL || bad.size > 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "collection '%s' names '%.*s', which is not in the graph",
                         collection, (int)LEAT_MIN(bad.size, (size_t)200),
                         bad.size > 0 ? (const char *)bad.bytes : "");
    if (leat_graph_variable(g, variable.op) == NULL) {
        leat_variable_info info = {.op = variable.op,
                                   .initializer = init.op,
                                   .read = read,
                                   .dtype = leat_attr_type(variable.op, "dtype"),
                                   .shape = leat_attr_shape(variable.op, "shape"),
                                   .trainable = trainable};
        if (leat_graph_add_variable(g, &info) == NULL)
            return leat_graph_status(g);
    }
    leat_collection_add(g, collection, variable);
    return LEAT_OK;
}

/* CollectionDef: node_list 1 {value 1}, bytes_list 2 {value 1}; other lists are of no use here. */
static leat_status add_collection(leat_graph *g, leat_wire w, const char *name)
{
    bool variables = strcmp(name, LEAT_GLOBAL_VARIABLES) == 0 ||
                     strcmp(name, LEAT_TRAINABLE_VARIABLES) == 0 || strcmp(name, "local_variables") == 0 ||
                     strcmp(name, "model_variables") == 0 || strcmp(name, "moving_average_variables") == 0;
    leat_field list, item;
    while (leat_wire_next(&w, &list)) {
        if (list.type != LEAT_WIRE_BYTES || list.number > 2)
            continue;
        leat_wire items = leat_wire_sub(&w, &list);
        while (leat_wire_next(&items, &item)) {
            if (item.number != 1 || item.type != LEAT_WIRE_BYTES)
                continue;
            if (list.number == 2 && variables) {
                LEAT_TRY(add_variable(g, leat_wire_sub(&items, &item), name));
            } else if (list.number == 1) {
                leat_out out = named_out(g, &item);
                if (out.op == NULL)
                    return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                     "collection '%s' names '%.*s', which is not in the graph", name,
                                     (int)LEAT_MIN(item.size, (size_t)200), (const char *)item.bytes);
                leat_collection_add(g, name, out);
            }
        }
        LEAT_TRY(leat_wire_status(&items));
    }
    return leat_wire_status(&w);
}

leat_status leat_import_collections(leat_graph *g, const leat_meta_graph *m, const char *origin)
{
    for (size_t i = 0; i < m->n_collections; i++) {
        leat_wire w = leat_wire_from(m->collections[i].data, m->collections[i].size,
                                     (uint64_t)(m->collections[i].data - m->file.data));
        leat_field f, key = {0}, value = {0};
        while (leat_wire_next(&w, &f)) {
            if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
                key = f;
            if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
                value = f;
        }
        leat_status status = leat_wire_status(&w);
        const char *name = key.bytes != NULL ? leat_graph_intern(g, (const char *)key.bytes, key.size) : NULL;
        if (status == LEAT_OK && name != NULL && value.bytes != NULL)
            status = add_collection(g, leat_wire_sub(&w, &value), name);
        if (status != LEAT_OK)
            return leat_fail_context(status, "%s:%llu", origin,
                                     (unsigned long long)(m->collections[i].data - m->file.data));
    }
    return leat_graph_status(g);
}

leat_status leat_import_graph_file(leat_graph *g, const char *path, const leat_import_options *options)
{
    leat_meta_graph m;
    leat_graph_file_kind kind;
    leat_import_options o = options != NULL ? *options : (leat_import_options){.size = sizeof o};
    if (o.origin == NULL)
        o.origin = path;
    LEAT_TRY(leat_graph_file_open(&m, path, &kind));
    leat_status status = leat_import_graph_def_at(g, m.graph_def, m.graph_def_size, m.graph_def_offset, &o);
    if (status == LEAT_OK && (o.prefix == NULL || *o.prefix == '\0'))
        status = leat_import_collections(g, &m, o.origin);
    leat_meta_graph_free(&m);
    return status;
}

leat_status leat_export_graph_file(const leat_graph *g, const char *path)
{
    leat_buf b = {0};
    LEAT_TRY(leat_graph_status(g));
    leat_status status = leat_put_graph_def(&b, g, false);
    if (status == LEAT_OK)
        status = leat_file_replace(path, b.data, b.size, false);
    leat_buf_free(&b);
    return status;
}
