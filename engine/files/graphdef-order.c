/* graphdef-order.c - the edges of a serialized GraphDef, and the order in which its nodes can be built. */
#include "graphdef-reader-private.h"

/* ---- inputs by name ---- */

leat_status leat_reader_parse_input(const leat_field *f, input *in)
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

const leat_out *leat_reader_mapped(const reader *r, const leat_field *f, const input *in)
{
    const leat_out *out = leat_map_get(&r->mapped, (const char *)f->bytes, f->size);
    return out != NULL || in->index != 0 ? out : leat_map_get(&r->mapped, in->name, in->size);
}

static bool is_back_edge(const node *from, const node *to)
{
    return (type_is(from, "NextIteration") || type_is(from, "RefNextIteration")) &&
           (type_is(to, "Merge") || type_is(to, "RefMerge"));
}

/* The number of the node of that name, and 1; 0: there is none. Most nodes name the one before them. */
static size_t find_node(const reader *r, size_t to, const input *in)
{
    const node *before = to > 0 ? &r->nodes[to - 1] : NULL;
    if (before != NULL && before->name_size == in->size && memcmp(before->name, in->name, in->size) == 0)
        return to;
    return (size_t)(uintptr_t)leat_map_get(&r->index, in->name, in->size);
}

/* Finds the node of an input; *source is what `sources` holds of it. */
static leat_status find_source(reader *r, size_t to, const leat_field *f, input *in, uint32_t *source)
{
    *source = 0;
    leat_status status = leat_reader_parse_input(f, in);
    if (status != LEAT_OK)
        return leat_reader_at(r, &r->nodes[to], status);
    const leat_out *given = leat_reader_mapped(r, f, in);
    if (given != NULL) {
        r->map_used[given - r->o->map_outs] = true;
        return LEAT_OK;
    }
    size_t from = find_node(r, to, in);
    if (from == 0)
        return leat_reader_at(r, &r->nodes[to],
                              leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s '%.*s' is not in the graph",
                                        in->control ? "control input" : "input",
                                        (int)LEAT_MIN(in->size, (size_t)200), in->name));
    *source = (uint32_t)from | (is_back_edge(&r->nodes[from - 1], &r->nodes[to]) ? BACK_EDGE : 0);
    return LEAT_OK;
}

/* Finds the sources of a node's inputs and counts the edges. seen: by node, the last one that had it as a control input. */
static leat_status count_edges(reader *r, size_t i, uint32_t *seen)
{
    node *n = &r->nodes[i];
    leat_wire w = n->span;
    leat_field f;
    input in;
    uint32_t k = n->first_source, repeats = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 3)
            continue;
        uint32_t *source = &r->sources[k++];
        LEAT_TRY(find_source(r, i, &f, &in, source));
        if (*source == 0 || (*source & BACK_EDGE))
            continue;
        size_t from = *source - 1;
        r->succ_begin[from + 1]++;
        n->pending++;
        if (!in.control)
            r->nodes[from].outputs_named = LEAT_MAX(r->nodes[from].outputs_named, (uint32_t)in.index + 1);
        repeats += in.control && seen[from] == i + 1;
        if (in.control)
            seen[from] = (uint32_t)i + 1;
        if (repeats > MOST_REPEATS)
            return leat_reader_at(
                r, n,
                leat_fail(LEAT_ERR_INVALID_ARGUMENT, "more than %d control inputs come twice", MOST_REPEATS));
    }
    return LEAT_OK;
}

