/* graphdef-options.c - what an import is asked for: a prefix, names that are unique in the graph, inputs from elsewhere, outputs that
 * are returned; as tf.import_graph_def has them. */
#include "graphdef-reader-private.h"

/* The prefix is a name scope: opened anew and so with _1, _2 where it is taken, or with a '/' at its end entered again. */
static leat_status take_prefix(reader *r)
{
    const char *prefix = r->o != NULL && r->o->prefix != NULL ? r->o->prefix : "";
    r->prefix = "";
    if (*prefix == '\0')
        return LEAT_OK;
    leat_scope scope = leat_name_scope_open(r->g, prefix);
    if (r->g->status == LEAT_OK)
        r->prefix = leat_graph_scope(r->g)->name_scope;
    leat_scope_close(&scope);
    LEAT_TRY(leat_graph_status(r->g));
    if (*r->prefix != '\0' && !leat_name_valid(r->prefix, strlen(r->prefix)))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%s' is not a valid scope name", r->prefix);
    return LEAT_OK;
}

static leat_status take_map(reader *r)
{
    size_t n = r->o != NULL ? r->o->n_map : 0;
    r->map_used = leat_alloc_zero(n + 1, sizeof *r->map_used);
    if (r->map_used == NULL)
        return leat_fail_memory(n);
    for (size_t i = 0; i < n; i++) {
        const char *name = r->o->map_names[i];
        if (r->o->map_outs[i].op == NULL || r->o->map_outs[i].op->graph != r->g)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the input map's '%s' is no output of the graph",
                             name);
        size_t size = strlen(name);
        bool first = size > 2 && strcmp(name + size - 2, ":0") == 0; /* inputs spell it without */
        LEAT_TRY(leat_map_put(&r->mapped, name, first ? size - 2 : size, (void *)&r->o->map_outs[i]));
    }
    return LEAT_OK;
}

leat_status leat_reader_take_options(reader *r)
{
    LEAT_TRY(take_prefix(r));
    return take_map(r);
}

/* ---- names that the graph has already ---- */

/* Notes a name's scopes: "a" and "a/b" of "a/b/c". */
static leat_status add_scopes(leat_map *scopes, const char *name, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if (name[i] == '/') {
            if (leat_map_get(scopes, name, i) != NULL)
                break; /* and so those around it */
            LEAT_TRY(leat_map_put(scopes, name, i, scopes));
        }
    return LEAT_OK;
}

/* A node's name, or a scope's: neither may be given twice. */
static bool is_taken(const reader *r, const leat_map *scopes, const char *name, size_t n)
{
    return leat_map_get(&r->g->names, name, n) != NULL || leat_map_get(scopes, name, n) != NULL;
}

/* NAME_1, NAME_2, ...: the first that is taken neither in the graph nor by a node that is still to come. */
static leat_status rename_node(reader *r, const node *n, const leat_map *scopes, leat_buf *full)
{
    size_t size = full->size, own = size - n->name_size;
    for (unsigned i = 1;; i++) {
        full->size = size;
        leat_buf_printf(full, "_%u", i);
        LEAT_TRY(leat_buf_status(full));
        if (!is_taken(r, scopes, full->data, full->size) &&
            leat_map_get(&r->index, full->data + own, full->size - own) == NULL)
            break;
    }
    char *name = leat_arena_strndup(&r->g->arena, full->data, full->size);
    return name != NULL ? leat_map_put(&r->renamed, n->name, n->name_size, name)
                        : leat_fail_memory(full->size);
}

leat_status leat_reader_full_name(const reader *r, const char *name, size_t n, leat_buf *full)
{
    const char *renamed = leat_map_get(&r->renamed, name, n);
    leat_buf_clear(full);
    if (renamed != NULL) {
        leat_buf_puts(full, renamed);
    } else {
        leat_buf_printf(full, "%s%s", r->prefix, *r->prefix != '\0' ? "/" : "");
        leat_buf_append(full, name, n);
    }
    return leat_buf_status(full);
}

leat_status leat_reader_make_names_unique(reader *r)
{
    leat_map scopes = {0};
    leat_buf full = {0};
    leat_status status = LEAT_OK;
    for (size_t i = 0; status == LEAT_OK && i < r->g->n_ops; i++)
        status = add_scopes(&scopes, r->g->ops[i]->name, strlen(r->g->ops[i]->name));
    for (size_t i = 0; status == LEAT_OK && r->g->n_ops > 0 && i < r->n; i++) {
        const node *n = &r->nodes[r->order[i]];
        status = leat_reader_full_name(r, n->name, n->name_size, &full);
        if (status == LEAT_OK && is_taken(r, &scopes, full.data, full.size))
            status = rename_node(r, n, &scopes, &full);
    }
    leat_map_free(&scopes);
    leat_buf_free(&full);
    return status;
}

/* ---- after the import ---- */

static leat_status find_named(reader *r, const char *name, input *in, leat_op **op)
{
    leat_field f = {.bytes = (const uint8_t *)name, .size = strlen(name)};
    LEAT_TRY(leat_reader_parse_input(&f, in));
    size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in->name, in->size);
    *op = from > 0 ? r->nodes[from - 1].op : NULL;
    return LEAT_OK;
}

/* As TensorFlow: a key of the input map must be an input of some node, or at least be there. */
leat_status leat_reader_check_map(reader *r)
{
    leat_buf missing = {0};
    for (size_t i = 0; r->o != NULL && i < r->o->n_map; i++) {
        input in;
        leat_op *op;
        leat_status status = find_named(r, r->o->map_names[i], &in, &op);
        bool there = status == LEAT_OK && op != NULL && (in.control || in.index < op->n_outputs);
        if (!there && !r->map_used[i])
            leat_buf_printf(&missing, "%s'%s'", missing.size > 0 ? ", " : "", r->o->map_names[i]);
    }
    leat_status status = leat_buf_status(&missing);
    if (status == LEAT_OK && missing.size > 0)
        status = leat_fail(LEAT_ERR_NOT_FOUND, "%s: not in the graph, but in the input map: %s", r->origin,
                           missing.data);
    leat_buf_free(&missing);
    return status;
}

static const leat_out *mapped_output(const reader *r, const char *name)
{
    leat_field f = {.bytes = (const uint8_t *)name, .size = strlen(name)};
    input in;
    return leat_reader_parse_input(&f, &in) == LEAT_OK ? leat_reader_mapped(r, &f, &in) : NULL;
}

leat_status leat_reader_give_returns(reader *r)
{
    for (size_t i = 0; r->o != NULL && i < r->o->n_return; i++) {
        const char *name = r->o->return_names[i];
        input in;
        leat_op *op;
        LEAT_TRY(find_named(r, name, &in, &op));
        const leat_out *given = strchr(name, ':') != NULL ? mapped_output(r, name) : NULL;
        if (given != NULL) { /* a tensor of the input map is what it was mapped to */
            r->o->return_outs[i] = *given;
            continue;
        }
        bool is_op = op != NULL && op->n_outputs == 0 && strchr(name, ':') == NULL;
        if (op == NULL || (in.index >= op->n_outputs && !is_op))
            return leat_fail(LEAT_ERR_NOT_FOUND, "%s: '%s' is not in the graph", r->origin, name);
        r->o->return_outs[i] = (leat_out){op, is_op ? -1 : (int)in.index};
    }
    return LEAT_OK;
}
