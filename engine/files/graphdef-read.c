/* graphdef-read.c - a serialized GraphDef into a graph.
 *
 * Two passes over the wire: the first finds every node's span and name and which nodes feed it; then the order is made
 * (topological, ties by the node's index), and each node's span is read again and built. Nothing is recursive, and a node costs a
 * few words beside what it is in the graph. Back edges of loops (NextIteration into Merge) do not count for the order. */
#include <stdlib.h>
#include <string.h>
#include "graphdef-private.h"

typedef struct node {
    leat_wire span;
    const char *name; /* in the bytes */
    const char *type;
    uint32_t name_size, type_size, n_inputs, pending;
    uint32_t outputs_named; /* of an unknown op: one more than the largest index asked for */
    leat_op *op;
} node;

typedef struct reader {
    leat_graph *g;
    const leat_import_options *o;
    const char *origin, *prefix;
    uint64_t size;
    node *nodes;
    size_t n, capacity;
    leat_map index; /* name -> node + 1 */
    uint32_t *succ_begin, *succ, *order;
    leat_map mapped; /* "name" or "name:k" -> leat_out * */
    const leat_text_places *places;
    bool *map_used; /* by index of o->map_names */
} reader;

/* "ORIGIN:OFFSET", or of what was text "ORIGIN:LINE". */
static leat_status at_offset(const reader *r, uint64_t offset, leat_status status)
{
    unsigned long long place = r->places != NULL ? leat_text_line_of(r->places, offset) : offset;
    return leat_fail_context(status, "%s:%llu", r->origin, place);
}

static leat_status at(const reader *r, const node *n, leat_status status)
{
    leat_fail_context(status, "node '%.*s' (%.*s)", (int)LEAT_MIN(n->name_size, 200), n->name,
                      (int)LEAT_MIN(n->type_size, 100), n->type);
    return at_offset(r, leat_wire_offset(&n->span), status);
}

/* ---- pass 1 ---- */

static leat_status scan_node(reader *r, const leat_wire *outer, const leat_field *field)
{
    node n = {.span = leat_wire_sub(outer, field), .name = "", .type = ""};
    leat_wire w = n.span;
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number > 5 || f.number == 0)
            continue;
        if (f.type != LEAT_WIRE_BYTES)
            return at_offset(
                r, f.offset,
                leat_fail(LEAT_ERR_DATA_LOSS, "a node's field %u is of the wrong wire type", f.number));
        if (f.number == 1) {
            n.name = (const char *)f.bytes;
            n.name_size = (uint32_t)f.size;
        } else if (f.number == 2) {
            n.type = (const char *)f.bytes;
            n.type_size = (uint32_t)f.size;
        }
        n.n_inputs += f.number == 3;
    }
    leat_status status = leat_wire_status(&w);
    if (status != LEAT_OK)
        return leat_fail_context(status, "%s", r->origin);
    if (!leat_name_valid(n.name, n.name_size) && n.name_size > 0)
        return at(r, &n, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "not a valid name"));
    if (n.name_size == 0)
        return at(r, &n, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the name is empty"));
    if (leat_map_get(&r->index, n.name, n.name_size) != NULL)
        return at(r, &n, leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the name is taken by an earlier node"));
    LEAT_TRY(leat_grow(&r->nodes, &r->capacity, r->n + 1, sizeof *r->nodes));
    r->nodes[r->n++] = n;
    return leat_map_put(&r->index, n.name, n.name_size, (void *)(uintptr_t)r->n);
}

static leat_status scan_versions(reader *r, const leat_wire *outer, const leat_field *field)
{
    leat_wire w = leat_wire_sub(outer, field);
    leat_field f;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 1 && f.type == LEAT_WIRE_VARINT)
            r->g->producer = (int32_t)f.varint;
        if (f.number == 2 && f.type == LEAT_WIRE_VARINT)
            r->g->min_consumer = (int32_t)f.varint;
    }
    return leat_wire_status(&w);
}

#define NEWEST_CONSUMER 2500 /* graph versions of TensorFlow up to 2.21 are below */

