/* graph-file.c - graphs in files: which kind a file is, binary or text; GraphDefs into graphs and back. */
#include <string.h>
#include "base/file-private.h"
#include "graph-schema-private.h"
#include "graphdef-private.h"

#define MAX_GRAPH_BYTES (UINT64_C(2) << 30)

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), e = strlen(end);
    return n >= e && strcmp(text + n - e, end) == 0;
}

bool leat_path_is_text(const char *path)
{
    return ends_with(path, ".pbtxt") || ends_with(path, ".prototxt") || ends_with(path, ".textproto");
}

/* ---- text ---- */

static bool has_field(const leat_proto_message *m, leat_bytes name)
{
    for (size_t i = 0; i < m->n; i++)
        if (strlen(m->fields[i].name) == name.size && memcmp(m->fields[i].name, name.data, name.size) == 0)
            return true;
    return false;
}

/* No two of the three messages have a field of one name: the first one tells which it is. */
static leat_status kind_of_text(const leat_buf *text, const char *path, leat_graph_file_kind *kind,
                                const leat_proto_message **message)
{
    leat_bytes name = leat_text_first_name(text->data, text->size);
    *message = has_field(leat_saved_model_message, name)  ? leat_saved_model_message
               : has_field(leat_meta_graph_message, name) ? leat_meta_graph_message
                                                          : leat_graph_def_message;
    *kind = *message == leat_saved_model_message  ? LEAT_SAVED_MODEL_DIR
            : *message == leat_meta_graph_message ? LEAT_META_GRAPH_FILE
                                                  : LEAT_GRAPH_FILE;
    if (name.size == 0 && leat_text_is_blank(text->data, text->size))
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:1:1: the text is empty", path);
    return LEAT_OK;
}

static leat_status take_text(leat_meta_graph *m, const leat_buf *text, const char *origin,
                             leat_graph_file_kind *kind)
{
    const leat_proto_message *message = NULL;
    m->is_text = true;
    LEAT_TRY(kind_of_text(text, origin, kind, &message));
    return leat_text_read(message, origin, text->data, text->size, &m->file, &m->places);
}

static leat_status read_text(leat_meta_graph *m, const char *path, leat_graph_file_kind *kind)
{
    leat_buf text = {0};
    leat_status status = leat_file_read_all(path, MAX_GRAPH_BYTES, &text);
    if (status == LEAT_OK)
        status = take_text(m, &text, path, kind);
    leat_buf_free(&text);
    return status;
}

/* ---- which kind ---- */

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

/* Text in a file that is named as a binary one. */
static bool looks_like_text(const leat_buf *file)
{
    leat_bytes name = leat_text_first_name(file->data, file->size);
    if (!has_field(leat_graph_def_message, name) && !has_field(leat_meta_graph_message, name) &&
        !has_field(leat_saved_model_message, name))
        return false;
    const char *at = name.data + name.size, *end = file->data + file->size;
    while (at < end && *at == ' ')
        at++;
    return at < end && (*at == ':' || *at == '{' || *at == '<');
}

