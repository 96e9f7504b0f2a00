/* metadata-read.c - a RunMetadata's step statistics as a recorded run: a lane for each thread of a device, or, where threads are
 * not told apart, as many lanes as ops ran at the same time. The fields' numbers stand in metadata.c. */
#include "config.h"
#include "profile/metadata-private.h"

#include <stdlib.h>
#include <string.h>

#define MOST_SPANS 4000000u
#define MOST_LANES 256u

/* One NodeExecStats. */
typedef struct execution {
    leat_profile_node node;
    int64_t start_ns, end_ns;
    uint64_t thread;
    uint32_t device, lane, tiles, id;
} execution;

struct leat_step_record {
    leat_profile_step step;
    execution *runs;
    size_t n_runs, capacity;
    leat_profile_node *nodes;
    leat_profile_span *spans;
    uint32_t *succ_begin, *succ;
    uint32_t n_lanes, n_devices, n_named; /* n_named: threads of the last device that have names */
    leat_arena text;
};

/* ---- labels ---- */

static const char *keep(leat_step_record *r, const char *text, size_t n, leat_status *status)
{
    const char *kept = leat_arena_strndup(&r->text, text, n);
    if (kept == NULL)
        *status = leat_fail_memory(n);
    return kept;
}

/* The value of " key=" behind the label's brackets: to the next blank. */
static const char *value_of(const char *at, const char *end, const char *key, size_t *n)
{
    const char *found = memmem(at, (size_t)(end - at), key, strlen(key));
    if (found == NULL)
        return NULL;
    found += strlen(key);
    const char *stop = memchr(found, ' ', (size_t)(end - found));
    *n = (size_t)((stop != NULL ? stop : end) - found);
    return found;
}

static double number_of(const char *at, const char *end, const char *key)
{
    size_t n;
    double value;
    const char *text = value_of(at, end, key, &n);
    return text != NULL && leat_parse_f64_n(text, n, &value) && value > 0 && value < 1e300 ? value : 0;
}

/* What the first node's label says of the step. */
static void read_step(leat_profile_step *s, const char *at, const char *end)
{
    double cpus = number_of(at, end, " cpus="), buffers = number_of(at, end, " buffers=");
    if (cpus >= 1)
        s->n_cpus = (uint32_t)LEAT_MIN(cpus, 65536.0);
    if (buffers >= 1)
        s->memory_bytes = (uint64_t)LEAT_MIN(buffers, 1e18);
    s->serial = s->serial || number_of(at, end, " serial=") > 0;
    s->alone = s->alone || number_of(at, end, " alone=") > 0;
}

static leat_status read_extras(leat_step_record *r, execution *e, const char *at, const char *end)
{
    leat_status status = LEAT_OK;
    size_t n;
    const char *text = value_of(at, end, " kernel=", &n);
    if (text != NULL)
        e->node.kernel = keep(r, text, n, &status);
    text = value_of(at, end, " shapes=", &n);
    if (text != NULL)
        e->node.shapes = keep(r, text, n, &status);
    e->node.flops = number_of(at, end, " flops=");
    e->node.bytes = number_of(at, end, " bytes=");
    e->node.float_bytes = (uint32_t)LEAT_MIN(number_of(at, end, " float="), 8.0);
    e->tiles = (uint32_t)LEAT_MIN(number_of(at, end, " tiles="), 65535.0);
    read_step(&r->step, at, end);
    return status;
}

/* "[memory] name = MatMul(a, b)" and what follows; else the label is no op's. */
static leat_status read_label(leat_step_record *r, execution *e, const leat_field *f)
{
    leat_status status = LEAT_OK;
    const char *at = (const char *)f->bytes, *end = at + f->size;
    const char *equals = memmem(at, f->size, " = ", 3);
    if (equals == NULL)
        return LEAT_OK;
    const char *op = equals + 3, *open = memchr(op, '(', (size_t)(end - op));
    const char *close = open != NULL ? memchr(open, ')', (size_t)(end - open)) : NULL;
    e->node.op = keep(r, op, (size_t)((open != NULL ? open : end) - op), &status);
    if (status != LEAT_OK || close == NULL)
        return status;
    e->node.inputs = keep(r, open + 1, (size_t)(close - open - 1), &status);
    return status == LEAT_OK ? read_extras(r, e, close, end) : status;
}

/* ---- the wire ---- */