static leat_status scan(reader *r, const void *bytes, size_t size, uint64_t offset)
{
    leat_wire w = leat_wire_from(bytes, size, offset);
    leat_field f;
    if (size == 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "%s: empty", r->origin);
    while (leat_wire_next(&w, &f)) {
        if (f.number >= 1 && f.number <= 4 && f.type != (f.number == 3 ? LEAT_WIRE_VARINT : LEAT_WIRE_BYTES))
            return at_offset(r, f.offset,
                             leat_fail(LEAT_ERR_DATA_LOSS,
                                       "field %u is of the wrong wire type: this is no GraphDef", f.number));
        if (f.number == 1)
            LEAT_TRY(scan_node(r, &w, &f));
        else if (f.number == 4)
            LEAT_TRY(scan_versions(r, &w, &f));
        else if (f.number == 2) {
            char *copy = leat_arena_alloc(&r->g->arena, f.size + 1);
            if (copy == NULL)
                return leat_fail_memory(f.size);
            memcpy(copy, f.bytes, f.size);
            r->g->library = copy;
            r->g->library_size = f.size;
        }
    }
    leat_status status = leat_wire_status(&w);
    if (status != LEAT_OK)
        return leat_fail_context(status, "%s", r->origin);
    if (r->g->min_consumer > NEWEST_CONSUMER)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "%s: the graph asks for a consumer of version %d at least",
                         r->origin, r->g->min_consumer);
    return LEAT_OK;
}

/* ---- inputs by name ---- */

typedef struct input {
    const char *name;
    size_t size;
    int64_t index;
    bool control;
} input;

static leat_status parse_input(const leat_field *f, input *in)
{
    const char *text = (const char *)f->bytes;
    size_t n = f->size;
    *in = (input){0};
    if (n > 0 && text[0] == '^') {
        in->control = true;
        text++;
        n--;
    }
    size_t digits = 0;
    while (digits < n && text[n - 1 - digits] >= '0' && text[n - 1 - digits] <= '9')
        digits++;
    if (!in->control && digits > 0 && digits < n && text[n - 1 - digits] == ':') {
        if (digits > 9)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "input '%.*s' has too large an index",
                             (int)LEAT_MIN(f->size, (size_t)200), (const char *)f->bytes);
        for (size_t i = n - digits; i < n; i++)
            in->index = in->index * 10 + (text[i] - '0');
        n -= digits + 1;
    }
    in->name = text;
    in->size = n;
    if (n == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "an input's name is empty");
    return LEAT_OK;
}

static const leat_out *mapped(const reader *r, const leat_field *f, const input *in)
{
    const leat_out *out = leat_map_get(&r->mapped, (const char *)f->bytes, f->size);
    return out != NULL || in->index != 0 ? out : leat_map_get(&r->mapped, in->name, in->size);
}

static bool type_is(const node *n, const char *type)
{
    return strlen(type) == n->type_size && memcmp(n->type, type, n->type_size) == 0;
}

typedef leat_status edge_fn(reader *r, size_t from, size_t to, const input *in);

/* Calls fn for every edge that counts for the order. */
static leat_status each_edge(reader *r, edge_fn *fn)
{
    for (size_t i = 0; i < r->n; i++) {
        leat_wire w = r->nodes[i].span;
        leat_field f;
        input in;
        while (leat_wire_next(&w, &f)) {
            if (f.number != 3)
                continue;
            leat_status status = parse_input(&f, &in);
            if (status != LEAT_OK)
                return at(r, &r->nodes[i], status);
            const leat_out *given = mapped(r, &f, &in);
            if (given != NULL) {
                r->map_used[given - r->o->map_outs] = true;
                continue;
            }
            size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in.name, in.size);
            if (from == 0)
                return at(r, &r->nodes[i],
                          leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s '%.*s' is not in the graph",
                                    in.control ? "control input" : "input",
                                    (int)LEAT_MIN(in.size, (size_t)200), in.name));
            bool back = (type_is(&r->nodes[from - 1], "NextIteration") ||
                         type_is(&r->nodes[from - 1], "RefNextIteration")) &&
                        (type_is(&r->nodes[i], "Merge") || type_is(&r->nodes[i], "RefMerge"));
            if (!back)
                LEAT_TRY(fn(r, from - 1, i, &in));
        }
    }
    return LEAT_OK;
}

static leat_status count_edge(reader *r, size_t from, size_t to, const input *in)
{
    r->succ_begin[from + 1]++;
    r->nodes[to].pending++;
    if (!in->control)
        r->nodes[from].outputs_named = LEAT_MAX(r->nodes[from].outputs_named, (uint32_t)in->index + 1);
    return LEAT_OK;
}

static leat_status fill_edge(reader *r, size_t from, size_t to, const input *in)
{
    (void)in;
    r->succ[r->succ_begin[from]++] = (uint32_t)to;
    return LEAT_OK;
}

