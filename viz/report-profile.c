/* A RunMetadata's step statistics as the events of a timeline: a lane for each thread of a device, or, where threads
 * are not told apart, as many lanes as ops ran at the same time. */
#include "config.h"
#include "viz/report-private.h"
#include "proto/wire-private.h"
#include <stdlib.h>
#include <string.h>

#define MOST_EVENTS 1000000u
#define MOST_LANES 64u

typedef struct op_run {
    leat_timeline_event event;
    uint32_t device;
    uint64_t thread;
} op_run;

struct leat_step_profile {
    leat_timeline_event *events;
    size_t n;
    op_run *runs;
    size_t n_runs, capacity;
    leat_arena text;
    uint32_t n_lanes;
};

static char *text_of(leat_step_profile *p, const leat_field *f)
{
    return leat_arena_strndup(&p->text, (const char *)f->bytes, f->size);
}

/* "MatMul" of a label such as "name = MatMul(a, b)"; else the label is no op's. */
static char *op_of(leat_step_profile *p, const leat_field *label)
{
    const char *at = (const char *)label->bytes, *end = at + label->size;
    const char *equals = memmem(at, label->size, " = ", 3);
    if (equals == NULL)
        return NULL;
    const char *paren = memchr(equals, '(', (size_t)(end - equals));
    const char *stop = paren ? paren : end;
    return leat_arena_strndup(&p->text, equals + 3, (size_t)(stop - equals - 3));
}

/* Times in RunMetadata come as microseconds, and in newer files as nanoseconds too, which are preferred. */
typedef struct times {
    int64_t start_us, end_us, start_ns, end_ns;
    bool has_ns;
} times;

static leat_status read_node(leat_step_profile *p, leat_wire w, uint32_t device)
{
    leat_field f;
    times t = {0};
    op_run r = {.event = {.name = "", .op = ""}, .device = device};
    char *op = NULL;
    bool named = false, labelled = false;
    while (leat_wire_next(&w, &f)) {
        if (f.type == LEAT_WIRE_BYTES && f.number == 1) {
            r.event.name = text_of(p, &f);
            named = true;
        } else if (f.type == LEAT_WIRE_BYTES && f.number == 8) {
            op = op_of(p, &f);
            labelled = memmem(f.bytes, f.size, " = ", 3) != NULL;
        } else if (f.type == LEAT_WIRE_VARINT) {
            int64_t v = (int64_t)f.varint;
            switch (f.number) {
            case 2: t.start_us = v; break;
            case 5: t.end_us = v; break;
            case 10: r.thread = f.varint; break;
            case 13: t.start_ns = v, t.has_ns = true; break;
            case 16: t.end_ns = v; break;
            default: break;
            }
        }
    }
    LEAT_TRY(leat_wire_status(&w));
    if ((named && r.event.name == NULL) || (labelled && op == NULL))
        return leat_fail_memory(1);
    /* Without a label the op type is unknown: the node's own name stands for it. */
    r.event.op = op ? op : r.event.name;
    int64_t base = t.has_ns ? t.start_ns : t.start_us, took = t.has_ns ? t.end_ns : t.end_us;
    int64_t unit = t.has_ns ? 1 : 1000, limit = INT64_MAX / 4 / unit;
    if (base < 0 || base > limit || took < 0 || took > limit || p->n_runs >= MOST_EVENTS)
        return LEAT_OK; /* clocks that ran wild say nothing */
    r.event.start_ns = base * unit;
    r.event.end_ns = r.event.start_ns + took * unit;
    LEAT_TRY(leat_grow(&p->runs, &p->capacity, p->n_runs + 1, sizeof *p->runs));
    p->runs[p->n_runs++] = r;
    return LEAT_OK;
}

/* Devices of streams tell the same ops again. */
static bool counts(const leat_field *device)
{
    return memmem(device->bytes, device->size, "/stream:", 8) == NULL &&
           memmem(device->bytes, device->size, "memcpy", 6) == NULL;
}

static leat_status read_device(leat_step_profile *p, leat_wire w, uint32_t device)
{
    leat_wire first = w;
    leat_field f;
    while (leat_wire_next(&first, &f))
        if (f.number == 1 && f.type == LEAT_WIRE_BYTES && !counts(&f))
            return LEAT_OK;
    while (leat_wire_next(&w, &f))
        if (f.number == 2 && f.type == LEAT_WIRE_BYTES)
            LEAT_TRY(read_node(p, leat_wire_sub(&w, &f), device));
    return leat_wire_status(&w);
}