static leat_status read_memory(const leat_wire *outer, const leat_field *field, execution *e)
{
    leat_field f;
    leat_wire w = leat_wire_sub(outer, field);
    while (leat_wire_next(&w, &f))
        if (f.number == 2 && f.type == LEAT_WIRE_VARINT && f.varint < UINT64_MAX / 4096)
            e->node.out_bytes += f.varint;
    return leat_wire_status(&w);
}

/* Times in RunMetadata come as microseconds, and in newer files as nanoseconds too, which are preferred. */
typedef struct times {
    int64_t start_us, end_us, start_ns, end_ns;
    bool has_ns;
} times;

/* Clocks that ran wild say nothing: such a node is left out. */
static bool use_times(execution *e, const times *t)
{
    int64_t base = t->has_ns ? t->start_ns : t->start_us, took = t->has_ns ? t->end_ns : t->end_us;
    int64_t unit = t->has_ns ? 1 : 1000, limit = INT64_MAX / 4 / unit;
    if (base < 0 || base > limit || took < 0 || took > limit)
        return false;
    e->start_ns = base * unit;
    e->end_ns = e->start_ns + took * unit;
    return true;
}

static leat_status read_node(leat_step_record *r, leat_wire w, uint32_t device)
{
    leat_field f;
    times t = {0};
    leat_wire begin = w;
    leat_status status = LEAT_OK;
    execution e = {.node = {.name = "", .op = "", .kernel = "", .shapes = "", .inputs = ""},
                   .device = device};
    while (status == LEAT_OK && leat_wire_next(&w, &f)) {
        int64_t v = (int64_t)f.varint;
        if (f.type == LEAT_WIRE_BYTES) {
            if (f.number == 1)
                e.node.name = keep(r, (const char *)f.bytes, f.size, &status);
            else if (f.number == 6)
                status = read_memory(&w, &f, &e);
            else if (f.number == 8)
                status = read_label(r, &e, &f);
        } else if (f.type == LEAT_WIRE_VARINT) {
            switch (f.number) {
            case 2: t.start_us = v; break;
            case 5: t.end_us = v; break;
            case 10: e.thread = f.varint; break;
            case 13: t.start_ns = v, t.has_ns = true; break;
            case 16: t.end_ns = v; break;
            default: break;
            }
        }
    }
    LEAT_TRY(status);
    LEAT_TRY(leat_wire_status(&w));
    LEAT_TRY(leat_read_outputs(&e.node, begin, &r->text));
    if (!use_times(&e, &t) || r->n_runs >= MOST_SPANS)
        return LEAT_OK;
    if (e.node.op[0] == '\0') /* without a label: the node's own name stands for its op */
        e.node.op = e.node.name;
    LEAT_TRY(leat_grow(&r->runs, &r->capacity, r->n_runs + 1, sizeof *r->runs));
    r->runs[r->n_runs++] = e;
    return LEAT_OK;
}

/* Devices of streams tell the same ops again. */
static bool counts(const leat_field *device)
{
    return memmem(device->bytes, device->size, "/stream:", 8) == NULL &&
           memmem(device->bytes, device->size, "memcpy", 6) == NULL;
}

static leat_status read_device(leat_step_record *r, leat_wire w, uint32_t device)
{
    leat_wire first = w;
    leat_field f;
    while (leat_wire_next(&first, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES && !counts(&f))
            return LEAT_OK;
    r->n_devices++;
    r->n_named = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(read_node(r, leat_wire_sub(&w, &f), device));
        r->n_named += f.number == 3 && f.type == LEAT_WIRE_BYTES;
    }
    return leat_wire_status(&w);
}

static leat_status read_metadata(leat_step_record *r, leat_wire w)
{
    leat_field f, g;
    uint32_t device = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire stats = leat_wire_sub(&w, &f);
        while (leat_wire_next(&stats, &g))
            if (g.number == 1 && g.type == LEAT_WIRE_BYTES)
                LEAT_TRY(read_device(r, leat_wire_sub(&stats, &g), device++));
        LEAT_TRY(leat_wire_status(&stats));
    }
    return leat_wire_status(&w);
}

/* ---- lanes ---- */

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_thread(const void *a, const void *b)
{
    const execution *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    int start = compare_i64(x->start_ns, y->start_ns);
    return start != 0 ? start : compare_i64(x->end_ns, y->end_ns);
}

static int by_start(const void *a, const void *b)
{
    const execution *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return compare_i64(x->start_ns, y->start_ns);
}