/* ---- order: a heap of ready nodes, least index first ---- */

static void heap_push(uint32_t *heap, size_t *n, uint32_t value)
{
    size_t i = (*n)++;
    while (i > 0 && heap[(i - 1) / 2] > value) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = value;
}

static uint32_t heap_pop(uint32_t *heap, size_t *n)
{
    uint32_t least = heap[0], value = heap[--*n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= *n)
            break;
        if (child + 1 < *n && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= value)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = value;
    return least;
}

/* Walks from an unordered node backwards through unordered ones until a node comes again: the cycle. */
static leat_status report_cycle(reader *r)
{
    uint32_t *pred = leat_alloc(r->n * sizeof *pred);
    leat_buf path = {0};
    size_t start = 0, steps = 0;
    if (pred == NULL)
        return leat_fail_memory(r->n * sizeof *pred);
    for (size_t i = 0; i < r->n; i++)
        if (r->nodes[i].pending > 0)
            for (uint32_t e = r->succ_begin[i]; e < r->succ_begin[i + 1]; e++)
                pred[r->succ[e]] = (uint32_t)i;
    while (r->nodes[start].pending == 0)
        start++;
    for (; steps < r->n; steps++)
        start = pred[start]; /* after n steps surely on the cycle */
    size_t i = start, shown = 0;
    do {
        leat_buf_append(&path, r->nodes[i].name, r->nodes[i].name_size);
        leat_buf_puts(&path, " <- ");
        i = pred[i];
    } while (i != start && ++shown < 20);
    leat_buf_append(&path, r->nodes[i].name, r->nodes[i].name_size);
    leat_status status = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "a cycle: %s",
                                   path.data != NULL && !path.failed ? path.data : "");
    leat_buf_free(&path);
    leat_free(pred);
    return at(r, &r->nodes[start], status);
}

static leat_status make_order(reader *r)
{
    r->succ_begin = leat_alloc_zero(r->n + 2, sizeof *r->succ_begin);
    r->order = leat_alloc((r->n + 1) * sizeof *r->order);
    uint32_t *heap = leat_alloc((r->n + 1) * sizeof *heap);
    leat_status status =
        r->succ_begin && r->order && heap ? each_edge(r, count_edge) : leat_fail_memory(r->n * sizeof *heap);
    if (status == LEAT_OK) {
        for (size_t i = 0; i < r->n; i++)
            r->succ_begin[i + 1] += r->succ_begin[i];
        r->succ = leat_alloc(((size_t)r->succ_begin[r->n] + 1) * sizeof *r->succ);
        status = r->succ != NULL ? each_edge(r, fill_edge)
                                 : leat_fail_memory(r->succ_begin[r->n] * sizeof *r->succ);
    }
    if (status == LEAT_OK) {
        for (size_t i = r->n; i > 0; i--) /* the fill moved each begin to the next one's */
            r->succ_begin[i] = r->succ_begin[i - 1];
        r->succ_begin[0] = 0;
        size_t ready = 0, done = 0;
        for (size_t i = 0; i < r->n; i++)
            if (r->nodes[i].pending == 0)
                heap_push(heap, &ready, (uint32_t)i);
        while (ready > 0) {
            uint32_t i = heap_pop(heap, &ready);
            r->order[done++] = i;
            for (uint32_t e = r->succ_begin[i]; e < r->succ_begin[i + 1]; e++)
                if (--r->nodes[r->succ[e]].pending == 0)
                    heap_push(heap, &ready, r->succ[e]);
        }
        if (done < r->n)
            status = report_cycle(r);
    }
    leat_free(heap);
    leat_free(r->succ);
    leat_free(r->succ_begin);
    r->succ = r->succ_begin = NULL;
    return status;
}

/* ---- pass 2 ---- */

static leat_status add_input(reader *r, leat_op_builder *b, const leat_field *f, leat_out *first, bool *back)
{
    input in;
    LEAT_TRY(parse_input(f, &in));
    const leat_out *given = mapped(r, f, &in);
    if (given != NULL) {
        if (in.control)
            leat_op_add_control(b, given->op);
        else
            leat_op_add_input(b, *given);
        return LEAT_OK;
    }
    size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in.name, in.size);
    leat_out out = {r->nodes[from - 1].op, (int)in.index};
    if (out.op == NULL) { /* a loop's back edge: stands for the forward one until its node is there */
        *back = true;
        out = *first;
    }
    if (first->op == NULL)
        *first = out;
    if (in.control)
        leat_op_add_control(b, out.op);
    else
        leat_op_add_input(b, out);
    return LEAT_OK;
}

