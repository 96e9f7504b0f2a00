/* table.c - the figures as a text for a terminal, eighty to some hundred columns wide. */
#include "config.h"
#include "profile/figures-private.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 36, PATH_ROWS = 12 };

/* ---- cells: numbers to the right, texts to the left ---- */

static size_t columns_of(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* A failure of the cell's is the text's. */
static void put_right(leat_buf *out, leat_buf *cell, size_t width)
{
    for (size_t n = cell->data != NULL ? columns_of(cell->data, cell->size) : 0; n < width; n++)
        leat_buf_putc(out, ' ');
    leat_buf_append(out, cell->data != NULL ? cell->data : "", cell->size);
    out->failed = out->failed || cell->failed;
    leat_buf_free(cell);
}

/* At most `width` columns: the middle of a longer name is left out. */
static void put_left(leat_buf *out, const char *text, size_t width)
{
    leat_buf clean = {0};
    leat_buf_put_escaped(&clean, text, strlen(text));
    if (clean.failed || clean.data == NULL) {
        out->failed = out->failed || clean.failed;
    } else {
        size_t n = columns_of(clean.data, clean.size), seen = 0, head = width / 2,
               tail = n - (width - head - 1);
        for (size_t i = 0; i < clean.size; i++) {
            bool begins = ((unsigned char)clean.data[i] & 0xc0) != 0x80;
            if (begins && n > width && seen == head)
                leat_buf_puts(out, "\u2026");
            if (n <= width || seen < head || (!begins && seen == head && head > 0) || seen >= tail)
                leat_buf_putc(out, clean.data[i]);
            seen += begins;
        }
        for (; n < width; n++)
            leat_buf_putc(out, ' ');
    }
    leat_buf_free(&clean);
}

static void put_duration(leat_buf *out, double ns, size_t width)
{
    leat_buf cell = {0};
    leat_put_duration_ns(&cell, ns);
    put_right(out, &cell, width);
}

static void put_rate(leat_buf *out, double per_second, const char *unit, size_t width)
{
    leat_buf cell = {0};
    if (per_second > 0)
        leat_put_scaled(&cell, per_second, unit);
    else
        leat_buf_puts(&cell, "-");
    put_right(out, &cell, width);
}

/* ---- tables ---- */

static void put_head(leat_buf *out, const leat_figures *f, const char *what, const char *count)
{
    leat_buf_printf(out, "\n%-*s %7s %9s %9s", NAME_COLUMNS, what, count, "time", "mean");
    if (f->n_steps > 1)
        leat_buf_printf(out, " %9s %9s", "min", "median");
    leat_buf_printf(out, " %6s %12s", "share", "arithmetic");
    if (f->machine.flops > 0)
        leat_buf_printf(out, " %5s", "peak");
    leat_buf_printf(out, " %10s", "memory");
}

static void put_numbers(leat_buf *out, const leat_figures *f, const leat_profile_row *r)
{
    leat_buf cell = {0};
    leat_put_count(&cell, r->count);
    put_right(out, &cell, 8);
    put_duration(out, r->busy_ns, 10);
    put_duration(out, r->busy_ns / LEAT_MAX(r->count, 1e-9), 10);
    if (f->n_steps > 1) {
        put_duration(out, r->min_ns, 10);
        put_duration(out, r->median_ns, 10);
    }
    double share = f->mean_busy_ns > 0 ? 100 * r->busy_ns / f->mean_busy_ns : 0;
    leat_buf_printf(out, share < 9.95 ? " %4.1f %%" : " %4.0f %%", share);
    put_rate(out, r->rate_ns > 0 && r->peak_flops > 0 ? r->flops / r->rate_ns * 1e9 : 0, "FLOP/s", 13);
    if (f->machine.flops > 0 && r->rate_ns > 0 && r->peak_flops > 0)
        leat_buf_printf(out, " %3.0f %%", 100 * r->peak_flops / r->rate_ns * 1e9 / f->machine.flops);
    else if (f->machine.flops > 0)
        leat_buf_printf(out, " %5s", "-");
    put_rate(out, r->rate_ns > 0 ? r->bytes / r->rate_ns * 1e9 : 0, "B/s", 11);
}

static void put_others(leat_buf *out, const leat_figures *f, const leat_profile_row *rows, size_t from,
                       size_t n, const char *what)
{
    double busy = 0;
    if (from >= n)
        return;
    for (size_t i = from; i < n; i++)
        busy += rows[i].busy_ns;
    leat_buf_printf(out, "... and %zu more %s: ", n - from, what);
    leat_put_duration_ns(out, busy);
    leat_buf_printf(out, ", %d %%\n", leat_percent(busy, f->mean_busy_ns));
}

static void put_ops(leat_buf *out, const leat_figures *f, size_t rows)
{
    put_head(out, f, "op type", "count");
    leat_buf_puts(out, "\n");
    for (size_t i = 0; i < LEAT_MIN(rows, f->n_ops); i++) {
        put_left(out, f->ops[i].name, NAME_COLUMNS);
        put_numbers(out, f, &f->ops[i]);
        leat_buf_puts(out, "\n");
    }
    put_others(out, f, f->ops, rows, f->n_ops, "op types");
}

static void put_nodes(leat_buf *out, const leat_figures *f, size_t rows)
{
    put_head(out, f, "node (* on the critical path)", "count");
    leat_buf_puts(out, "  op, kernel, outputs\n");
    for (size_t i = 0; i < LEAT_MIN(rows, f->n_nodes); i++) {
        const leat_profile_row *r = &f->nodes[i];
        const leat_profile_node *n = &f->typical.nodes[r->node];
        leat_buf_putc(out, r->critical ? '*' : ' ');
        put_left(out, r->name, NAME_COLUMNS - 1);
        put_numbers(out, f, r);
        leat_buf_puts(out, "  ");
        leat_buf_put_escaped(out, n->op, strlen(n->op));
        if (n->kernel[0] != '\0')
            leat_buf_printf(out, " %s", n->kernel);
        leat_buf_puts(out, " ");
        leat_buf_put_escaped(out, n->shapes, LEAT_MIN(strlen(n->shapes), (size_t)60));
        leat_buf_puts(out, "\n");
    }
    put_others(out, f, f->nodes, rows, f->n_nodes, "nodes");
}

/* ---- the path, the workers ---- */

/* The longest of its nodes, in its order. */
static void put_path(leat_buf *out, const leat_figures *f, size_t rows)
{
    float least = 0;
    size_t shown = 0;
    if (f->n_critical == 0)
        return;
    leat_buf_printf(out, "\ncritical path: %zu nodes, ", f->n_critical);
    leat_put_duration_ns(out, f->critical_ns);
    leat_buf_printf(out, ", %d %% of the run; the longest path through the measured times\n",
                    leat_percent(f->critical_ns, (double)f->typical.duration_ns));
    rows = LEAT_MIN(rows, (size_t)PATH_ROWS);
    for (size_t i = 0; i < f->n_nodes && shown < rows;
         i++) /* sorted: the last one taken is the shortest shown */
        if (f->nodes[i].critical) {
            least = f->node_ns[f->nodes[i].node];
            shown++;
        }
    for (size_t i = 0, left_out = 0, n = 0; i < f->n_critical; i++) {
        uint32_t node = f->critical[i];
        bool show = f->node_ns[node] >= least && n < rows;
        n += show;
        left_out += !show;
        if (left_out > 0 && (show || i + 1 == f->n_critical)) {
            leat_buf_printf(out, "%12s  ... %zu shorter ...\n", "", left_out);
            left_out = 0;
        }
        if (!show)
            continue;
        put_duration(out, f->node_ns[node], 12);
        leat_buf_puts(out, "  ");
        put_left(out, f->typical.nodes[node].name, 60);
        while (out->size > 0 && out->data[out->size - 1] == ' ')
            out->size--;
        leat_buf_puts(out, "\n");
    }
}

static void put_workers(leat_buf *out, const leat_figures *f)
{
    double run = (double)f->typical.duration_ns;
    if (run <= 0)
        return;
    leat_buf_puts(out, "\nworkers busy at a time:");
    for (uint32_t k = 0; k <= f->typical.n_workers && k <= 64; k++)
        if (f->level_ns[k] > 0.0005 * run)
            leat_buf_printf(out, "  %u: %.3g %%", k, 100 * f->level_ns[k] / run);
    leat_buf_printf(out, "; %.3g on average\n", f->busy_ns / run);
}

static void put_memory(leat_buf *out, const leat_figures *f)
{
    leat_buf_puts(out, "memory: buffers of a run ");
    leat_put_scaled(out, (double)f->memory_bytes, "B");
    leat_buf_puts(out, " at most\n");
    if (f->machine.threads == 0)
        return;
    leat_buf_puts(out, "machine: ");
    leat_put_scaled(out, f->machine.flops, "FLOP/s");
    leat_buf_puts(out, " float32, ");
    leat_put_scaled(out, f->machine.bytes, "B/s");
    leat_buf_printf(out, " from memory; measured: %s\n", f->machine.how);
}

void leat_put_tables(leat_buf *out, const leat_figures *f, size_t rows)
{
    rows = rows == 0 ? SIZE_MAX : rows;
    leat_buf_printf(out, "%zu run%s of %zu nodes on %u worker%s", f->n_steps, f->n_steps == 1 ? "" : "s",
                    f->typical.n_nodes, f->typical.n_workers, f->typical.n_workers == 1 ? "" : "s");
    if (f->typical.n_cpus > 0)
        leat_buf_printf(out, " and %u CPU%s", f->typical.n_cpus, f->typical.n_cpus == 1 ? "" : "s");
    leat_buf_puts(out, ": ");
    if (f->n_steps > 1) {
        leat_buf_puts(out, "fastest ");
        leat_put_duration_ns(out, f->min_ns);
        leat_buf_puts(out, ", median ");
    }
    leat_put_duration_ns(out, f->median_ns);
    if (f->n_steps > 1) {
        leat_buf_puts(out, ", slowest ");
        leat_put_duration_ns(out, f->max_ns);
    }
    leat_buf_puts(out, "\n");
    if (f->n_steps > 2)
        leat_buf_puts(out, "times are means of a run, over those no longer than the median one\n");
    put_ops(out, f, rows);
    put_nodes(out, f, rows);
    put_path(out, f, rows);
    put_workers(out, f);
    put_memory(out, f);
}