/* As a step's spans stand. */
static int by_lane(const void *a, const void *b)
{
    const execution *x = a, *y = b;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    int start = compare_i64(x->start_ns, y->start_ns);
    return start != 0 ? start : compare_i64(x->end_ns, y->end_ns);
}

/* Where all threads have names and are numbered from 0, as Leat's are, those that ran nothing have lanes, too. */
static bool lanes_by_name(leat_step_record *r)
{
    if (r->n_devices != 1 || r->n_named == 0 || r->n_named > MOST_LANES)
        return false;
    for (size_t i = 0; i < r->n_runs; i++)
        if (r->runs[i].thread >= r->n_named)
            return false;
    for (size_t i = 0; i < r->n_runs; i++)
        r->runs[i].lane = (uint32_t)r->runs[i].thread;
    r->n_lanes = r->n_named;
    return true;
}

/* One lane a thread; false where ops of one overlap, so that its number cannot be what it says. */
static bool lanes_by_thread(leat_step_record *r)
{
    qsort(r->runs, r->n_runs, sizeof *r->runs, by_thread);
    uint32_t lane = 0;
    for (size_t i = 0; i < r->n_runs; i++) {
        execution *e = &r->runs[i], *before = i > 0 ? e - 1 : NULL;
        bool same = before != NULL && before->device == e->device && before->thread == e->thread;
        if (same && e->start_ns < before->end_ns)
            return false;
        lane += before != NULL && !same;
        e->lane = lane;
    }
    r->n_lanes = lane + 1;
    return lanes_by_name(r) || r->n_lanes <= MOST_LANES;
}

/* Each op into the first lane of its device that is free; ops beyond the last lane are left out. */
static void lanes_by_time(leat_step_record *r)
{
    int64_t free_at[MOST_LANES];
    uint32_t base = 0, used = 0;
    size_t kept = 0;
    qsort(r->runs, r->n_runs, sizeof *r->runs, by_start);
    for (size_t i = 0; i < r->n_runs; i++) {
        execution e = r->runs[i];
        if (kept > 0 && r->runs[kept - 1].device != e.device) {
            base += used;
            used = 0;
        }
        uint32_t lane = 0;
        while (lane < used && free_at[lane] > e.start_ns)
            lane++;
        if (base + lane >= MOST_LANES)
            continue;
        used = LEAT_MAX(used, lane + 1);
        free_at[lane] = e.end_ns;
        e.lane = base + lane;
        r->runs[kept++] = e;
    }
    qsort(r->runs, kept, sizeof *r->runs, by_lane);
    r->n_runs = kept;
    r->n_lanes = base + used;
}

/* ---- nodes and edges ---- */

static int by_time(const void *a, const void *b)
{
    const execution *x = *(execution *const *)a, *y = *(execution *const *)b;
    int start = compare_i64(x->start_ns, y->start_ns);
    return start != 0 ? start : compare_i64(x->end_ns, y->end_ns);
}

/* Nodes by name, in the order in which they began: what a node waited for stands before it. */
static leat_status number_nodes(leat_step_record *r, execution **order, leat_map *ids)
{
    for (size_t i = 0; i < r->n_runs; i++)
        order[i] = &r->runs[i];
    qsort(order, r->n_runs, sizeof(execution *), by_time);
    for (size_t i = 0; i < r->n_runs; i++) {
        execution *e = order[i];
        void *found = leat_map_get(ids, e->node.name, strlen(e->node.name));
        if (found == NULL) {
            r->nodes[r->step.n_nodes++] = e->node;
            found = (void *)(uintptr_t)r->step.n_nodes;
            LEAT_TRY(leat_map_put(ids, e->node.name, strlen(e->node.name), found));
        }
        e->id = (uint32_t)((uintptr_t)found - 1);
        if (e->tiles == 0) /* a helper's share knows less */
            r->nodes[e->id] = e->node;
    }
    return LEAT_OK;
}

/* Calls for each input that ran: NULL succ counts. "a, b:1, ^c" */
static size_t each_edge(leat_step_record *r, const leat_map *ids, uint32_t *succ)
{
    size_t count = 0;
    for (uint32_t to = 0; to < r->step.n_nodes; to++)
        for (const char *at = r->nodes[to].inputs; *at != '\0';) {
            at += strspn(at, "^, ");
            size_t all = strcspn(at, ","), n = strcspn(at, ",:");
            void *found = leat_map_get(ids, at, n);
            uint32_t from = (uint32_t)((uintptr_t)found - 1);
            at += all;
            if (found == NULL || from >= to) /* a loop's back edge, or two clocks */
                continue;
            if (succ == NULL)
                r->succ_begin[from + 1]++;
            else
                succ[r->succ_begin[from]++] = to;
            count++;
        }
    return count;
}