static leat_status read_metadata(leat_step_profile *p, leat_wire w)
{
    leat_field f, g;
    uint32_t device = 0;
    while (leat_wire_next(&w, &f)) {
        if (f.number != 1 || f.type != LEAT_WIRE_BYTES)
            continue;
        leat_wire stats = leat_wire_sub(&w, &f);
        while (leat_wire_next(&stats, &g))
            if (g.number == 1 && g.type == LEAT_WIRE_BYTES)
                LEAT_TRY(read_device(p, leat_wire_sub(&stats, &g), device++));
        LEAT_TRY(leat_wire_status(&stats));
    }
    return leat_wire_status(&w);
}

/* ---- lanes ---- */

static int by_thread(const void *a, const void *b)
{
    const op_run *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    return (x->event.start_ns > y->event.start_ns) - (x->event.start_ns < y->event.start_ns);
}

static int by_start(const void *a, const void *b)
{
    const op_run *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->event.start_ns > y->event.start_ns) - (x->event.start_ns < y->event.start_ns);
}

/* One lane a thread; false where ops of one overlap, so that its number cannot be what it says. */
static bool lanes_by_thread(leat_step_profile *p)
{
    qsort(p->runs, p->n_runs, sizeof *p->runs, by_thread);
    uint32_t lane = 0;
    for (size_t i = 0; i < p->n_runs; i++) {
        op_run *r = &p->runs[i], *before = i > 0 ? r - 1 : NULL;
        bool same = before && before->device == r->device && before->thread == r->thread;
        if (same && r->event.start_ns < before->event.end_ns)
            return false;
        lane += before && !same;
        r->event.worker = lane;
    }
    p->n_lanes = lane + 1;
    return p->n_lanes <= MOST_LANES;
}

/* Each op into the first lane of its device that is free; ops beyond the last lane are left out. */
static void lanes_by_time(leat_step_profile *p)
{
    int64_t free_at[MOST_LANES];
    uint32_t base = 0, used = 0;
    size_t kept = 0;
    qsort(p->runs, p->n_runs, sizeof *p->runs, by_start);
    for (size_t i = 0; i < p->n_runs; i++) {
        op_run r = p->runs[i];
        if (kept > 0 && p->runs[kept - 1].device != r.device) {
            base += used;
            used = 0;
        }
        uint32_t lane = 0;
        while (lane < used && free_at[lane] > r.event.start_ns)
            lane++;
        if (base + lane >= MOST_LANES)
            continue;
        used = LEAT_MAX(used, lane + 1);
        free_at[lane] = r.event.end_ns;
        r.event.worker = base + lane;
        p->runs[kept++] = r;
    }
    p->n_runs = kept;
    p->n_lanes = base + used;
}

static leat_status finish(leat_step_profile *p)
{
    int64_t first = INT64_MAX;
    if (p->n_runs == 0)
        return leat_fail(LEAT_ERR_DATA_LOSS, "the RunMetadata holds no timings");
    if (!lanes_by_thread(p))
        lanes_by_time(p);
    p->events = leat_alloc_zero(p->n_runs, sizeof *p->events);
    if (p->events == NULL)
        return leat_fail_memory(p->n_runs * sizeof *p->events);
    for (size_t i = 0; i < p->n_runs; i++)
        first = LEAT_MIN(first, p->runs[i].event.start_ns);
    for (size_t i = 0; i < p->n_runs; i++) {
        p->events[i] = p->runs[i].event;
        p->events[i].start_ns -= first;
        p->events[i].end_ns -= first;
    }
    p->n = p->n_runs;
    return LEAT_OK;
}

leat_status leat_step_profile_read(leat_step_profile **out, const void *run_metadata, size_t size)
{
    leat_step_profile *p = leat_alloc_zero(1, sizeof *p);
    *out = NULL;
    if (p == NULL)
        return leat_fail_memory(sizeof *p);
    leat_status status = read_metadata(p, leat_wire_from(run_metadata, size, 0));
    if (status == LEAT_OK)
        status = finish(p);
    if (status != LEAT_OK) {
        leat_step_profile_free(p);
        return status;
    }
    *out = p;
    return LEAT_OK;
}

leat_timeline leat_step_profile_timeline(const leat_step_profile *p)
{
    return (leat_timeline){.events = p->events, .n_events = p->n, .n_workers = p->n_lanes};
}

void leat_step_profile_free(leat_step_profile *p)
{
    if (p == NULL)
        return;
    leat_free(p->events);
    leat_free(p->runs);
    leat_arena_free(&p->text);
    leat_free(p);
}
