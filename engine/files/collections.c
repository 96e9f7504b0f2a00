/* collections.c - what a MetaGraphDef says beside its graph: collections become the graph's, the rest is kept for export. */
#include <string.h>
#include "graphdef-private.h"

/* Where a meta graph's names are looked for: "" or a scope with its '/'. */
typedef struct names {
    leat_graph *graph;
    const char *scope;
} names;

static leat_out named_out(const names *in, const leat_field *f)
{
    char name[2048];
    size_t scope = strlen(in->scope);
    if (f->size == 0 || f->size >= sizeof name - scope)
        return LEAT_NO_OUT;
    memcpy(name, in->scope, scope);
    memcpy(name + scope, f->bytes, f->size);
    name[scope + f->size] = '\0';
    if (strchr(name, ':') != NULL)
        return leat_graph_get(in->graph, name);
    return (leat_out){leat_graph_find(in->graph, name), -1};
}

/* Is the name's node there? Of an op that is not known only those outputs are that the graph uses. */
static bool names_node(const names *in, const uint8_t *bytes, size_t size)
{
    const char *colon = size > 0 ? memchr(bytes, ':', size) : NULL;
    leat_field node = {.bytes = bytes, .size = colon != NULL ? (size_t)(colon - (const char *)bytes) : size};
    leat_op *op = named_out(in, &node).op;
    return op != NULL && (colon == NULL || op->type->def == NULL ||
                          named_out(in, &(leat_field){.bytes = bytes, .size = size}).op != NULL);
}

/* VariableDef: variable_name 1, initializer_name 2, snapshot_name 3, is_resource 5, trainable 7. */
static leat_status add_variable(const names *in, leat_wire w, const char *collection)
{
    leat_graph *g = in->graph;
    leat_field f, bad = {0};
    leat_out variable = LEAT_NO_OUT, init = LEAT_NO_OUT, read = LEAT_NO_OUT;
    bool trainable = true;
    while (leat_wire_next(&w, &f)) {
        leat_out out = f.type == LEAT_WIRE_BYTES && f.number <= 3 ? named_out(in, &f) : LEAT_NO_OUT;
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
static leat_status add_collection(const names *in, leat_wire w, const char *name)
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
                LEAT_TRY(add_variable(in, leat_wire_sub(&items, &item), name));
            } else if (list.number == 1) {
                leat_out out = named_out(in, &item);
                if (out.op == NULL && !names_node(in, item.bytes, item.size))
                    return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                                     "collection '%s' names '%.*s', which is not in the graph", name,
                                     (int)LEAT_MIN(item.size, (size_t)200), (const char *)item.bytes);
                leat_collection_add(in->graph, name, out);
            }
        }
        LEAT_TRY(leat_wire_status(&items));
    }
    return leat_wire_status(&w);
}

/* The parts that the graph does not know are kept as they came; leat_put_meta_parts writes them again. */
static leat_status keep_part(leat_graph *g, const leat_meta_part *part, const leat_collection *collection)
{
    leat_kept_part kept = {.number = part->number, .size = part->bytes.size};
    LEAT_TRY(leat_grow(&g->parts, &g->parts_capacity, g->n_parts + 1, sizeof *g->parts));
    kept.bytes = leat_arena_strndup(&g->arena, part->bytes.data, part->bytes.size);
    if (kept.bytes == NULL)
        return leat_fail_memory(part->bytes.size);
    kept.collection = collection != NULL ? collection->name : NULL;
    kept.n_items = collection != NULL ? collection->n : 0;
    g->parts[g->n_parts++] = kept;
    return LEAT_OK;
}

static const leat_collection *find_collection(const leat_graph *g, const char *name)
{
    for (size_t i = 0; i < g->n_collections; i++)
        if (strcmp(g->collections[i].name, name) == 0)
            return &g->collections[i];
    return NULL;
}

/* In a scope the part itself no longer says what the collection is; it will be written from the graph's. */
static leat_status take_collection(const names *in, const leat_meta_part *part, uint64_t offset)
{
    leat_graph *g = in->graph;
    leat_wire w = leat_wire_from(part->bytes.data, part->bytes.size, offset);
    leat_field f, key = {0}, value = {0};
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES)
            key = f;
        if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            value = f;
    }
    LEAT_TRY(leat_wire_status(&w));
    const char *name = leat_graph_intern(g, key.bytes != NULL ? (const char *)key.bytes : "", key.size);
    if (name == NULL)
        return leat_graph_status(g);
    if (value.bytes != NULL)
        LEAT_TRY(add_collection(in, leat_wire_sub(&w, &value), name));
    return *in->scope == '\0' ? keep_part(g, part, find_collection(g, name)) : LEAT_OK;
}