static leat_status make_edges(leat_step_record *r, const leat_map *ids)
{
    size_t n = r->step.n_nodes;
    r->succ_begin = leat_alloc_zero(n + 2, sizeof *r->succ_begin);
    if (r->succ_begin == NULL)
        return leat_fail_memory(n * sizeof *r->succ_begin);
    size_t edges = each_edge(r, ids, NULL);
    if (edges == 0 || edges > UINT32_MAX) /* no labels: nothing is known of the graph */
        return LEAT_OK;
    for (size_t i = 0; i < n; i++)
        r->succ_begin[i + 1] += r->succ_begin[i];
    r->succ = leat_alloc_zero(edges, sizeof *r->succ);
    if (r->succ == NULL)
        return leat_fail_memory(edges * sizeof *r->succ);
    each_edge(r, ids, r->succ);
    for (size_t i = n; i > 0; i--) /* the fill moved each begin to the next one's */
        r->succ_begin[i] = r->succ_begin[i - 1];
    r->succ_begin[0] = 0;
    r->step.succ_begin = r->succ_begin;
    r->step.succ = r->succ;
    return LEAT_OK;
}

static leat_status make_step(leat_step_record *r)
{
    int64_t first = INT64_MAX, last = 0;
    leat_map ids = {0};
    execution **order = leat_alloc_zero(r->n_runs, sizeof *order);
    r->nodes = leat_alloc_zero(r->n_runs, sizeof *r->nodes);
    r->spans = leat_alloc_zero(r->n_runs, sizeof *r->spans);
    leat_status status =
        order && r->nodes && r->spans ? LEAT_OK : leat_fail_memory(r->n_runs * sizeof *r->nodes);
    if (status == LEAT_OK)
        status = number_nodes(r, order, &ids);
    if (status == LEAT_OK)
        status = make_edges(r, &ids);
    for (size_t i = 0; status == LEAT_OK && i < r->n_runs; i++) {
        first = LEAT_MIN(first, r->runs[i].start_ns);
        last = LEAT_MAX(last, r->runs[i].end_ns);
    }
    for (size_t i = 0; status == LEAT_OK && i < r->n_runs; i++) {
        const execution *e = &r->runs[i];
        r->spans[i] = (leat_profile_span){e->start_ns - first, e->end_ns - first, e->id, (uint16_t)e->lane,
                                          (uint16_t)e->tiles};
    }
    leat_map_free(&ids);
    leat_free(order);
    r->step.nodes = r->nodes;
    r->step.spans = r->spans;
    r->step.n_spans = r->n_runs;
    r->step.n_workers = r->n_lanes;
    r->step.duration_ns = last - LEAT_MIN(first, last);
    r->step.wall_time = (double)LEAT_MIN(first, last) / 1e9;
    return status;
}

leat_status leat_step_record_read(leat_step_record **out, const void *run_metadata, size_t size)
{
    leat_step_record *r = leat_alloc_zero(1, sizeof *r);
    *out = NULL;
    if (r == NULL)
        return leat_fail_memory(sizeof *r);
    leat_status status = read_metadata(r, leat_wire_from(run_metadata, size, 0));
    if (status == LEAT_OK && r->n_runs == 0)
        status = leat_fail(LEAT_ERR_DATA_LOSS, "the RunMetadata holds no timings");
    if (status == LEAT_OK) {
        if (!lanes_by_thread(r))
            lanes_by_time(r);
        status = make_step(r);
    }
    if (status != LEAT_OK) {
        leat_step_record_free(r);
        return status;
    }
    *out = r;
    return LEAT_OK;
}

const leat_profile_step *leat_step_record_step(const leat_step_record *r)
{
    return &r->step;
}

void leat_step_record_free(leat_step_record *r)
{
    if (r == NULL)
        return;
    leat_free(r->runs);
    leat_free(r->nodes);
    leat_free(r->spans);
    leat_free(r->succ_begin);
    leat_free(r->succ);
    leat_arena_free(&r->text);
    leat_free(r);
}