static leat_status read_binary(leat_meta_graph *m, const char *path, leat_graph_file_kind *kind)
{
    LEAT_TRY(leat_file_read_all(path, MAX_GRAPH_BYTES, &m->file));
    if (m->file.size == 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:0: the file is empty", path);
    if (looks_like_text(&m->file))
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s:0: this is text: its name must end in .pbtxt", path);
    if (strcmp(leat_path_base(path), "saved_model.pb") == 0)
        *kind = LEAT_SAVED_MODEL_DIR;
    else
        *kind = looks_like_meta(&m->file, path) ? LEAT_META_GRAPH_FILE : LEAT_GRAPH_FILE;
    return LEAT_OK;
}

/* The file within a SavedModel's directory. */
static leat_status saved_model_file(const char *dir, char **file)
{
    char *text = leat_path_join(dir, "saved_model.pbtxt");
    *file = leat_path_join(dir, "saved_model.pb");
    if (text == NULL || *file == NULL) {
        leat_free(text);
        leat_free(*file);
        return leat_fail_memory(strlen(dir));
    }
    bool is_text = leat_path_kind_of(*file) != LEAT_PATH_FILE && leat_path_kind_of(text) == LEAT_PATH_FILE;
    leat_free(is_text ? *file : text);
    if (is_text)
        *file = text;
    return LEAT_OK;
}

bool leat_is_saved_model(const char *path)
{
    char *file = NULL;
    if (leat_path_kind_of(path) != LEAT_PATH_DIR || saved_model_file(path, &file) != LEAT_OK)
        return false;
    bool is = leat_path_kind_of(file) == LEAT_PATH_FILE;
    leat_free(file);
    return is;
}

/* Finds the graph in m->file. */
static leat_status find_graph(leat_meta_graph *m, const char *tags, leat_graph_file_kind kind)
{
    if (kind == LEAT_SAVED_MODEL_DIR)
        return leat_scan_saved_model(m, tags);
    if (kind == LEAT_META_GRAPH_FILE)
        return leat_scan_meta_graph(m, leat_wire_from(m->file.data, m->file.size, 0));
    m->graph_def = (const uint8_t *)m->file.data;
    m->graph_def_size = m->file.size;
    return LEAT_OK;
}

static leat_status open_file(leat_meta_graph *m, const char *path, const char *tags,
                             leat_graph_file_kind *kind)
{
    LEAT_TRY(leat_path_is_text(path) ? read_text(m, path, kind) : read_binary(m, path, kind));
    return leat_wire_context(find_graph(m, tags, *kind), path);
}

leat_status leat_graph_bytes_open(leat_meta_graph *m, const void *bytes, size_t size, const char *origin,
                                  leat_graph_file_kind kind)
{
    memset(m, 0, sizeof *m);
    leat_buf given = {.data = (char *)bytes, .size = size}; /* only read */
    leat_graph_file_kind found = kind;
    leat_status status = LEAT_OK;
    if (size > 0 && looks_like_text(&given)) {
        status = take_text(m, &given, origin, &found);
    } else {
        leat_buf_append(&m->file, bytes, size);
        status = leat_buf_status(&m->file);
    }
    if (status == LEAT_OK && found != kind)
        status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s:1: the text is that of another message", origin);
    if (status == LEAT_OK)
        status = leat_wire_context(find_graph(m, "serve", kind), origin);
    if (status != LEAT_OK)
        leat_meta_graph_free(m);
    return status;
}

leat_status leat_graph_file_open_tags(leat_meta_graph *m, const char *path, const char *tags,
                                      leat_graph_file_kind *kind)
{
    char *file = NULL;
    memset(m, 0, sizeof *m);
    if (leat_path_kind_of(path) == LEAT_PATH_DIR)
        LEAT_TRY(saved_model_file(path, &file));
    leat_status status = open_file(m, file != NULL ? file : path, tags, kind);
    leat_free(file);
    if (status != LEAT_OK)
        leat_meta_graph_free(m);
    return status;
}

leat_status leat_graph_file_open(leat_meta_graph *m, const char *path, leat_graph_file_kind *kind)
{
    return leat_graph_file_open_tags(m, path, "serve", kind);
}

leat_status leat_import_opened(leat_graph *g, const leat_meta_graph *m, const leat_import_options *o)
{
    LEAT_TRY(leat_import_graph_def_at(g, m->graph_def, m->graph_def_size, m->graph_def_offset,
                                      m->is_text ? &m->places : NULL, o));
    return o->prefix == NULL || *o->prefix == '\0' ? leat_import_collections(g, m, o->origin, "") : LEAT_OK;
}

leat_status leat_import_graph_file(leat_graph *g, const char *path, const leat_import_options *options)
{
    leat_meta_graph m;
    leat_graph_file_kind kind;
    leat_import_options o = options != NULL ? *options : (leat_import_options){.size = sizeof o};
    if (o.origin == NULL)
        o.origin = path;
    LEAT_TRY(leat_graph_file_open(&m, path, &kind));
    leat_status status = leat_import_opened(g, &m, &o);
    leat_meta_graph_free(&m);
    return status;
}

leat_status leat_write_graph_bytes(const char *path, const leat_proto_message *message, const leat_buf *wire,
                                   bool durable)
{
    leat_buf text = {0};
    size_t unknown = 0;
    if (!leat_path_is_text(path))
        return leat_file_replace(path, wire->data, wire->size, durable);
    leat_status status = leat_text_write(message, wire->data, wire->size, &text, &unknown);
    if (status == LEAT_OK && unknown > 0)
        leat_note(LEAT_LOG_WARNING, "%s: %zu fields that have no name here are left out of the text", path,
                  unknown);
    if (status == LEAT_OK)
        status = leat_file_replace(path, text.data, text.size, durable);
    leat_buf_free(&text);
    return status;
}

leat_status leat_export_graph_file(const leat_graph *g, const char *path)
{
    leat_buf b = {0};
    LEAT_TRY(leat_graph_status(g));
    leat_status status = leat_put_graph_def(&b, g, false);
    if (status == LEAT_OK)
        status = leat_write_graph_bytes(path, leat_graph_def_message, &b, false);
    leat_buf_free(&b);
    return status;
}

leat_status leat_import_graph_text(leat_graph *g, const char *text, size_t size,
                                   const leat_import_options *options)
{
    leat_import_options o = options != NULL ? *options : (leat_import_options){.size = sizeof o};
    leat_buf given = {.data = (char *)text, .size = size}; /* only read */
    leat_meta_graph m = {0};
    leat_graph_file_kind kind;
    if (o.origin == NULL)
        o.origin = "graph";
    leat_status status = take_text(&m, &given, o.origin, &kind);
    if (status == LEAT_OK)
        status = leat_wire_context(find_graph(&m, "serve", kind), o.origin);
    if (status == LEAT_OK)
        status = leat_import_opened(g, &m, &o);
    leat_meta_graph_free(&m);
    return status;
}

leat_status leat_export_graph_text(const leat_graph *g, char **text, size_t *size)
{
    leat_buf wire = {0}, out = {0};
    size_t unknown;
    *text = NULL;
    LEAT_TRY(leat_graph_status(g));
    leat_status status = leat_put_graph_def(&wire, g, false);
    if (status == LEAT_OK)
        status = leat_text_write(leat_graph_def_message, wire.data, wire.size, &out, &unknown);
    leat_buf_free(&wire);
    if (status != LEAT_OK) {
        leat_buf_free(&out);
        return status;
    }
    *text = out.data;
    *size = out.size;
    return LEAT_OK;
}
