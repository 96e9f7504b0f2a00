/* json.c - the figures for programs, and recorded runs as a Chrome trace.
 * Source of the trace's form: "Trace Event Format" of the Chromium project; TensorFlow's timeline.py names slices by op type. */
#include "config.h"
#include "profile/figures-private.h"

#include <stdio.h>
#include <string.h>

static void put_text(leat_buf *out, const char *key, const char *text)
{
    leat_buf_printf(out, "\"%s\": ", key);
    leat_buf_put_json(out, text, strlen(text));
}

static void put_number(leat_buf *out, const char *key, double value)
{
    leat_buf_printf(out, ", \"%s\": ", key);
    leat_buf_put_json_f64(out, value);
}

/* ---- figures ---- */

static void put_row(leat_buf *out, const leat_figures *f, const leat_profile_row *r)
{
    put_number(out, "count", r->count);
    put_number(out, "time_ns", r->busy_ns);
    put_number(out, "wall_ns", r->wall_ns);
    put_number(out, "mean_ns", r->count > 0 ? r->busy_ns / r->count : 0);
    put_number(out, "min_ns", r->min_ns);
    put_number(out, "median_ns", r->median_ns);
    put_number(out, "share", f->mean_busy_ns > 0 ? r->busy_ns / f->mean_busy_ns : 0);
    put_number(out, "flops", r->flops);
    put_number(out, "bytes", r->bytes);
    put_number(out, "flops_per_s", r->rate_ns > 0 ? r->flops / r->rate_ns * 1e9 : 0);
    put_number(out, "bytes_per_s", r->rate_ns > 0 ? r->bytes / r->rate_ns * 1e9 : 0);
    if (f->machine.flops > 0)
        put_number(out, "share_of_peak",
                   r->rate_ns > 0 ? r->peak_flops / r->rate_ns * 1e9 / f->machine.flops : 0);
}

static void put_ops(leat_buf *out, const leat_figures *f)
{
    leat_buf_puts(out, ",\n \"ops\": [");
    for (size_t i = 0; i < f->n_ops; i++) {
        leat_buf_puts(out, i > 0 ? ",\n  {" : "\n  {");
        put_text(out, "op", f->ops[i].name);
        put_number(out, "nodes", f->ops[i].n_nodes);
        put_row(out, f, &f->ops[i]);
        leat_buf_puts(out, "}");
    }
    leat_buf_puts(out, "]");
}

static void put_nodes(leat_buf *out, const leat_figures *f)
{
    leat_buf_puts(out, ",\n \"nodes\": [");
    for (size_t i = 0; i < f->n_nodes; i++) {
        const leat_profile_row *r = &f->nodes[i];
        const leat_profile_node *n = &f->typical.nodes[r->node];
        leat_buf_puts(out, i > 0 ? ",\n  {" : "\n  {");
        put_text(out, "name", r->name);
        leat_buf_puts(out, ", ");
        put_text(out, "op", n->op);
        leat_buf_puts(out, ", ");
        put_text(out, "kernel", n->kernel);
        leat_buf_puts(out, ", ");
        put_text(out, "shapes", n->shapes);
        leat_buf_printf(out, ", \"critical\": %s", r->critical ? "true" : "false");
        put_row(out, f, r);
        leat_buf_puts(out, "}");
    }
    leat_buf_puts(out, "]");
}

static void put_path(leat_buf *out, const leat_figures *f)
{
    leat_buf_puts(out, ",\n \"critical_path\": {\"nodes\": [");
    for (size_t i = 0; i < f->n_critical; i++) {
        leat_buf_puts(out, i > 0 ? ", {" : "{");
        put_text(out, "name", f->typical.nodes[f->critical[i]].name);
        put_number(out, "time_ns", f->node_ns[f->critical[i]]);
        leat_buf_puts(out, "}");
    }
    leat_buf_puts(out, "]");
    put_number(out, "time_ns", f->critical_ns);
    leat_buf_puts(out, "}");
}

static void put_doubles(leat_buf *out, const char *key, const double *values, size_t n)
{
    leat_buf_printf(out, ",\n \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        leat_buf_puts(out, i > 0 ? ", " : "");
        leat_buf_put_json_f64(out, values[i]);
    }
    leat_buf_puts(out, "]");
}

static void put_words(leat_buf *out, const leat_figures *f)
{
    leat_buf words = {0};
    leat_put_words(&words, f);
    leat_buf_puts(out, ",\n \"words\": [");
    for (size_t at = 0; at < words.size;) {
        const char *line = words.data + at, *end = memchr(line, '\n', words.size - at);
        size_t n = end != NULL ? (size_t)(end - line) : words.size - at;
        leat_buf_puts(out, at > 0 ? ", " : "");
        leat_buf_put_json(out, line, n);
        at += n + 1;
    }
    leat_buf_puts(out, "]");
    out->failed = out->failed || words.failed;
    leat_buf_free(&words);
}