static leat_status find_edges(reader *r)
{
    r->succ_begin = leat_alloc_zero(r->n + 2, sizeof *r->succ_begin);
    r->sources = leat_alloc_zero(r->n_sources + 1, sizeof *r->sources);
    uint32_t *seen = leat_alloc_zero(r->n + 1, sizeof *seen);
    leat_status status = r->succ_begin != NULL && r->sources != NULL && seen != NULL
                             ? LEAT_OK
                             : leat_fail_memory((r->n + r->n_sources) * sizeof *seen);
    for (size_t i = 0; status == LEAT_OK && i < r->n; i++)
        status = count_edges(r, i, seen);
    leat_free(seen);
    LEAT_TRY(status);
    for (size_t i = 0; i < r->n; i++)
        r->succ_begin[i + 1] += r->succ_begin[i];
    r->succ = leat_alloc(((size_t)r->succ_begin[r->n] + 1) * sizeof *r->succ);
    if (r->succ == NULL)
        return leat_fail_memory(r->succ_begin[r->n] * sizeof *r->succ);
    for (size_t i = 0; i < r->n; i++)
        for (uint32_t k = 0; k < r->nodes[i].n_inputs; k++) {
            uint32_t source = r->sources[r->nodes[i].first_source + k];
            if (source != 0 && !(source & BACK_EDGE))
                r->succ[r->succ_begin[source - 1]++] = (uint32_t)i;
        }
    for (size_t i = r->n; i > 0; i--) /* the fill moved each begin to the next one's */
        r->succ_begin[i] = r->succ_begin[i - 1];
    r->succ_begin[0] = 0;
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
    return leat_reader_at(r, &r->nodes[start], status);
}

leat_status leat_reader_make_order(reader *r)
{
    leat_status status = find_edges(r);
    r->order = leat_alloc((r->n + 1) * sizeof *r->order);
    uint32_t *heap = leat_alloc((r->n + 1) * sizeof *heap);
    if (status == LEAT_OK && (r->order == NULL || heap == NULL))
        status = leat_fail_memory(r->n * sizeof *heap);
    size_t ready = 0, done = 0;
    for (size_t i = 0; status == LEAT_OK && i < r->n; i++)
        if (r->nodes[i].pending == 0)
            heap_push(heap, &ready, (uint32_t)i);
    while (ready > 0) {
        uint32_t i = heap_pop(heap, &ready);
        r->order[done++] = i;
        for (uint32_t e = r->succ_begin[i]; e < r->succ_begin[i + 1]; e++)
            if (--r->nodes[r->succ[e]].pending == 0)
                heap_push(heap, &ready, r->succ[e]);
    }
    if (status == LEAT_OK && done < r->n)
        status = report_cycle(r);
    leat_free(heap);
    leat_free(r->succ);
    leat_free(r->succ_begin);
    r->succ = r->succ_begin = NULL;
    return status;
}

/* ---- loops ---- */

/* An Exit or NextIteration must stand within a loop: behind more Enters than Exits. depth: by node, how many loops it is in. */
leat_status leat_reader_check_loops(reader *r)
{
    bool any = false;
    for (size_t i = 0; !any && i < r->n; i++)
        any = type_is(&r->nodes[i], "Exit") || type_is(&r->nodes[i], "RefExit") ||
              type_is(&r->nodes[i], "NextIteration") || type_is(&r->nodes[i], "RefNextIteration");
    if (!any)
        return LEAT_OK;
    uint32_t *depth = leat_alloc_zero(r->n + 1, sizeof *depth);
    leat_status status = depth != NULL ? LEAT_OK : leat_fail_memory(r->n * sizeof *depth);
    for (size_t i = 0; status == LEAT_OK && i < r->n; i++) {
        node *n = &r->nodes[r->order[i]];
        uint32_t *mine = &depth[r->order[i]];
        for (uint32_t k = 0; k < n->n_inputs; k++) {
            uint32_t source = r->sources[n->first_source + k];
            if (source != 0 && !(source & BACK_EDGE))
                *mine = LEAT_MAX(*mine, depth[source - 1]);
        }
        bool leaves = type_is(n, "Exit") || type_is(n, "RefExit");
        if (*mine == 0 && (leaves || type_is(n, "NextIteration") || type_is(n, "RefNextIteration")))
            status = leat_reader_at(
                r, n,
                leat_fail(LEAT_ERR_INVALID_ARGUMENT, "it stands in no loop: there is no Enter before it"));
        *mine += type_is(n, "Enter") || type_is(n, "RefEnter");
        *mine -= leaves && *mine > 0;
    }
    leat_free(depth);
    return status;
}