/* The tensors of a signature must be in the graph. */
static leat_status check_signature(const names *in, const leat_meta_part *part, uint64_t offset)
{
    leat_signature_def s;
    leat_status status = leat_signature_def_read(part->bytes, offset, &s);
    for (size_t i = 0; status == LEAT_OK && i < s.n; i++) {
        leat_bytes name = s.items[i].tensor;
        if (name.size > 0 && !names_node(in, (const uint8_t *)name.data, name.size))
            status = leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                               "signature '%.*s' names '%.*s', which is not in the graph",
                               (int)LEAT_MIN(s.key.size, (size_t)200), s.key.data,
                               (int)LEAT_MIN(name.size, (size_t)200), name.data);
    }
    leat_signature_def_free(&s);
    return status;
}

/* What is no collection, signatures among it, is of the whole meta graph and means nothing in a scope. */
static leat_status take_part(const names *in, const leat_meta_part *part, uint64_t offset)
{
    if (part->number == 4)
        return take_collection(in, part, offset);
    if (*in->scope != '\0')
        return LEAT_OK;
    if (part->number == 5)
        LEAT_TRY(check_signature(in, part, offset));
    return keep_part(in->graph, part, NULL);
}

leat_status leat_import_collections(leat_graph *g, const leat_meta_graph *m, const char *origin,
                                    const char *scope)
{
    const names in = {g, scope};
    for (size_t i = 0; i < m->n_parts; i++) {
        const leat_meta_part *part = &m->parts[i];
        uint64_t offset = (uint64_t)(part->bytes.data - m->file.data);
        leat_status status = take_part(&in, part, offset);
        if (status != LEAT_OK && m->is_text)
            return leat_fail_context(status, "%s", origin);
        if (status != LEAT_OK)
            return leat_fail_context(status, "%s:%llu", origin, (unsigned long long)offset);
    }
    return leat_graph_status(g);
}

static leat_out signature_tensor(const leat_graph *g, const char *signature, const char *key, bool output)
{
    leat_out found = LEAT_NO_OUT;
    const names in = {(leat_graph *)g, ""};
    for (size_t i = 0; i < g->n_parts && found.op == NULL; i++) {
        leat_signature_def s;
        if (g->parts[i].number != 5 ||
            leat_signature_def_read((leat_bytes){g->parts[i].bytes, g->parts[i].size}, 0, &s) != LEAT_OK)
            continue;
        bool wanted = s.key.size == strlen(signature) && memcmp(s.key.data, signature, s.key.size) == 0;
        for (size_t k = 0; wanted && k < s.n; k++) {
            const leat_signature_tensor *t = &s.items[k];
            leat_field name = {.bytes = (const uint8_t *)t->tensor.data, .size = t->tensor.size};
            if (t->output == output && t->key.size == strlen(key) &&
                memcmp(t->key.data, key, t->key.size) == 0)
                found = named_out(&in, &name);
        }
        leat_signature_def_free(&s);
    }
    return found;
}

leat_status leat_check_signature(const leat_graph *g, const char *signature)
{
    leat_buf seen = {0};
    bool there = false;
    for (size_t i = 0; i < g->n_parts && !there; i++) {
        leat_signature_def s;
        if (g->parts[i].number != 5 ||
            leat_signature_def_read((leat_bytes){g->parts[i].bytes, g->parts[i].size}, 0, &s) != LEAT_OK)
            continue;
        there = s.key.size == strlen(signature) && memcmp(s.key.data, signature, s.key.size) == 0;
        leat_buf_puts(&seen, seen.size > 0 ? "; " : "");
        leat_buf_append(&seen, s.key.data, s.key.size);
        leat_signature_def_free(&s);
    }
    leat_status status = leat_buf_status(&seen);
    if (status == LEAT_OK && !there)
        status = leat_fail(LEAT_ERR_NOT_FOUND, "the graph has no signature '%s'; there are: %s", signature,
                           seen.size > 0 ? seen.data : "none");
    leat_buf_free(&seen);
    return status;
}

leat_out leat_signature_input(const leat_graph *g, const char *signature, const char *key)
{
    return signature_tensor(g, signature, key, false);
}

leat_out leat_signature_output(const leat_graph *g, const char *signature, const char *key)
{
    return signature_tensor(g, signature, key, true);
}