void leat_put_profile_json(leat_buf *out, const leat_figures *f)
{
    const leat_profile_step *s = &f->typical;
    leat_buf_printf(out, "{\"runs\": %zu, \"workers\": %u, \"cpus\": %u, \"serial\": %s, \"alone\": %s",
                    f->n_steps, s->n_workers, s->n_cpus, s->serial ? "true" : "false",
                    s->alone ? "true" : "false");
    put_number(out, "min_ns", f->min_ns);
    put_number(out, "median_ns", f->median_ns);
    put_number(out, "max_ns", f->max_ns);
    put_number(out, "busy_ns", f->busy_ns);
    put_number(out, "idle_ns", (double)s->duration_ns * s->n_workers - f->busy_ns);
    put_number(out, "memory_bytes", (double)f->memory_bytes);
    put_number(out, "lost", (double)f->lost);
    if (f->machine.threads > 0) {
        leat_buf_puts(out, ",\n \"machine\": {");
        put_text(out, "how", f->machine.how);
        put_number(out, "flops_per_s", f->machine.flops);
        put_number(out, "bytes_per_s", f->machine.bytes);
        leat_buf_puts(out, "}");
    }
    put_doubles(out, "worker_busy_ns", f->worker_ns, s->n_workers);
    put_doubles(out, "busy_workers_ns", f->level_ns, s->n_workers + (size_t)1);
    put_doubles(out, "parallelism", f->bins, LEAT_FIGURE_BINS);
    put_ops(out, f);
    put_nodes(out, f);
    put_path(out, f);
    put_words(out, f);
    leat_buf_puts(out, "}\n");
}

/* ---- Chrome trace ---- */

/* Microseconds with all nanoseconds: whole numbers, so that no digit is lost. */
static void put_us(leat_buf *out, const char *key, int64_t ns)
{
    leat_buf_printf(out, ", \"%s\": %lld.%03lld", key, (long long)(ns / 1000), (long long)(ns % 1000));
}

static void put_name_event(leat_buf *out, const char *what, uint32_t tid, const char *name)
{
    leat_buf_printf(
        out, "{\"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"name\": \"%s\", \"args\": {\"name\": \"%s\"}},\n",
        tid, what, name);
    if (what[0] == 't')
        leat_buf_printf(out,
                        "{\"ph\": \"M\", \"pid\": 1, \"tid\": %u, \"name\": \"thread_sort_index\", \"args\": "
                        "{\"sort_index\": %u}},\n",
                        tid, tid);
}

static void put_slice(leat_buf *out, const leat_profile_step *s, const leat_profile_span *e, int64_t base)
{
    const leat_profile_node *n = &s->nodes[e->node];
    leat_buf_printf(out,
                    "{\"ph\": \"X\", \"pid\": 1, \"tid\": %u, \"cat\": \"%s\", \"name\": ", e->worker + 1u,
                    e->tiles ? "tiles" : "op");
    leat_buf_put_json(out, n->op, strlen(n->op));
    put_us(out, "ts", base + e->start_ns);
    put_us(out, "dur", e->end_ns - e->start_ns);
    leat_buf_puts(out, ", \"args\": {");
    put_text(out, "name", n->name);
    leat_buf_puts(out, ", ");
    put_text(out, "op", n->op);
    if (e->tiles != 0) {
        leat_buf_printf(out, ", \"tiles\": %u", e->tiles);
    } else {
        leat_buf_puts(out, ", ");
        put_text(out, "shapes", n->shapes);
        leat_buf_puts(out, ", ");
        put_text(out, "kernel", n->kernel);
        put_number(out, "flops", n->flops);
        put_number(out, "bytes", n->bytes);
    }
    leat_buf_puts(out, "}},\n");
}

/* Slices of one track must not overlap: a run's is named on a track of its own. */
void leat_put_chrome_trace(leat_buf *out, const leat_profile_step *steps, size_t n_steps)
{
    uint32_t workers = 0;
    for (size_t k = 0; k < n_steps; k++)
        workers = LEAT_MAX(workers, steps[k].n_workers);
    leat_buf_puts(out, "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n");
    put_name_event(out, "process_name", 0, "leat");
    put_name_event(out, "thread_name", 0, "runs");
    for (uint32_t w = 0; w < workers; w++) {
        char name[32];
        snprintf(name, sizeof name, "worker %u", w);
        put_name_event(out, "thread_name", w + 1, name);
    }
    int64_t base = 0;
    for (size_t k = 0; k < n_steps; k++) {
        /* Wall clocks may be set back while runs go on; the order of runs stays. */
        double since = (steps[k].wall_time - steps[0].wall_time) * 1e9;
        base = LEAT_MAX(base, since > 0 && since < 1e18 ? (int64_t)since : 0);
        for (size_t i = 0; i < steps[k].n_spans; i++)
            put_slice(out, &steps[k], &steps[k].spans[i], base);
        leat_buf_printf(out,
                        "{\"ph\": \"X\", \"pid\": 1, \"tid\": 0, \"cat\": \"run\", \"name\": \"run %zu\"", k);
        put_us(out, "ts", base);
        put_us(out, "dur", steps[k].duration_ns);
        leat_buf_puts(out, k + 1 < n_steps ? "},\n" : "}\n");
        base += steps[k].duration_ns;
    }
    leat_buf_puts(out, "]}\n");
}