/* "loc:@NODE" of attribute _class names a node, which got the prefix. */
static leat_status prefix_locations(reader *r, leat_op_builder *b, const char *name)
{
    leat_attr_value *v = b->n_attrs > 0 ? &b->attrs[b->n_attrs - 1].value : NULL;
    if (v == NULL || strcmp(b->attrs[b->n_attrs - 1].name, name) != 0 ||
        v->kind != LEAT_ATTR_LIST + LEAT_ATTR_STRING)
        return LEAT_OK;
    leat_bytes *items = leat_arena_alloc(&r->g->arena, (v->n + 1) * sizeof *items);
    if (items == NULL)
        return leat_fail_memory(v->n * sizeof *items);
    for (uint32_t i = 0; i < v->n; i++) {
        items[i] = ((const leat_bytes *)v->list)[i];
        if (items[i].size < 5 || memcmp(items[i].data, "loc:@", 5) != 0)
            continue;
        size_t prefix = strlen(r->prefix), size = items[i].size + prefix + 1;
        char *text = leat_arena_alloc(&r->g->arena, size + 1);
        if (text == NULL)
            return leat_fail_memory(size);
        memcpy(text, "loc:@", 5);
        memcpy(text + 5, r->prefix, prefix);
        text[5 + prefix] = '/';
        memcpy(text + 6 + prefix, items[i].data + 5, items[i].size - 5);
        text[size] = '\0';
        items[i] = (leat_bytes){text, size};
    }
    v->list = items;
    return LEAT_OK;
}

static leat_status add_attr(reader *r, leat_op_builder *b, leat_wire *outer, const leat_field *f)
{
    leat_wire w = leat_wire_sub(outer, f);
    leat_field e, key = {0}, value = {0};
    while (leat_wire_next(&w, &e)) {
        if (e.number == 1 && e.type == LEAT_WIRE_BYTES)
            key = e;
        if (e.number == 2 && e.type == LEAT_WIRE_BYTES)
            value = e;
    }
    LEAT_TRY(leat_wire_status(&w));
    const char *name = leat_graph_intern(r->g, (const char *)key.bytes, key.size);
    if (name == NULL)
        return LEAT_ERR_NO_MEMORY;
    leat_wire v = leat_wire_sub(&w, &value);
    leat_status status = leat_read_attr_value(&v, r->size, b, name);
    if (status == LEAT_OK && r->prefix[0] != '\0' && strcmp(name, "_class") == 0)
        status = prefix_locations(r, b, name);
    return status == LEAT_OK ? status : leat_fail_context(status, "attribute '%s'", name);
}

static leat_status fill_node(reader *r, leat_op_builder *b, node *n, bool *back)
{
    leat_wire w = n->span;
    leat_field f;
    leat_out first = LEAT_NO_OUT;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 3)
            LEAT_TRY(add_input(r, b, &f, &first, back));
        else if (f.number == 4)
            b->device = leat_graph_intern(r->g, (const char *)f.bytes, f.size);
        else if (f.number == 5)
            LEAT_TRY(add_attr(r, b, &w, &f));
    }
    return LEAT_OK;
}

static leat_status build_node(reader *r, node *n, bool *back)
{
    leat_buf name = {0};
    if (r->prefix[0] != '\0') {
        leat_buf_puts(&name, r->prefix);
        leat_buf_putc(&name, '/');
    }
    leat_buf_append(&name, n->name, n->name_size);
    leat_status status = leat_buf_status(&name);
    leat_op_builder *b =
        status == LEAT_OK ? leat_op_begin_literal(r->g, n->type, n->type_size, name.data, name.size) : NULL;
    leat_buf_free(&name);
    if (b == NULL)
        return status != LEAT_OK ? status : leat_graph_status(r->g);
    b->unknown_outputs = LEAT_MAX(n->outputs_named, 1);
    status = fill_node(r, b, n, back);
    if (status != LEAT_OK)
        leat_graph_keep(r->g, at(r, n, status));
    n->op = leat_op_end(b);
    if (n->op == NULL && status == LEAT_OK) {
        status = leat_graph_status(r->g);
        at_offset(r, leat_wire_offset(&n->span), status);
    }
    return status;
}

/* Puts a loop's back edges in their places. */
static leat_status patch(reader *r, node *n)
{
    leat_wire w = n->span;
    leat_field f;
    input in;
    uint32_t i = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 3)
            continue;
        LEAT_TRY(parse_input(&f, &in));
        size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in.name, in.size);
        if (in.control || mapped(r, &f, &in) != NULL || i >= n->op->n_inputs || from == 0)
            continue;
        leat_out out = {r->nodes[from - 1].op, (int)in.index};
        if (in.index >= out.op->n_outputs || leat_out_dtype(out) != leat_out_dtype(n->op->inputs[i]))
            return at(r, n,
                      leat_fail(LEAT_ERR_INVALID_ARGUMENT, "the back edge from '%s:%d' does not fit",
                                out.op->name, out.index));
        n->op->inputs[i++] = out;
    }
    return LEAT_OK;
}

static leat_status build(reader *r)
{
    bool any_back = false;
    for (size_t i = 0; i < r->n; i++)
        LEAT_TRY(build_node(r, &r->nodes[r->order[i]], &any_back));
    for (size_t i = 0; any_back && i < r->n; i++)
        if (type_is(&r->nodes[i], "Merge") || type_is(&r->nodes[i], "RefMerge"))
            LEAT_TRY(patch(r, &r->nodes[i]));
    return LEAT_OK;
}

/* ---- options ---- */

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

static leat_status find_named(reader *r, const char *name, input *in, leat_op **op)
{
    leat_field f = {.bytes = (const uint8_t *)name, .size = strlen(name)};
    LEAT_TRY(parse_input(&f, in));
    size_t from = (size_t)(uintptr_t)leat_map_get(&r->index, in->name, in->size);
    *op = from > 0 ? r->nodes[from - 1].op : NULL;
    return LEAT_OK;
}

/* As TensorFlow: a key of the input map must be an input of some node, or at least be there. */
static leat_status check_map(reader *r)
{
    for (size_t i = 0; r->o != NULL && i < r->o->n_map; i++) {
        input in;
        leat_op *op;
        LEAT_TRY(find_named(r, r->o->map_names[i], &in, &op));
        if (op == NULL && !r->map_used[i])
            return leat_fail(LEAT_ERR_NOT_FOUND, "%s: the input map's '%s' is not in the graph", r->origin,
                             r->o->map_names[i]);
    }
    return LEAT_OK;
}

static leat_status give_returns(reader *r)
{
    for (size_t i = 0; r->o != NULL && i < r->o->n_return; i++) {
        const char *name = r->o->return_names[i];
        input in;
        leat_op *op;
        LEAT_TRY(find_named(r, name, &in, &op));
        bool is_op = op != NULL && op->n_outputs == 0 && strchr(name, ':') == NULL;
        if (op == NULL || (in.index >= op->n_outputs && !is_op))
            return leat_fail(LEAT_ERR_NOT_FOUND, "%s: '%s' is not in the graph", r->origin, name);
        r->o->return_outs[i] = (leat_out){op, is_op ? -1 : (int)in.index};
    }
    return LEAT_OK;
}

leat_status leat_import_graph_def_at(leat_graph *g, const void *bytes, size_t size, uint64_t offset,
                                     const leat_text_places *places, const leat_import_options *o)
{
    LEAT_TRY(leat_graph_status(g));
    reader r = {.g = g, .o = o, .size = size, .places = places};
    r.origin = o != NULL && o->origin != NULL ? o->origin : "graph";
    r.prefix = o != NULL && o->prefix != NULL ? o->prefix : "";
    leat_status status = take_map(&r);
    if (status == LEAT_OK)
        status = scan(&r, bytes, size, offset);
    if (status == LEAT_OK)
        status = make_order(&r);
    if (status == LEAT_OK)
        status = build(&r);
    if (status == LEAT_OK)
        status = check_map(&r);
    if (status == LEAT_OK)
        status = give_returns(&r);
    leat_free(r.map_used);
    leat_free(r.nodes);
    leat_free(r.order);
    leat_map_free(&r.index);
    leat_map_free(&r.mapped);
    if (status != LEAT_OK)
        leat_graph_keep(g, status);
    return status;
}

leat_status leat_import_graph_def(leat_graph *g, const void *bytes, size_t size, const leat_import_options *o)
{
    return leat_import_graph_def_at(g, bytes, size, 0, NULL, o);
}
